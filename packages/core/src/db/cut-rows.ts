/**
 * What this device wrote since its last cut. Owns: finding it in the rows, so that local writes pay nothing for sync.
 * Invariant: every cell of the actor with a clock after `after` is in it, as only rows of later records than the last cut can
 * hold one. Must not know packs or buckets.
 */
import { invariant } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import type { ActorId } from "../clock/stamp.ts"
import { type Key, rowsRange } from "../codec/key.ts"
import { writtenRow, writtenSpan } from "../crdt/adopt.ts"
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

/** What was cut. */
export interface CutOff extends PackedRows {
  /** Where there is too much for one pack: the commit it goes up to, and the record up to which nothing more was written. */
  readonly end?: { readonly hi: number; readonly cutThrough: number }
}

interface Found {
  readonly key: Key
  readonly row: string
  /** The record that wrote the row last. */
  readonly n: number
  readonly first: number
  readonly last: number
}

/** Rows that are not looked at any more are let go when there are so many times too many. */
const slack = 4

/** The parts of all documents that an actor wrote in a span, or as many commits of it as a pack should hold. */
export async function cutRows(at: Moment, { actor, after, cutThrough }: CutSpan, actors: ActorTable): Promise<CutOff> {
  let found: Found[] = []
  let chars = 0
  let through = Number.POSITIVE_INFINITY
  let firstLeft = Number.POSITIVE_INFINITY
  const leaveOut = (): void => {
    through = Math.min(through, commitWithin(found, limits.packCharsMax))
    for (const { n, last } of found) if (last > through) firstLeft = Math.min(firstLeft, n)
    found = found.filter(({ first }) => first <= through)
    chars = found.reduce((sum, { row }) => sum + row.length, 0)
  }
  for await (const batch of at.scan(rowsRange, { newerThan: cutThrough }))
    for (const [key, line] of batch) {
      const n = numberOf(line)
      if (n <= cutThrough) continue
      const row = rowOf(line)
      const span = writtenSpan(row, actors, { actor, after, through: Number.POSITIVE_INFINITY })
      if (span === undefined) continue
      if (span.last > through) firstLeft = Math.min(firstLeft, n)
      if (span.first > through) continue
      found.push({ key, row, n, ...span })
      chars += row.length
      if (chars > slack * limits.packCharsMax) leaveOut()
    }
  if (chars > limits.packCharsMax) leaveOut()
  const table = new GrowingTable()
  const rows = found.flatMap(({ key, row }): [Key, string][] => {
    // Of a life that begins within the pack there must be something, or what follows would be taken for what was collected.
    const part =
      writtenRow(row, actors, table, { actor, after, through }) ??
      writtenRow(row, actors, table, { actor, after, through: Number.POSITIVE_INFINITY })
    return part === undefined ? [] : [[key, part]]
  })
  const packed = { actors: table.list, rows }
  return firstLeft === Number.POSITIVE_INFINITY
    ? packed
    : { ...packed, end: { hi: through, cutThrough: firstLeft - 1 } }
}

/** The last commit up to which rows come to no more than so many characters; the first one in any case. */
function commitWithin(found: readonly Found[], charsMax: number): number {
  const byCommit = found.toSorted((a, b) => a.first - b.first)
  let through = byCommit[0]?.first ?? 0
  let chars = 0
  for (const { first, row } of byCommit) {
    chars += row.length
    if (first !== through && chars > charsMax) return through
    through = first
  }
  return through
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
