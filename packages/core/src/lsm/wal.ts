/**
 * Records of the write-ahead log: one commit each, sealed. Owns: the record's clear form (that of rows, block.ts), with edits in the
 * place of large values (record-edits.ts).
 * Invariant: a record is sealed under its number, so that it opens in no other place of the log.
 * Must not know the store, nor what rows and notes mean.
 */
import { FixpointError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import type { Key } from "../codec/key.ts"
import type { Vault } from "../crypto/vault.ts"
import { decodeRows, encodeRows } from "./block.ts"
import type { LogRecord } from "./store.ts"
import type { ValueEdit } from "./value-edit.ts"

/** A write of one row: its new value, or null for its deletion. */
export type Entry = readonly [key: Key, value: string | null]

/** A log record in clear: its number, its writes, and what the database noted beside them. */
export interface LogEntry {
  readonly n: number
  readonly entries: readonly Entry[]
  readonly note: Json
}

/** A record as it was read: what its edits make is still to be found. */
export interface OpenedRecord extends LogEntry {
  readonly edits?: readonly (readonly [key: Key, edit: ValueEdit])[]
}

/** The record of an entry, ready for the store, with edits instead of some values; LIMIT_SIZE when it would be larger than a log holds. */
export async function sealRecord(
  vault: Vault,
  { n, entries, note }: LogEntry,
  edits: ReadonlyMap<Key, ValueEdit> = new Map(),
): Promise<LogRecord> {
  const whole = edits.size === 0 ? entries : entries.filter(([key]) => !edits.has(key))
  const values = whole.map((entry) => entry[1])
  const chars = entries.reduce((sum, [key, value]) => sum + key.length + (value?.length ?? 0), 0)
  const max = limits.logRecordBytesMax
  if (chars > max) throw new FixpointError("LIMIT_SIZE", "One commit is too large.", { details: { max } })
  const plain = encodeRows({ keys: whole.map((entry) => entry[0]), values }, { note, edits: [...edits] })
  return { n, bytes: await vault.seal("log", String(n), plain) }
}

/** What a stored record says; LOG_CORRUPT when it is damaged. */
export async function openRecord(vault: Vault, { n, bytes }: LogRecord): Promise<OpenedRecord> {
  const { keys, values, note, edits } = decodeRows(await vault.open("log", String(n), bytes), "LOG_CORRUPT")
  return { n, entries: keys.map((key, i) => [key, values[i] ?? null]), note, ...(edits && { edits }) }
}

/** Whether the numbers of records follow `after` without a gap. */
export function isContiguous(records: readonly LogRecord[], after: number): boolean {
  return records.every((record, i) => record.n === after + 1 + i)
}
