/**
 * Log records with all their values. Owns: what edits make that stand in the place of large ones (record-edits.ts).
 * Invariant: an edit is applied to the value that its key had before the record, or the record is not given.
 */
import type { Key } from "../codec/key.ts"
import { getRows } from "./get-rows.ts"
import type { LsmParts } from "./publish.ts"
import { applyEdit } from "./value-edit.ts"
import type { Entry, LogEntry, OpenedRecord } from "./wal.ts"

/** The records after the head, whole; undefined where the value before one is not what it was: another engine has gone on. */
export async function withValues(parts: LsmParts, records: readonly OpenedRecord[]): Promise<LogEntry[] | undefined> {
  if (records.every(({ edits }) => edits === undefined)) return [...records]
  const values = new Map<Key, string | null | undefined>()
  const whole: LogEntry[] = []
  for (const { n, entries, edits = [], note } of records) {
    const all: Entry[] = [...entries]
    for (const [key, edit] of edits) {
      if (!values.has(key)) values.set(key, (await getRows(parts, [key]))[0])
      const after = applyEdit(values.get(key) ?? "", edit)
      if (after === undefined) return undefined
      all.push([key, after])
    }
    for (const [key, value] of all) values.set(key, value)
    whole.push({ n, entries: all, note })
  }
  return whole
}
