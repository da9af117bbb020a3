/**
 * What one log record says of changed rows. Owns: how new rows become the entries, the note and the deltas of a record.
 * Invariant: pure. Must not know who changed the rows: a user's writes (commit.ts) or a job of the engine's own
 * (line-job.ts).
 */
import type { JsonObject } from "../base/json.ts"
import type { ActorId } from "../clock/stamp.ts"
import type { Key } from "../codec/key.ts"
import { rowView } from "../crdt/row-edit.ts"
import type { Entry } from "../lsm/wal.ts"
import { type RowDelta, viewOf } from "../query/row-delta.ts"
import type { Ledger } from "./ledger.ts"
import { formatStoredRow } from "./stored-row.ts"

/** The row of a document before a record, and after it. */
export interface ChangedRow {
  readonly key: Key
  readonly collection: string
  readonly id: string
  readonly before: string | undefined
  /** Empty for a row that is removed: nothing of the document is known any more. */
  readonly after: string
}

/** What a log record stores, and what to tell once it is stored. */
export interface RecordContent {
  readonly entries: readonly Entry[]
  readonly note: JsonObject
  readonly deltas: readonly RowDelta[]
}

/** What a record is composed with. */
export interface ComposeParts {
  readonly ledger: Ledger
  readonly self: ActorId
  /** Number of the record to be. */
  readonly n: number
  /** Whether somebody listens to a collection. */
  wantsDeltas(collection: string): boolean
}

/** The content of the record that stores these rows, under the clock `hlc`. */
export function composeRecord(
  rows: Iterable<ChangedRow>,
  hlc: number,
  { ledger, self, n, wantsDeltas }: ComposeParts,
): RecordContent {
  const entries: Entry[] = []
  const counts = new Map<string, number>()
  const deltas: RowDelta[] = []
  for (const { key, collection, id, before: old, after: row } of rows) {
    const before = rowView(old)
    const after = rowView(row)
    entries.push([key, row === "" ? null : formatStoredRow(n, row)])
    const step = Number(after !== undefined) - Number(before !== undefined)
    if (step !== 0) counts.set(collection, (counts.get(collection) ?? 0) + step)
    if (wantsDeltas(collection)) deltas.push({ collection, id, before: viewOf(before), after: viewOf(after) })
  }
  return { entries, note: ledger.nextNote(hlc, self, counts), deltas }
}
