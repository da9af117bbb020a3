/**
 * A database as the bucket protocol's replica (sync/replica.ts). Owns: each verb as one job in the line of commits.
 * Invariant: a verb that changes anything is one log record, prepared on a moment in which the revision is the caller's; so
 * the compare-and-swap of the log decides between tabs, frozen ones too. Local commits go on between verbs.
 * Must not know buckets, packs' bytes or keys.
 */
import { type Bytes, toBase64 } from "../base/bytes.ts"
import * as limits from "../base/limits.ts"
import { nextHlc } from "../clock/hlc.ts"
import type { ActorId, Stamp } from "../clock/stamp.ts"
import { type Key, type KeyRange, prefixRange, rowsRange } from "../codec/key.ts"
import type { Ending } from "../crdt/restamp.ts"
import type { Entry } from "../lsm/wal.ts"
import type {
  Absorption,
  EncodeCut,
  Head,
  Incarnation,
  OutgoingPack,
  PackedRows,
  ProtocolChange,
  Replica,
  ReplicaOutcome,
  ReplicaState,
} from "../sync/replica.ts"
import { absorbedFiles } from "./absorbed-files.ts"
import { absorbedConflicts } from "./absorbed-conflicts.ts"
import { absorbRows } from "./absorb-rows.ts"
import { conflictNote } from "./conflict-note.ts"
import { conflictPrefix, toldConflicts } from "./conflict-rows.ts"
import { type CutOff, cutRows, totalsOf } from "./cut-rows.ts"
import type { Ledger } from "./ledger.ts"
import type { JobRecord, Moment, PreparedJob } from "./line-job.ts"
import {
  changedState,
  incarnationOf,
  packEntries,
  readContent,
  readMemory,
  readState,
  stateEntry,
  stateKey,
  type StoredState,
  withoutPacks,
} from "./replica-rows.ts"
import { afterMeeting, type Ended } from "./shared-past.ts"
import { rowOf } from "./stored-row.ts"
import { reissuedRows, renamedRows } from "./void-rows.ts"
import type { Writer } from "./writer.ts"

/** What a replica works with. */
export interface ReplicaParts {
  readonly writer: Writer
  readonly ledger: Ledger
  /** Makes every commit so far survive a power cut. */
  barrier(): Promise<void>
  /** A number for a file that another device has put. */
  newFileSegment(): number
}

/** What a verb makes of a moment and the state in it; undefined changes nothing. */
type Verb<R> = (at: Moment, state: StoredState) => Promise<VerbResult<R>>

interface VerbResult<R> {
  readonly result: R
  readonly change?: Change
}

interface Change extends JobRecord {
  readonly state: StoredState
}

const outrun: VerbResult<"outrun"> = { result: "outrun" }

/** The replica of a database. */
export class LineReplica implements Replica {
  readonly #parts: ReplicaParts
  /** When it was looked for conflicts that are kept no more. */
  #sweptMs = 0

  constructor(parts: ReplicaParts) {
    this.#parts = parts
  }

  async read(): Promise<ReplicaState> {
    await this.#parts.writer.catchUp()
    return await this.#run(async (at, state) => {
      const isBound = this.#isBound(state)
      const { memory, notes } = await readMemory(state, at.read)
      const { revision, heads } = state
      const incarnation = isBound ? incarnationOf(state) : undefined
      const isVoid = isBound && state.isVoid
      const result = {
        revision,
        incarnation,
        heads,
        hasUncut: this.#hasUncut(state),
        hasVoid: isVoid,
        outbox: state.outbox.map(({ actor, lo, hi, hash }) => ({ actor, lo, hi, hash })),
        memory,
        notes,
      }
      return { result }
    })
  }

  contentOf({ actor, lo }: Pick<OutgoingPack, "actor" | "lo">): Promise<Bytes | undefined> {
    return this.#run(async (at, { outbox }) => {
      const pack = outbox.find((one) => one.actor === actor && one.lo === lo)
      return { result: pack && (await readContent(pack, at.read)) }
    })
  }

  cut(revision: number, encode: EncodeCut): Promise<ReplicaOutcome> {
    return this.#change(revision, async (at, state) => {
      const { ledger } = this.#parts
      const actor = state.incarnation?.actor
      if (actor === undefined || !this.#isBound(state)) return outrun
      const { heads, cutThrough, isVoid } = state
      const lo = heads[actor]?.[0] ?? 0
      // The first pack of an actor whose writes are older than it, if there is nobody yet who could have beaten them: they can
      // then follow it as they are.
      const now = isVoid && lo === 0 ? 1 : nextHlc(Math.max(ledger.hlc, lo), at.nowMs)
      const isFull = this.#hasUncut(state)
      const span = { actor, after: lo, cutThrough }
      const { end, ...rows }: CutOff = isFull ? await cutRows(at, span, ledger) : { actors: [], rows: [] }
      const hi = end?.hi ?? now
      const { content, hash } = await encode({ lo, hi, heads, ...rows, isPartial: end !== undefined })
      const { pack, entries } = packEntries({ number: state.nextPack, actor, lo, hi, hash }, content)
      const totals = await totalsOf(at, rows, { hi, keptFrom: state.outbox[0]?.lo ?? lo })
      return {
        result: "done",
        change: {
          entries: [...entries, ...totals],
          hlc: Math.max(ledger.hlc, hi),
          state: {
            ...state,
            heads: { ...heads, [actor]: [hi, hash] },
            cutThrough: isVoid ? cutThrough : (end?.cutThrough ?? at.n),
            outbox: [...state.outbox, pack],
            nextPack: state.nextPack + 1,
          },
        },
      }
    })
  }

  async absorb(revision: number, absorption: Absorption): Promise<ReplicaOutcome | "uncut"> {
    return await this.#change(revision, async (at, state): Promise<VerbResult<ReplicaOutcome | "uncut">> => {
      const { ledger, writer, newFileSegment } = this.#parts
      const toSweep = at.nowMs - this.#sweptMs > limits.conflictSweepMs
      const isUncut = this.#hasUncut(state) ? this.#isUncutOf(state) : () => false
      const rows = await rowsOfSteps(at, absorption)
      const { ended } = state
      const absorbed = absorbRows(absorption.steps, { actors: ledger, self: writer.self, ended, isUncut, rows })
      if (absorbed.beatsUncut) return { result: "uncut" }
      const clocks = Object.values(absorption.heads).map(([hlc]) => hlc)
      const hlc = clocks.reduce((a, b) => Math.max(a, b), Math.max(ledger.hlc, absorbed.hlc))
      const { state: next, entries } = changedState(state, absorption)
      const past = ended && afterMeeting(ended, absorption.steps, { self: writer.self, actors: ledger, rows })
      const files = await absorbedFiles(at, absorbed.rows, newFileSegment)
      if (toSweep) this.#sweptMs = at.nowMs
      const conflicts = await absorbedConflicts(at, absorbed, { hlc, actors: ledger, toSweep, stored: rows })
      return {
        result: "done",
        change: {
          rows: absorbed.rows,
          entries: [...entries, ...files, ...conflicts],
          note: conflictNote(absorbed.conflicts),
          hlc,
          state: { ...next, ended: past, heads: { ...state.heads, ...absorption.heads } },
        },
      }
    })
  }

  remember(revision: number, change: ProtocolChange): Promise<ReplicaOutcome> {
    return this.#change(revision, async (_, state) => ({ result: "done", change: changedState(state, change) }))
  }

  reincarnate(revision: number, next: Incarnation, keep: Head | undefined): Promise<ReplicaOutcome> {
    return this.#change(revision, async (at, state) => {
      const { ledger } = this.#parts
      const old = state.incarnation?.actor
      const heads = { ...state.heads }
      // A device that was put back keeps the head it had, unless it had cut more than is known to be in the bucket.
      const wasCut = state.outbox.some(({ actor, hi }) => actor === old && hi > (keep?.[0] ?? 0))
      const kept = old === undefined || this.#isBound(state) || wasCut ? keep : heads[old]
      if (old !== undefined) {
        if (kept === undefined) delete heads[old]
        else heads[old] = kept
      }
      const ending = this.#ending(heads, old)
      const [outbox, removed] = withoutPacks(state.outbox, ({ actor, hi }) => hi > (ending.get(actor) ?? hi))
      const only = ending.size === 1 ? [...ending].find(([actor, kept]) => kept === 0 && actor !== old) : undefined
      const isWhole = only !== undefined && ledger.actors.includes(only[0])
      return {
        result: "done",
        change: {
          // An actor of whom nothing is kept is given another name in the table: no row has to be touched.
          rows: isWhole ? [] : await renamedRows(at, { ending, next: next.actor }, ledger),
          entries: removed,
          note: {
            self: next.actor,
            ...(isWhole && { renamed: [[ledger.actors.indexOf(only[0]), next.actor]] }),
          },
          state: {
            ...state,
            heads,
            outbox,
            incarnation: { actor: next.actor, secret: toBase64(next.secret) },
            cutThrough: 0,
            isVoid: ledger.wrote > 0,
            ended: endedBy(state, kept),
          },
        },
      }
    })
  }

  reissue(revision: number): Promise<ReplicaOutcome> {
    return this.#change(revision, async (at, state) => {
      const { ledger } = this.#parts
      const actor = state.incarnation?.actor
      if (actor === undefined || !this.#isBound(state)) return outrun
      const done = { ...state, isVoid: false, cutThrough: 0, ended: undefined }
      const own = state.heads[actor]?.[0] ?? 0
      // Where nobody else has written, nothing was beaten and nothing collected: all stays as it was.
      if (own <= 1 && Object.keys(state.heads).every((one) => one === actor))
        return { result: "done", change: { state: done } }
      const hlc = nextHlc(ledger.hlc, at.nowMs)
      const rows = await reissuedRows(at, { stamp: { hlc, actor }, ended: state.ended }, ledger)
      return { result: "done", change: { rows, hlc, note: { wrote: hlc }, state: done } }
    })
  }

  async scan(revision: number, range: KeyRange = rowsRange): Promise<AsyncIterable<PackedRows> | undefined> {
    await this.#parts.writer.catchUp()
    return await this.#run(async (at, state) => {
      const isOpen = state.revision === revision && !this.#hasUncut(state) && !(this.#isBound(state) && state.isVoid)
      return { result: isOpen ? pagesOf(at, range, this.#parts.ledger, await conflictLines(at)) : undefined }
    })
  }

  barrier(): Promise<void> {
    return this.#parts.barrier()
  }

  /** Whether the actor of local commits is the one that is bound to a key. */
  #isBound({ incarnation }: StoredState): boolean {
    return incarnation !== undefined && incarnation.actor === this.#parts.writer.self
  }

  #hasUncut(state: StoredState): boolean {
    const { ledger, writer } = this.#parts
    if (!this.#isBound(state)) return ledger.wrote > 0
    return !state.isVoid && ledger.wrote > (state.heads[writer.self]?.[0] ?? 0)
  }

  #isUncutOf({ heads }: StoredState): (stamp: Stamp) => boolean {
    const { self } = this.#parts.writer
    const cut = heads[self]?.[0] ?? 0
    return ({ actor, hlc }) => actor === self && hlc > cut
  }

  /** Every actor of this device with writes that were never sent, and up to where they were. */
  #ending(heads: Readonly<Record<ActorId, Head>>, old: ActorId | undefined): Ending {
    const ending = new Map<ActorId, number>()
    for (const actor of this.#parts.ledger.actors) if (heads[actor] === undefined) ending.set(actor, 0)
    if (old !== undefined) ending.set(old, heads[old]?.[0] ?? 0)
    return ending
  }

  #change<R extends string>(revision: number, verb: Verb<R>): Promise<R | "outrun"> {
    return this.#run<R | "outrun">(async (at, state) => (state.revision === revision ? await verb(at, state) : outrun))
  }

  async #run<R>(verb: Verb<R>): Promise<R> {
    const { writer, ledger } = this.#parts
    return await writer.run({
      durability: "relaxed",
      prepare: async (at): Promise<PreparedJob<R>> => {
        const [line] = await at.read([stateKey])
        const { result, change } = await verb(at, readState(line))
        if (change === undefined) return { result }
        const { state, rows = [], entries = [], hlc = ledger.hlc, note = {} } = change
        const all: Entry[] = [...entries, stateEntry(state)]
        return { result, record: { rows, entries: all, hlc, note: { wrote: ledger.wrote, ...note } } }
      },
    })
  }
}

/** The actor whose history ends here. One whose writes are void has published none, and hides nobody. */
function endedBy({ incarnation, isVoid, ended }: StoredState, keep: Head | undefined): Ended | undefined {
  if (isVoid || incarnation === undefined) return ended
  return { actor: incarnation.actor, kept: keep?.[0] ?? 0, shared: 0 }
}

/** The rows that the steps of an absorption may change. */
async function rowsOfSteps(at: Moment, { steps }: Absorption): Promise<Map<Key, string | undefined>> {
  const rows = new Map<Key, string | undefined>()
  const keys = [...new Set(steps.flatMap((step) => step.rows.map(([key]) => key)))]
  const lines = await at.read(keys)
  keys.forEach((key, i) => rows.set(key, rowOf(lines[i])))
  for (const { range } of steps)
    if (range !== undefined)
      for await (const batch of at.scan(range)) for (const [key, line] of batch) rows.set(key, rowOf(line))
  return rows
}

/** What is kept of conflicts, by the key of the document: it is little, or a page would be asked for row by row. */
async function conflictLines(at: Moment): Promise<ReadonlyMap<Key, string>> {
  const lines = new Map<Key, string>()
  for await (const batch of at.scan(prefixRange(conflictPrefix)))
    for (const [key, line] of batch) lines.set(key.slice(conflictPrefix.length), line)
  return lines
}

/** The rows of a range as of the moment in which this is called. */
function pagesOf(
  at: Moment,
  range: KeyRange,
  ledger: Ledger,
  conflicts: ReadonlyMap<Key, string>,
): AsyncIterable<PackedRows> {
  const { actors } = ledger
  const batches = at.scan(range)[Symbol.asyncIterator]()
  // The scan stands on the moment of its first step, which is begun here.
  const first = batches.next()
  first.catch(() => undefined)
  return (async function* () {
    for (let step = await first; step.done !== true; step = await batches.next()) {
      const rows = step.value.map(([key, line]) => [key, rowOf(line)] as const)
      const losses = rows.flatMap(([key, row]): (readonly [Key, string])[] => {
        const line = conflicts.get(key)
        const told = line && toldConflicts(line, row, ledger, at.nowMs)
        return told === undefined || told === "" ? [] : [[key, told]]
      })
      yield { actors, rows, losses }
    }
  })()
}
