/**
 * Keys of what documents were. Owns: the form of a key behind the prefix of its derivation: the id's bytes with `00 FF` for each
 * `00`, `00`, the clock in 11 digits of base 36, the number of the record in base 36.
 * The clock is that of the newest stamp that the document had after the record: what is stored there was over by then.
 * Invariant: entries are in the order of ids, then of clocks, and a key tells its clock without anything else, so that a merge of
 * segments can leave out what is too old. Must not know what is stored under a key.
 */
import type { Hlc } from "../clock/hlc.ts"
import { fromOneByte, idBytesOfRowKey, type Key } from "../codec/key.ts"

/** 11 digits of base 36 hold every safe integer. */
const clockDigits = 11

/** What the keys of a document begin with, by the key of its row. */
export const historyPrefix = (rowKey: Key): Key => `${idBytesOfRowKey(rowKey).replaceAll("\0", "\0\u00ff")}\0`

/** A clock, and behind it any number. */
export const historyClock = (hlc: Hlc): Key => hlc.toString(36).padStart(clockDigits, "0")

/** The key of what was over at a clock, by record `n`. */
export const historyKey = (rowKey: Key, hlc: Hlc, n: number): Key =>
  historyPrefix(rowKey) + historyClock(hlc) + n.toString(36)

/** What a key begins with, and its clock. */
export function splitHistoryKey(key: Key): { readonly prefix: Key; readonly hlc: Hlc } {
  const end = key.lastIndexOf("\0") + 1
  return { prefix: key.slice(0, end), hlc: Number.parseInt(key.slice(end, end + clockDigits), 36) }
}

/** The id of the document whose entries begin like this. */
export const idOfHistoryPrefix = (prefix: Key): string => fromOneByte(prefix.slice(0, -1).replaceAll("\0\u00ff", "\0"))
