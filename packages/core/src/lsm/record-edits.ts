/**
 * The values of a log record that are stored as edits. Owns: which those are.
 * Only rows of documents are: those are never garbage, so that whoever reads the record has the value that an edit was made from, in
 * a record before it or in a segment (whole-records.ts). Must not know how edits are found.
 */
import * as limits from "../base/limits.ts"
import { isRowKey, type Key } from "../codec/key.ts"
import { findEdit } from "./find-edit.ts"
import { getRows } from "./get-rows.ts"
import type { LsmParts } from "./publish.ts"
import type { ValueEdit } from "./value-edit.ts"
import type { Entry } from "./wal.ts"

/** The edits that stand for large values in the record after the head. */
export async function editsOf(parts: LsmParts, entries: readonly Entry[]): Promise<ReadonlyMap<Key, ValueEdit>> {
  const edits = new Map<Key, ValueEdit>()
  // A bulk of large documents is of new ones, as a rule.
  if (entries.length > limits.editedEntriesMax) return edits
  const large = entries.filter(
    ([key, value]) => value !== null && value.length >= limits.editedValueCharsMin && isRowKey(key),
  )
  // Edits have no place among the entries: of a key that is written twice they would not be the last.
  if (large.length === 0 || new Set(entries.map(([key]) => key)).size < entries.length) return edits
  const before = await getRows(
    parts,
    large.map(([key]) => key),
  )
  for (const [i, [key, value]] of large.entries()) {
    const edit = findEdit(before[i] ?? "", value ?? "")
    if (edit !== undefined) edits.set(key, edit)
  }
  return edits
}
