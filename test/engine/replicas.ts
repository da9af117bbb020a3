/**
 * Databases as replicas, without a bucket between them. Owns: how one is put together, and packs as plain data.
 * Must not know what is tested.
 */
import { createMemoryDisk, createMemoryStore, type FieldType, type MemoryDisk, rawKeys } from "@fixpoint/core"
import type { SeededWorld } from "@fixpoint/testkit"
import type { ChangePage } from "../../packages/core/src/api/change-feed.ts"
import type { Conflict, Decision, LostWrite } from "../../packages/core/src/api/conflict.ts"
import type { Receipt, WriteOp } from "../../packages/core/src/api/write.ts"
import { newActor } from "../../packages/core/src/clock/stamp.ts"
import type { VersionVector } from "../../packages/core/src/clock/version-vector.ts"
import { cellWays } from "../../packages/core/src/crdt/row-edit.ts"
import { type KeyRange, rowKey, rowsRange } from "../../packages/core/src/codec/key.ts"
import { rowState } from "../../packages/core/src/crdt/row-state.ts"
import { admitOps } from "../../packages/core/src/db/admit.ts"
import type { PartContext } from "../../packages/core/src/db/doors.ts"
import { tellConflicts } from "../../packages/core/src/db/conflict-note.ts"
import { Claims } from "../../packages/core/src/db/claims.ts"
import { Derivations } from "../../packages/core/src/db/derivations.ts"
import type { Deriving } from "../../packages/core/src/db/derived-door.ts"
import { readChanges } from "../../packages/core/src/db/change-feed.ts"
import { Ledger } from "../../packages/core/src/db/ledger.ts"
import { LiveRouter } from "../../packages/core/src/db/live-router.ts"
import { historyDefinition } from "../../packages/core/src/db/kept-history.ts"
import { openDatabase } from "../../packages/core/src/db/open.ts"
import { LineReplica } from "../../packages/core/src/db/replica.ts"
import { rowOf } from "../../packages/core/src/db/stored-row.ts"
import { Writer } from "../../packages/core/src/db/writer.ts"
import { openConflicts } from "../../packages/core/src/conflicts/conflicts-door.ts"
import { openHistory } from "../../packages/core/src/history/history-door.ts"
import { journal } from "../../packages/core/src/history/journal.ts"
import type { RowBatch } from "../../packages/core/src/lsm/scan-rows.ts"
import type { AbsorbStep, CutPart, Heads, PackedRows, Replica } from "../../packages/core/src/sync/replica.ts"
import { canonical } from "../laws/replicas.ts"
import { secretOf } from "./bench.ts"
import { parts } from "./parts.ts"

/** A pack as plain data: what its author wrote in a span, and what it had seen. */
export interface Pack extends CutPart {
  readonly actor: string
  readonly hash: string
}

/** A tab of a database with its replica. */
export interface Tab {
  readonly replica: Replica
  readonly ledger: Ledger
  readonly writer: Writer
  readonly conflicts: Conflict[]
  write(ops: readonly WriteOp[]): Promise<void>
  flush(): Promise<void>
  /** Every row as what it says. */
  states(): Promise<Record<string, unknown>>
  row(collection: string, id: string): Promise<string | undefined>
  /** The change feed of "c". */
  changes(since: string | undefined): Promise<ChangePage>
  document(collection: string, id: string): Promise<unknown>
  compact(): Promise<void>
  /** What the history of "c" answers, where the tab keeps any. */
  past(verb: string, ...args: readonly unknown[]): Promise<unknown>
  /** Stored rows of any key space. */
  scan(range: KeyRange): AsyncIterable<RowBatch>
  /** What gave way of a document of "c". */
  lost(id: string): Promise<readonly LostWrite[]>
  resolve(id: string, decision: Decision): Promise<Receipt | undefined>
}

const { queries } = parts

/** Derives without what would load it. */
const derivingBy = (derivations: Derivations): Deriving => ({
  keeping: {
    derivations,
    openClaims: () =>
      new Claims(
        () => [],
        async () => [],
      ),
  },
  isLacking: () => false,
  ready: async () => undefined,
})

/** What parts of a tab work with. */
const contextOf = (own: Pick<PartContext, "host" | "lsm" | "ledger" | "writer" | "specs" | "log">): PartContext => ({
  ...own,
  queries,
  horizon: () => 0,
  tell: () => undefined,
  fetchFile: async () => undefined,
  look: () => undefined,
})

function conflictsOf(context: PartContext): Pick<Tab, "lost" | "resolve"> {
  const door = openConflicts(context)
  return {
    lost: async (id) => (await door.call("conflicts", ["c", id])) as readonly LostWrite[],
    resolve: async (id, decision) => (await door.call("resolve", ["c", id, decision])) as Receipt | undefined,
  }
}

/** Opens a tab. */
export async function openTab(
  world: SeededWorld,
  disk: MemoryDisk = createMemoryDisk(),
  fields: Readonly<Record<string, FieldType>> = {},
  keepsHistory = false,
): Promise<Tab> {
  const host = world.host()
  const log = host.log("db")
  const openStore = async () => createMemoryStore(disk)
  const { lsm } = await openDatabase({ name: "replica", host, log, openStore, keys: rawKeys(secretOf(1)), parts })
  const ledger = new Ledger()
  ledger.reset(lsm.note)
  const derivations = new Derivations([journal])
  if (keepsHistory) derivations.want(historyDefinition("c"))
  const specs = new Map([["c", { fields }]])
  const writer = new Writer({
    host,
    log,
    lsm,
    ledger,
    derived: derivingBy(derivations),
    cells: { ways: cellWays, load: async () => undefined },
    live: new LiveRouter(),
    specs,
    freshActor: newActor((count) => host.random(count)),
    renew: false,
    onApplied: () => undefined,
    onDerived: () => undefined,
    onCommitted: () => undefined,
    onLost: () => undefined,
  })
  await writer.catchUp()
  const conflicts: Conflict[] = []
  writer.witnesses.add(tellConflicts((conflict) => void conflicts.push(conflict)))
  const newFileSegment = () => 2 ** 32
  const replica = new LineReplica({ writer, ledger, barrier: () => lsm.barrier(), newFileSegment })
  const context = contextOf({ host, lsm, ledger, writer, specs, log })
  const door = openHistory(context)
  const row = async (collection: string, id: string) => rowOf((await lsm.getMany([rowKey(collection, id)]))[0])
  return {
    replica,
    ledger,
    writer,
    conflicts,
    row,
    async write(ops) {
      await writer.submit({ ops: admitOps(ops), reads: undefined }, "relaxed")
    },
    changes: (since) => readChanges({ lsm, ledger }, "databaseid", "c", since),
    async flush() {
      await lsm.flush(ledger.toNote())
    },
    async compact() {
      while (await lsm.compactOnce({ all: true }));
    },
    past: (verb, ...args) => door.call(verb, args),
    scan: (range) => lsm.scan(range),
    ...conflictsOf(context),
    async states() {
      const states: Record<string, unknown> = {}
      for await (const batch of lsm.scan(rowsRange))
        for (const [key, line] of batch) states[key] = canonical(rowState(rowOf(line), ledger))
      return states
    },
    async document(collection, id) {
      const text = (await row(collection, id))?.split("\t")[0]
      return text === undefined || text === "" ? undefined : JSON.parse(text)
    },
  }
}

let secrets = 0

/** Binds a tab's database to a new actor. */
export async function reincarnate({ replica }: Tab, keepOwn = false): Promise<string> {
  const { revision, incarnation, heads } = await replica.read()
  const actor = (++secrets).toString(32).padStart(16, "0")
  const keep = keepOwn && incarnation !== undefined ? heads[incarnation.actor] : undefined
  await replica.reincarnate(revision, { actor, secret: new Uint8Array(32) }, keep)
  return actor
}

/** Binds a database for the first time, where nobody else has written yet. */
export async function begin(tab: Tab): Promise<Pack> {
  await reincarnate(tab)
  const registration = await cut(tab)
  const { revision, hasVoid } = await tab.replica.read()
  if (hasVoid) await tab.replica.reissue(revision)
  return registration
}

/** Cuts what a tab's database has, and gives it as a pack. */
export async function cut({ replica }: Tab): Promise<Pack> {
  const { revision, incarnation } = await replica.read()
  const held: { pack?: Pack } = {}
  const outcome = await replica.cut(revision, async (part) => {
    const hash = `${part.lo}-${part.hi}`.padStart(32, "0")
    held.pack = { ...part, actor: incarnation?.actor ?? "", hash }
    return { content: new TextEncoder().encode(JSON.stringify(part)), hash }
  })
  if (outcome !== "done" || held.pack === undefined) throw new Error(`no cut: ${outcome}`)
  return held.pack
}

/** Cuts all that a tab's database has, as the packs that it takes. */
export async function cutAll(tab: Tab): Promise<Pack[]> {
  const packs: Pack[] = []
  for (let isMore = true; isMore; isMore = packs.at(-1)?.isPartial === true) packs.push(await cut(tab))
  return packs
}

/** What heads tell of. */
export const vectorOf = (heads: Heads): VersionVector =>
  Object.fromEntries(Object.entries(heads).map(([actor, [hlc]]) => [actor, hlc]))

/** Takes in the whole state of a tab's database, or as a run what of it the other one does not know. */
export async function gather(from: Tab, to: Tab, kind: "base" | "run"): Promise<void> {
  const [source, state] = [await from.replica.read(), await to.replica.read()]
  const self = state.incarnation?.actor
  const [told, known] = [vectorOf(source.heads), vectorOf(state.heads)]
  const pages = await from.replica.scan(source.revision)
  if (pages === undefined) throw new Error("a database with writes in no pack tells of no state")
  const all = { rows: [] as PackedRows["rows"][number][], losses: [] as PackedRows["rows"][number][] }
  let actors: PackedRows["actors"] = []
  for await (const page of pages) {
    actors = page.actors
    all.rows.push(...page.rows)
    all.losses.push(...(page.losses ?? []))
  }
  const step: AbsorbStep = { kind, actors, ...all, known, told, ...(kind === "base" && { range: rowsRange }) }
  const heads = Object.entries(source.heads).filter(([actor, [hlc]]) => actor !== self && hlc > (known[actor] ?? 0))
  const outcome = await to.replica.absorb(state.revision, { steps: [step], heads: Object.fromEntries(heads) })
  if (outcome !== "done") throw new Error(`not gathered: ${outcome}`)
}

/** Takes packs in, as one absorption. */
export async function absorb({ replica }: Tab, packs: readonly Pack[]): Promise<"done" | "outrun" | "uncut"> {
  const { revision, heads } = await replica.read()
  const known = { ...vectorOf(heads) }
  const moved: Record<string, readonly [number, string]> = {}
  const steps: AbsorbStep[] = []
  for (const { actor, hi, hash, actors, rows, heads: told } of packs) {
    steps.push({ kind: "pack", actors, rows, known: { ...known }, told: { ...vectorOf(told), [actor]: hi } })
    if (hi <= (known[actor] ?? 0)) continue
    known[actor] = hi
    moved[actor] = [hi, hash]
  }
  return await replica.absorb(revision, { steps, heads: moved })
}
