/**
 * What runs once a database is open. Owns: how writer, live queries, indexes, chores and the news of other tabs are put
 * together over one LSM, and the order in which they begin.
 * Invariant: chores begin once the log has been read, so that what does not open is left as it is, the sentinel too.
 * Must not know the calls of applications, nor the life of an engine (engine.ts).
 */
import type { CollectionSpec } from "../api/collection-spec.ts"
import type { PartName } from "../api/engine.ts"
import type { EngineEvent } from "../api/engine-event.ts"
import type { FixpointError } from "../base/errors.ts"
import type { Channel, Host } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import type { Logger } from "../base/log.ts"
import type { Loader } from "../base/on-demand.ts"
import type { Hlc } from "../clock/hlc.ts"
import { newActor } from "../clock/stamp.ts"
import type { Durability } from "../lsm/store.ts"
import type { CellDoor } from "./cell-door.ts"
import { Chores } from "./chores.ts"
import { tellConflicts } from "./conflict-note.ts"
import type { DerivedDoor, KeepingParts } from "./derived-door.ts"
import { type DoorEntry, Doors } from "./doors.ts"
import { tendFiles } from "./file-upkeep.ts"
import { Hints } from "./hints.ts"
import type { Ledger } from "./ledger.ts"
import { LiveRouter } from "./live-router.ts"
import type { Opened } from "./open.ts"
import { PointReads } from "./point-reads.ts"
import type { LiveParts, Queries } from "./reading.ts"
import { beginRecovery, type Recovery } from "./recovery.ts"
import { readSteadily } from "./steady-read.ts"
import { Writer } from "./writer.ts"

/** An open database at work. */
export interface Running extends Opened, LiveParts {
  readonly reads: PointReads
  readonly live: LiveRouter
  readonly writer: Writer
  readonly chores: Chores
  readonly derived: DerivedDoor
  readonly channel: Channel
  readonly hints: Hints
  readonly doors: Doors
  readonly recovery: Recovery | undefined
}

/** What a database runs with, and whom it tells of what. */
export interface RunningParts {
  readonly host: Host
  readonly log: Logger
  readonly name: string
  readonly ledger: Ledger
  readonly derived: DerivedDoor
  readonly cells: CellDoor
  readonly specs: ReadonlyMap<string, CollectionSpec>
  readonly parts: Readonly<Record<PartName, Loader<DoorEntry>>>
  readonly queries: Loader<Queries>
  /** The clock up to which what was over in a collection is kept no more. */
  horizon(collection: string): Hlc
  tell(event: EngineEvent): void
  /** An object of files as a bucket has it. */
  fetchFile(file: string, chunk?: number): Promise<Uint8Array | undefined>
  /** A commit of this engine is stored. */
  onCommitted(): void
  /** The storage is gone under the database. */
  onLost(error: FixpointError): void
  /** A database whose storage was wiped has its data back. */
  onRecovered(): void
}

/** Begins to run a database that has been opened. */
export async function runDatabase(opened: Opened, parts: RunningParts): Promise<Running> {
  const { host, log, ledger, specs, derived, queries, horizon, tell, fetchFile } = parts
  const { lsm, identity } = opened
  ledger.reset(lsm.note)
  const live = new LiveRouter()
  const begun: { chores?: Chores } = {}
  const writer = startWriter(opened, parts, {
    live,
    onCommitted(durability) {
      begun.chores?.committed(durability)
      hints.commit()
      parts.onCommitted()
    },
    onDerived: () => derived.wake(),
  })
  writer.witnesses.add(tellConflicts((conflict) => tell({ event: "conflict", conflict })))
  const channel = host.channel(`fixpoint-${identity.databaseId}`, (head) => {
    if (head > lsm.head) writer.hint()
  })
  const hints = new Hints(host.timers, () => channel.post(lsm.head))
  try {
    // The store was read a moment ago. What others wrote since comes with the first look of the chores.
    await writer.catchUp(lsm.opened)
  } catch (error) {
    channel.close()
    throw error
  }
  const doors = new Doors({ host, log, lsm, ledger, writer, specs, queries, horizon, tell, fetchFile }, parts.parts)
  const chores = startChores(opened, parts, writer, doors)
  begun.chores = chores
  derived.begin(keepingParts(opened, parts, writer))
  const recovery = await beginRecovery(opened.loss, { ledger, writer, onDone: parts.onRecovered })
  return {
    ...opened,
    ledger,
    clock: host.clock,
    queries,
    reads: new PointReads((keys) => lsm.getMany(keys)),
    live,
    writer,
    chores,
    derived,
    channel,
    hints,
    doors,
    recovery,
    catchUp: () => writer.catchUp(),
    steadily: (read) => readSteadily(read, () => writer.catchUp()),
  }
}

/** What a writer is told to, beside what it works with. */
interface WriterNews {
  readonly live: LiveRouter
  onCommitted(durability: Durability): void
  onDerived(): void
}

function startWriter({ lsm, rolledBack }: Opened, parts: RunningParts, news: WriterNews): Writer {
  const { host, log, ledger, derived, cells, specs, tell, onLost } = parts
  return new Writer({
    ...news,
    host,
    log,
    lsm,
    ledger,
    derived,
    cells,
    specs,
    freshActor: newActor((count) => host.random(count)),
    // Any doubt about the history of this device means a new actor: an id that is used again would diverge for ever.
    renew: rolledBack !== undefined,
    onApplied: (isForeign) => tell({ event: "applied", isForeign }),
    onLost,
  })
}

function keepingParts({ lsm, identity }: Opened, parts: RunningParts, writer: Writer): KeepingParts {
  const { host, log, ledger, specs, tell } = parts
  return {
    host,
    log,
    lsm,
    ledger,
    databaseId: identity.databaseId,
    declared: () => specs.keys(),
    run: (job) => writer.run(job),
    witnesses: writer.witnesses,
    tell,
    onProgress: ({ ms, documents }) => tell({ event: "metric", name: "index", ms, count: documents }),
  }
}

function startChores(
  { lsm, store, identity }: Opened,
  { host, log, name, ledger, derived }: RunningParts,
  writer: Writer,
  doors: Doors,
): Chores {
  return new Chores({
    host,
    log,
    name,
    databaseId: identity.databaseId,
    lsm,
    ledger,
    shared: store.persistence !== "memory",
    async catchUp() {
      await writer.catchUp()
      // A tab that was building may be gone.
      derived.wake()
    },
    async dropUnused() {
      await derived.settle()
      await tendFiles({ lsm, doors }, limits.fileRetentionMs)
    },
    coverLargeRecord: () => writer.coverLargeRecord(),
  })
}
