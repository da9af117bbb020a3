/**
 * The one order of stored values. Owns: null < false < true < number < date < string < bytes < array < object, and the
 * order inside each kind.
 * Invariant: no locale and no platform changes it. 0 means equal as numbers, texts and so on: 5 and the bigint 5 are equal
 * in order, yet are not the same value for `equalValues`. Must not know indexes or queries.
 */
import type { Json, JsonObject } from "../base/json.ts"

/** The content of an escape, see value.ts. */
type Escape = readonly [kind: string, content: never]

const rankNull = 0
const rankBoolean = 1
const rankNumber = 2
const rankDate = 3
const rankString = 4
const rankBytes = 5
const rankArray = 6
const rankObject = 7

const base64Digits = "=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/** Negative, 0 or positive, for stored values of any kinds. */
export function compareValues(a: Json, b: Json): number {
  if (a === b) return 0
  if (typeof a === "string" && typeof b === "string") return compareText(a, b)
  if (typeof a === "number" && typeof b === "number") return compareNumbers(a, b)
  const rank = typeRank(a)
  const difference = rank - typeRank(b)
  if (difference !== 0) return difference
  switch (rank) {
    case rankBoolean:
      return a === true ? 1 : -1
    case rankNumber:
      return compareNumbers(numberOf(a), numberOf(b))
    case rankDate:
      return compareNumbers(contentOf(a), contentOf(b))
    case rankBytes:
      return compareBase64(contentOf(a), contentOf(b))
    case rankArray:
      return compareLists(a as readonly Json[], b as readonly Json[])
    // Nulls are the same, and texts were compared.
    default:
      return compareLists(entriesOf(a as JsonObject), entriesOf(b as JsonObject))
  }
}

/** `compareValues` of fields that may be missing: a missing one sorts before all. */
export function compareFields(a: Json | undefined, b: Json | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  return compareValues(a, b)
}

/** The place of a value's type in the order; numbers and bigints are one type. */
export function typeRank(value: Json): number {
  if (value === null) return rankNull
  if (typeof value === "boolean") return rankBoolean
  if (typeof value === "number") return rankNumber
  if (typeof value === "string") return rankString
  if (Array.isArray(value)) return rankArray
  const kind = escapeOf(value)?.[0]
  return kind === "n" ? rankNumber : kind === "d" ? rankDate : kind === "b" ? rankBytes : rankObject
}

/** Whether both are the same value of the same kind; the order of an object's keys is of no matter. */
export function equalValues(a: Json, b: Json): boolean {
  if (a === b) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = a as JsonObject
  const right = b as JsonObject
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  return keys.every((key) => Object.hasOwn(right, key) && equalValues(left[key] as Json, right[key] as Json))
}

/** Code point order, which is also that of UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) {
    const difference = pointOrder(a.charCodeAt(i)) - pointOrder(b.charCodeAt(i))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Moves surrogates, which stand for the code points above U+FFFF, behind U+E000 to U+FFFF. */
function pointOrder(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

function escapeOf(value: Json): Escape | undefined {
  return (value as { readonly $?: Escape }).$
}

/** The content of a value that is known to be an escape. */
function contentOf(value: Json): never {
  return (value as { readonly $: Escape }).$[1]
}

function numberOf(value: Json): number | bigint {
  return typeof value === "number" ? value : BigInt(contentOf(value))
}

/** Exact for a number and a bigint too: the language compares them by value, without rounding. */
function compareNumbers(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The order of bytes from their base64: by digit, padding first. */
function compareBase64(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  let i = 0
  while (i < end && a.charCodeAt(i) === b.charCodeAt(i)) i++
  if (i === end) return a.length - b.length
  return base64Digits.indexOf(a.charAt(i)) - base64Digits.indexOf(b.charAt(i))
}

function compareLists(a: readonly Json[], b: readonly Json[]): number {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) {
    const difference = compareValues(a[i] as Json, b[i] as Json)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Keys and values in turn, by key. */
function entriesOf(object: JsonObject): readonly Json[] {
  return Object.keys(object)
    .sort(compareText)
    .flatMap((key) => [key, object[key] as Json])
}
