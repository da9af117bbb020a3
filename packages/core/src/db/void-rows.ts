/**
 * Writes of an incarnation that has ended, on their way to the next one. Owns: the rows that carry them, in both steps: under
 * the new actor at their old time, and, once all else has been taken in, at a time of now.
 * Invariant: an addition to a counter is made again once: what was sent before stays the old actor's.
 * Must not know packs or buckets.
 */
import type { ActorId, Stamp } from "../clock/stamp.ts"
import { collectionOfRowKey, idOfRowKey, type Key, rowsRange } from "../codec/key.ts"
import { cellKey, type CellKey, splitCellKey } from "../crdt/cell-key.ts"
import { type Cell, normalise, type State } from "../crdt/cells.ts"
import { eachStamp } from "../crdt/delta.ts"
import { type Ending, endsOf, type IsVoid, isVoidOf, renamed, restamped } from "../crdt/restamp.ts"
import type { ActorTable } from "../crdt/row.ts"
import { rowState, stateRow } from "../crdt/row-state.ts"
import type { Moment } from "./line-job.ts"
import type { ChangedRow } from "./record.ts"
import { mayCount, totalAt, totalsKey, wasSent } from "./sent-totals.ts"
import { type Ended, withoutShared } from "./shared-past.ts"
import { rowOf } from "./stored-row.ts"

/** The rows with void writes, under the next actor. */
export async function renamedRows(
  at: Moment,
  { ending, next }: { readonly ending: Ending; readonly next: ActorId },
  actors: ActorTable,
): Promise<ChangedRow[]> {
  const isVoid = isVoidOf(ending)
  const changed: ChangedRow[] = []
  for await (const [key, row, state] of statesWith(at, isVoid, actors)) {
    const totals = mayCount(row) ? (await at.read([totalsKey(key)]))[0] : undefined
    const own = withSent(state, renamed(state, ending, next), { ending, next, totals })
    changed.push(rowChange(key, row, stateRow(own, actors)))
  }
  return changed
}

/** The rows with void writes of the actor of `stamp`, made again at it, but for what the ended actor has published. */
export async function reissuedRows(
  at: Moment,
  { stamp, ended }: { readonly stamp: Stamp; readonly ended: Ended | undefined },
  actors: ActorTable,
): Promise<ChangedRow[]> {
  const isVoid: IsVoid = (one) => one.actor === stamp.actor
  const changed: ChangedRow[] = []
  for await (const [key, row, state] of statesWith(at, isVoid, actors)) {
    const own = ended === undefined ? state : withoutShared(state, isVoid, ended)
    const again = restamped(own, isVoid, stamp)
    const isGone = again.dead === undefined && again.cells.size === 0
    changed.push(rowChange(key, row, isGone ? "" : stateRow(again, actors)))
  }
  return changed
}

async function* statesWith(
  at: Moment,
  isVoid: IsVoid,
  actors: ActorTable,
): AsyncGenerator<readonly [Key, string, State]> {
  for await (const batch of at.scan(rowsRange))
    for (const [key, line] of batch) {
      const row = rowOf(line)
      const state = rowState(row, actors)
      let isTouched = false
      eachStamp(state, (stamp) => {
        isTouched ||= isVoid(stamp)
      })
      if (isTouched) yield [key, row, state]
    }
}

/**
 * Parts of counters split into what was sent, which stays, and what was added since. Where it is not known any more what was sent, as
 * with chunks of texts, what others have of it ends.
 */
function withSent(
  before: State,
  after: State,
  { ending, next, totals }: { readonly ending: Ending; readonly next: ActorId; readonly totals: string | undefined },
): State {
  const ends = endsOf(before, ending, next)
  if (ends.size === 0) return after
  const cells = new Map<CellKey, Cell>(after.cells)
  const sent = new Map<CellKey, number>()
  for (const [key, end] of ends) {
    if (splitCellKey(key).kind !== "c") cells.set(key, end)
    else if (wasSent(totals, key)) {
      const actor = before.cells.get(key)?.stamp.actor ?? next
      const total = totalAt(totals, key, end.stamp.hlc)
      cells.set(key, total === undefined ? end : { stamp: { hlc: total[1], actor }, value: total[2] })
      sent.set(key, total?.[2] ?? 0)
    }
  }
  const whole = new Map(normalise(cells))
  for (const [key, value] of sent) {
    const name = cellKey(splitCellKey(key).path, "c", next)
    const own = whole.get(name)
    // What was put over the counter since has taken what was sent before it.
    if (own !== undefined && whole.has(key)) whole.set(name, { ...own, value: Number(own.value) - value })
  }
  return { ...after, cells: whole }
}

function rowChange(key: Key, before: string, after: string): ChangedRow {
  return { key, collection: collectionOfRowKey(key), id: idOfRowKey(key), before, after }
}
