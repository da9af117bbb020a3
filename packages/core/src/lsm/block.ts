/**
 * Rows as text: the clear form of data blocks and of log records. Owns: the format.
 * First line: JSON {p: prefix of all keys, k: [rest of each key], d?: [positions of deletions], x?: note, e?: 1}.
 * Then one line per value; the line of a deletion is empty. Values are stored as they are, hence without line ends, so
 * that reading a block parses no value. With `e` there is one line more, of edits (value-edit.ts) in place of further values: whoever
 * does not know of them finds a line too many.
 * Invariant: decode(encode(rows)) equals rows. Must not know encryption or where blocks are kept.
 */
import { utf8Decode, utf8EncodeAll } from "../base/bytes.ts"
import { FixpointError, invariant } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import type { Key, KeyRange } from "../codec/key.ts"
import { isEdit, type ValueEdit } from "./value-edit.ts"

/** Rows in columns; a null value is a deletion. */
export interface Rows {
  readonly keys: readonly Key[]
  readonly values: readonly (string | null)[]
}

interface Head {
  readonly p: Key
  readonly k: readonly Key[]
  readonly d?: readonly number[]
  readonly x?: Json
  readonly e?: 1
}

/** What a record has beside rows. */
export interface Beside {
  readonly note?: Json | undefined
  readonly edits?: readonly (readonly [key: Key, edit: ValueEdit])[]
}

/** Length of the longest prefix that all keys have. */
function prefixLength(keys: readonly Key[]): number {
  const first = keys[0] ?? ""
  let length = first.length
  for (const key of keys) {
    let i = 0
    while (i < length && key.charCodeAt(i) === first.charCodeAt(i)) i++
    length = i
  }
  return length
}

/** Values are put together in texts of about so many characters: larger ones get memory of their own, which is dear. */
const charsPerText = 32 * 1024

/** The texts of rows, in any key order, and of what is beside them: one after the other they are the text. */
function textsOf({ keys, values }: Rows, { note, edits = [] }: Beside): string[] {
  const length = prefixLength(keys)
  const deletions: number[] = []
  for (let i = 0; i < values.length; i++) if (values[i] === null) deletions.push(i)
  const head: Head = {
    p: keys[0]?.slice(0, length) ?? "",
    k: keys.map((key) => key.slice(length)),
    ...(deletions.length > 0 && { d: deletions }),
    ...(note !== undefined && { x: note }),
    ...(edits.length > 0 && { e: 1 as const }),
  }
  const texts = [JSON.stringify(head)]
  for (let start = 0; start < values.length; ) {
    let end = start
    let chars = 0
    while (end < values.length && chars < charsPerText) chars += values[end++]?.length ?? 0
    const lines = values.slice(start, end).join("\n")
    invariant(endsOf(lines) === end - start - 1, "a stored value holds no line end")
    texts.push(`\n${lines}`)
    start = end
  }
  if (values.length === 0) texts.push("\n")
  if (edits.length > 0) texts.push(`\n${JSON.stringify(edits)}`)
  return texts
}

/** Number of line ends. */
function endsOf(lines: string): number {
  let count = 0
  for (let at = lines.indexOf("\n"); at >= 0; at = lines.indexOf("\n", at + 1)) count++
  return count
}

/** The bytes of rows, and of what is beside them; behind `before`, which is of ASCII. */
export function encodeRows(
  rows: Rows,
  { before = "", ...beside }: Beside & { readonly before?: string } = {},
): Uint8Array {
  return utf8EncodeAll([before, ...textsOf(rows, beside)])
}

/** The rows, and what is beside them, of bytes that `encodeRows` gave; `code` says what is damaged when they are none. */
export function decodeRows(
  bytes: Uint8Array,
  code: "BLOCK_CORRUPT" | "LOG_CORRUPT",
): Rows & Pick<Beside, "edits"> & { readonly note: Json } {
  try {
    const lines: (string | null)[] = utf8Decode(bytes).split("\n")
    const { p, k, d = [], x = null, e } = JSON.parse(lines[0] ?? "") as Head
    const edits = e === undefined ? undefined : readEdits(lines.pop() ?? "")
    invariant(Math.max(k.length, 1) === lines.length - 1, "rows have one line each")
    const values = lines.slice(1, k.length + 1)
    for (const position of d) {
      invariant(Number.isInteger(position), "a deletion is of a position")
      values[position] = null
    }
    return { keys: p === "" ? k : k.map((rest) => p + rest), values, note: x, ...(edits && { edits }) }
  } catch (cause) {
    throw new FixpointError(code, "Stored rows are not of the form they must have.", { cause })
  }
}

function readEdits(line: string): [key: Key, edit: ValueEdit][] {
  return (JSON.parse(line) as unknown[]).map((one) => {
    invariant(Array.isArray(one) && typeof one[0] === "string" && isEdit(one[1]), "edits are of keys")
    return [one[0] as Key, one[1] as ValueEdit]
  })
}

/** Position of the first of the sorted `keys` that is not less than `key`. */
export function lowerBound(keys: readonly Key[], key: Key): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

/** The sorted rows that are inside of a range. */
export function rowsWithin(rows: Rows, { from, to }: KeyRange): Rows {
  const start = lowerBound(rows.keys, from)
  const end = lowerBound(rows.keys, to)
  if (start === 0 && end === rows.keys.length) return rows
  return { keys: rows.keys.slice(start, end), values: rows.values.slice(start, end) }
}
