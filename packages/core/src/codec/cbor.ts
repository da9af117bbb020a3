/**
 * Canonical dag-cbor, the form of all control data, as far as that uses it: no links, no integers beyond 2^53.
 * Owns: its strict codec. It is ours for its size alone, and held against @ipld/dag-cbor by its tests (decision 045).
 * Invariant: a value has one encoding and only that one is read, so that bytes can be compared and hashed for values: what the
 * encoder would have written in another way is refused as it is met. Nesting and lengths are checked over the bytes, before
 * anything recurses or allocates. Source: RFC 8949, dag-cbor.
 * Must not know what is encoded.
 */
import { type Bytes, utf8Decode, utf8Encode } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"

const depthMax = 64

/** Kinds of CBOR items (RFC 8949) by the three high bits of the first byte; the rest are one head and nothing more. */
const negative = 1
const byteString = 2
const textString = 3
const array = 4
const map = 5
const tag = 6
const simple = 7

const falseHead = 0xf4
const trueHead = 0xf5
const nullHead = 0xf6
const floatHead = 0xfb

/** The canonical bytes of a value of JSON and byte arrays. Fields that are undefined are not encoded. */
export function encodeCbor(value: unknown): Bytes {
  const parts: Uint8Array[] = []
  encodeItem(value, parts)
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function encodeItem(value: unknown, parts: Uint8Array[]): void {
  if (typeof value === "number") parts.push(encodeNumber(value))
  else if (typeof value === "string") {
    const text = utf8Encode(value)
    parts.push(head(textString, text.length), text)
  } else if (typeof value === "boolean" || value === null)
    parts.push(Uint8Array.of(value === null ? nullHead : value ? trueHead : falseHead))
  else if (value instanceof Uint8Array) parts.push(head(byteString, value.length), value)
  else if (Array.isArray(value)) {
    parts.push(head(array, value.length))
    for (const element of value) encodeItem(element, parts)
  } else encodeFields(value, parts)
}

function encodeFields(value: unknown, parts: Uint8Array[]): void {
  if (typeof value !== "object") throw new FixpointError("INTERNAL", `Control data cannot hold ${typeof value}.`)
  const fields = Object.entries(value as Record<string, unknown>)
    .filter((field) => field[1] !== undefined)
    .map(([key, field]) => ({ key: utf8Encode(key), field }))
    .sort((a, b) => compareKeys(a.key, b.key))
  parts.push(head(map, fields.length))
  for (const { key, field } of fields) {
    parts.push(head(textString, key.length), key)
    encodeItem(field, parts)
  }
}

/** Shorter keys come first, then byte order. */
function compareKeys(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number)
}

function encodeNumber(value: number): Uint8Array {
  if (Number.isSafeInteger(value)) return value < 0 ? head(negative, -1 - value) : head(0, value)
  const bytes = new Uint8Array(9)
  bytes[0] = floatHead
  new DataView(bytes.buffer).setFloat64(1, value)
  if (Number.isFinite(value)) return bytes
  throw new FixpointError("INTERNAL", "Control data cannot hold a number that is not finite.")
}

/** How many bytes behind its first one a head needs. */
const argumentBytes = (argument: number): number =>
  argument < 24 ? 0 : argument < 2 ** 8 ? 1 : argument < 2 ** 16 ? 2 : argument < 2 ** 32 ? 4 : 8

function head(kind: number, argument: number): Uint8Array {
  const first = kind << 5
  if (argument < 24) return Uint8Array.of(first | argument)
  const length = argumentBytes(argument)
  const bytes = new Uint8Array(1 + length)
  bytes[0] = first | (24 + Math.log2(length))
  let rest = argument
  for (let i = length; i > 0; i--) {
    bytes[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return bytes
}

/** The value of canonical bytes. FORMAT_UNKNOWN when they are not CBOR, NONCANONICAL when it is not the canonical form. */
export function decodeCbor(bytes: Uint8Array): unknown {
  checkItems(bytes)
  return decodeItem({ bytes, at: 0 })
}

interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

/** One item; the bytes are well-formed and of bounded depth here. */
function decodeItem(cursor: Cursor): unknown {
  const { bytes, at } = cursor
  const { kind, argument, end } = readHead(bytes, at)
  cursor.at = end
  if (kind === simple) return decodeSimple(bytes.subarray(at, end))
  const value = kind === negative ? -1 - argument : argument
  // No tag has a canonical form here, nor has an argument in more bytes than it needs.
  if (kind === tag || !Number.isSafeInteger(value) || end - at !== 1 + argumentBytes(argument)) throw noncanonical()
  switch (kind) {
    case byteString:
      return take(cursor, argument).slice()
    case textString:
      return decodeText(take(cursor, argument))
    case array:
      return Array.from({ length: argument }, () => decodeItem(cursor))
    case map:
      return decodeFields(cursor, argument)
    default:
      return value
  }
}

/** A field named "__proto__" becomes a field like any other. */
function decodeFields(cursor: Cursor, length: number): object {
  let last: Uint8Array | undefined
  return Object.fromEntries(
    Array.from({ length }, () => {
      const from = cursor.at
      const name = decodeItem(cursor)
      const item = cursor.bytes.subarray(from, cursor.at)
      if (typeof name !== "string" || (last !== undefined && compareKeys(last, item) >= 0)) throw noncanonical()
      last = item
      return [name, decodeItem(cursor)]
    }),
  )
}

function take(cursor: Cursor, length: number): Uint8Array {
  const from = cursor.at
  cursor.at += length
  return cursor.bytes.subarray(from, cursor.at)
}

const noncanonical = (cause?: unknown) => new FixpointError("NONCANONICAL", undefined, { cause })

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    throw noncanonical(cause)
  }
}

function decodeSimple(item: Uint8Array): unknown {
  const [first] = item
  if (first === trueHead || first === falseHead) return first === trueHead
  if (first === nullHead) return null
  const value = first === floatHead ? new DataView(item.buffer, item.byteOffset).getFloat64(1) : Number.NaN
  // An integer has the form of one.
  if (!Number.isFinite(value) || Number.isSafeInteger(value)) throw noncanonical()
  return value
}

/** Walks the heads of all items, without recursion: each container and tag opened is a count of items to come. */
function checkItems(bytes: Uint8Array): void {
  const open = [1]
  let at = 0
  while (open.length > 0) {
    const left = open.pop() as number
    if (left === 0) continue
    open.push(left - 1)
    const { kind, argument, end } = readHead(bytes, at)
    at = end
    if (kind === byteString || kind === textString) at += argument
    else if (kind === array || kind === tag) open.push(kind === tag ? 1 : argument)
    else if (kind === map) open.push(2 * argument)
    if (open.length > depthMax + 1) throw new FixpointError("LIMIT_DEPTH", undefined, { details: { max: depthMax } })
  }
  if (at !== bytes.length) throw new FixpointError("FORMAT_UNKNOWN")
}

/** One head: the kind of item, its argument (a length, a count or a value), and where the head ends. */
function readHead(bytes: Uint8Array, at: number): { kind: number; argument: number; end: number } {
  const first = bytes[at]
  if (first === undefined) throw new FixpointError("FORMAT_UNKNOWN")
  const short = first & 31
  // 31 is an item of indefinite length: well-formed, but never canonical. 28 to 30 mean nothing.
  if (short > 27) throw new FixpointError(short === 31 ? "NONCANONICAL" : "FORMAT_UNKNOWN")
  const end = at + 1 + (short < 24 ? 0 : 2 ** (short - 24))
  let argument = short < 24 ? short : 0
  for (let i = at + 1; i < end; i++) argument = argument * 256 + (bytes[i] ?? 0)
  return { kind: first >> 5, argument, end }
}
