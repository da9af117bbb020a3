/**
 * Values as keys: one-byte strings whose native order is the order of values (order.ts). Owns: the encoding.
 * Invariant: two values compare as their keys do; no key is the beginning of another one, so that keys can stand one after
 * the other, also turned round. Most bytes are printable, as keys are stored inside of JSON. Only the order is kept: 5 and
 * the bigint 5 have one key. Must not know indexes.
 */
import { utf8Encode } from "../base/bytes.ts"
import type { Json, JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { compareText } from "./order.ts"

/** First byte of each kind of value, in the order of kinds. */
const tags = {
  missing: "A",
  null: "B",
  false: "C",
  true: "D",
  negative: "E",
  zero: "F",
  positive: "G",
  date: "H",
  string: "I",
  bytes: "J",
  array: "K",
  object: "L",
  end: "M",
} as const

/** Ends texts, arrays and objects: below every other byte in them. */
const end = "\b"

/** The key of a value, or of a missing field. Longer than `limits.indexPartBytesMax` only where it is not all of it. */
export function sortKey(value: Json | undefined): string {
  switch (typeof value) {
    case "undefined":
      return tags.missing
    case "boolean":
      return value ? tags.true : tags.false
    case "number":
      return numberKey(value)
    case "string":
      return tags.string + textKey(value) + end
    default:
      return value === null ? tags.null : objectKey(value)
  }
}

/** What the keys of all texts with this beginning begin with. */
export function textPrefixKey(prefix: string): string {
  return tags.string + textKey(prefix)
}

/** The keys of all values of the kind of `value`: from the first inclusive, to the second exclusive. */
export function kindKeys(value: Json): readonly [from: string, to: string] {
  const tag = sortKey(value).charAt(0)
  if (tag === tags.negative || tag === tags.zero || tag === tags.positive) return [tags.negative, tags.date]
  if (tag === tags.false || tag === tags.true) return [tags.false, tags.negative]
  return [tag, String.fromCharCode(tag.charCodeAt(0) + 1)]
}

/** The keys of all fields that are there. */
export const presentKeys: readonly [from: string, to: string] = [tags.null, tags.end]

/** The text that a key of texts is of, up to an edge: a whole one, or the beginning of many; below or above all texts, its side. */
export type TextEdge = -1 | 1 | { readonly bytes: string; readonly isWhole: boolean; readonly isAfter: boolean }

/** What an edge of a range of keys says of texts. `beyond` is what stands behind a key whose place is after all that begin so. */
export function textOfKey(edge: string, beyond: string): TextEdge {
  const isAfter = edge.endsWith(beyond)
  const key = isAfter ? edge.slice(0, -beyond.length) : edge
  if (key.charAt(0) !== tags.string) return key < tags.string ? -1 : 1
  const isWhole = key.endsWith(end)
  const bytes = key.slice(1, isWhole ? -1 : undefined)
  return { bytes: bytes.replace(/\t(\d)/g, (_, byte: string) => String.fromCharCode(Number(byte))), isWhole, isAfter }
}

/** A key whose order is turned round. Turned round again, it is the key. */
export function turnedKey(key: string): string {
  return mirrored(key, 0xff)
}

function mirrored(text: string, sum: number): string {
  let turned = ""
  for (let i = 0; i < text.length; i++) turned += String.fromCharCode(sum - text.charCodeAt(i))
  return turned
}

/**
 * Sign, place of the point, digits. A number has the digits of its shortest text, which keep the order of numbers; from 2^53
 * on those of its integer, so that it compares with bigints exactly.
 */
function numberKey(value: number): string {
  if (value === 0) return tags.zero
  const size = Math.abs(value)
  if (Number.isInteger(size))
    return signed(value < 0, integerKey(size <= 2 ** 53 ? String(size) : String(BigInt(size))))
  const [mantissa = "", exponent] = size.toExponential().split("e")
  return signed(value < 0, digitsKey(Number(exponent) + 1, mantissa.replace(".", "")))
}

function bigintKey(decimal: string): string {
  if (decimal === "0") return tags.zero
  return decimal.startsWith("-") ? signed(true, integerKey(decimal.slice(1))) : signed(false, integerKey(decimal))
}

/** Everything in the key of a size is printable, and stays so when it is turned round among printable bytes. */
function signed(isNegative: boolean, size: string): string {
  return isNegative ? tags.negative + mirrored(size, 0x20 + 0x7e) : tags.positive + size
}

const integerKey = (decimal: string): string => digitsKey(decimal.length, decimal)

/** The size 0.<digits> · 10^exponent; the first digit is none of 0. */
function digitsKey(exponent: number, digits: string): string {
  const bounded = digits.length > limits.indexPartBytesMax ? digits.slice(0, limits.indexPartBytesMax) : digits
  let length = bounded.length
  // A cut number goes on: only what is whole ends here.
  if (bounded === digits) while (bounded.charCodeAt(length - 1) === 0x30) length--
  return `${exponentKey(exponent)}${bounded.slice(0, length)} `
}

function exponentKey(exponent: number): string {
  if (exponent < -20) return `!${exponent + 1000}`
  if (exponent <= 40) return String.fromCharCode(0x30 + 20 + exponent)
  const decimal = String(exponent)
  return `z${decimal.length}${decimal}`
}

/** UTF-8, with the ten lowest bytes as two: what ends a text is below all of them. */
function textKey(text: string): string {
  // Each character takes a byte or more; half a pair at the cut is beyond what is kept.
  const kept = text.length > limits.indexPartBytesMax ? text.slice(0, limits.indexPartBytesMax + 1) : text
  return isAsIs(kept) ? kept : escaped(String.fromCharCode(...utf8Encode(kept)))
}

/** Whether a text is of ASCII above what is escaped. */
function isAsIs(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127 || unit < 10) return false
  }
  return true
}

function escaped(bytes: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes are what this is about
  return bytes.replace(/[\0-\t]/g, (byte) => `\t${byte.charCodeAt(0)}`)
}

function objectKey(value: readonly Json[] | JsonObject): string {
  if (Array.isArray(value)) return listKey(tags.array, value as readonly Json[])
  const object = value as JsonObject
  const [kind, content] = (object["$"] ?? []) as readonly [kind?: string, content?: never]
  if (kind === "n") return bigintKey(content as unknown as string)
  if (kind === "d") return tags.date + numberKey(content as unknown as number)
  if (kind === "b") return tags.bytes + escaped(atob(content as unknown as string)) + end
  const keys = Object.keys(object).sort(compareText)
  return listKey(
    tags.object,
    keys.flatMap((key) => [key, object[key] as Json]),
  )
}

function listKey(tag: string, items: readonly Json[]): string {
  let key: string = tag
  for (const item of items) {
    if (key.length > limits.indexPartBytesMax) return key
    key += sortKey(item)
  }
  return key + end
}
