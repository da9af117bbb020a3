/**
 * What this device wrote since its last cut. Owns: finding it in the rows, so that local writes pay nothing for sync.
 * Invariant: every cell of the actor with a clock after `after` is in it, as only rows of later records than the last cut can
 * hold one. Must not know packs or buckets.
 */
import { invariant } from "../base/errors.ts"
import type { ActorId } from "../clock/stamp.ts"
import { type Key, rowsRange } from "../codec/key.ts"
import { writtenRow } from "../crdt/adopt.ts"
import type { ActorTable } from "../crdt/row.ts"
import { rowState } from "../crdt/row-state.ts"
import type { Entry } from "../lsm/wal.ts"
import type { PackedRows } from "../sync/replica.ts"
import type { Moment } from "./line-job.ts"
import { mayCount, totalsAfter, totalsKey } from "./sent-totals.ts"
import { numberOf, rowOf } from "./stored-row.ts"

/** What is cut. */
export interface CutSpan {
  readonly actor: ActorId
  /** The last cut went up to this clock, and saw the log up to that record. */
  readonly after: number
  readonly cutThrough: number
}

/** The parts of all documents that an actor wrote in a span. */
export async function cutRows(
  at: Moment,
  { actor, after, cutThrough }: CutSpan,
  actors: ActorTable,
): Promise<PackedRows> {
  const table = new GrowingTable()
  const rows: (readonly [Key, string])[] = []
  for await (const batch of at.scan(rowsRange, { newerThan: cutThrough }))
    for (const [key, line] of batch) {
      if (numberOf(line) <= cutThrough) continue
      const part = writtenRow(rowOf(line), actors, table, { actor, after })
      if (part !== undefined) rows.push([key, part])
    }
  return { actors: table.list, rows }
}

/** The counters' totals of a cut up to `hi`, to be stored with it. */
export async function totalsOf(
  at: Moment,
  { actors, rows }: PackedRows,
  { hi, keptFrom }: { readonly hi: number; readonly keptFrom: number },
): Promise<Entry[]> {
  const counting = rows.filter(([, row]) => mayCount(row))
  const keys = counting.map(([key]) => totalsKey(key))
  const lines = await at.read(keys)
  const table = new GrowingTable(actors)
  return counting.flatMap(([, row], i): Entry[] => {
    const totals = totalsAfter(lines[i], rowState(row, table), hi, keptFrom)
    return totals === undefined ? [] : [[keys[i]!, totals]]
  })
}

/** A table of actors of its own, for rows that leave the database. */
class GrowingTable implements ActorTable {
  readonly list: ActorId[]

  constructor(actors: readonly ActorId[] = []) {
    this.list = [...actors]
  }

  indexOf(actor: ActorId): number {
    const known = this.list.indexOf(actor)
    return known >= 0 ? known : this.list.push(actor) - 1
  }

  actorAt(index: number): ActorId {
    const actor = this.list[index]
    invariant(actor !== undefined, "a row's actors are in its table")
    return actor
  }
}
