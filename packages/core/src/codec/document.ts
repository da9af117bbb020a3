/**
 * Stored values that come over a boundary. Owns: the second check of what value.ts made, without trust in who made it.
 * Invariant: what passes decodes (value.ts) without fault and fits one line; errors have the codes of value.ts.
 * Must not know writes or rows. Runs in the worker for every document written: one parse, one walk, no allocation.
 */
import { exceedsUtf8, isWellFormed } from "../base/bytes.ts"
import type { Code } from "../base/codes.ts"
import type { JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { isFileContent } from "./file-content.ts"
import { escapeSegment, isForbiddenKey, userKey } from "./path.ts"
import { hasSurrogateEscape, isPlain, refuseValue } from "./value.ts"

/** What is wrong, and where: the path grows on the way out, so that a value without fault costs no path. */
interface Fault {
  readonly why: string
  readonly code: Code
  readonly max: number | undefined
  readonly path: string[]
}

/** Milliseconds from 1970 to either end of the time that a Date can hold. */
const dateMsMax = 8.64e15

/** The fields of a document's stored text, or a refusal. */
export function parseDocumentText(text: string): JsonObject {
  if (exceedsUtf8(text, limits.documentBytesMax)) refuseValue("is too large", "", "LIMIT_SIZE", limits.documentBytesMax)
  const fields = parse(text)
  if (typeof fields !== "object" || fields === null || Array.isArray(fields) || Object.hasOwn(fields, "$")) {
    return refuseValue("is not an object", "")
  }
  if (Object.hasOwn(fields, "_id")) refuseValue("is stored apart from the fields", "_id")
  if (isOrdinary(text)) return fields as JsonObject
  checkWalk(fields, "")
  if (!isStoredText(text, fields)) refuseValue("is not in its stored form", "")
  return fields as JsonObject
}

/** What stands in a text that a look at its values might find fault with: line ends, names of prototypes. */
const unusualParts = ["\n", "\t", "\r", "proto", "constructor"] as const
const surrogate = /[\ud800-\udfff]/
const unusualEscape = /\\[u"]/
/** A number without end has such an exponent, or more digits. */
const largeExponent = /\d[eE]\+?\d{3}/
const manyDigits = /\d{200}/
/** A name that is too long begins so. */
const longString = /"[^"]{341}/
/** No shorter text holds either of the two. */
const longLength = 200

/**
 * Whether the text of an object, which was parsed, holds nothing unusual, and too few containers to be nested too deep. One look after
 * the other: an engine skips through a text for each of these, and reads every letter for all of them together.
 */
function isOrdinary(text: string): boolean {
  return (
    !(text.includes("$") && text.includes('"$')) &&
    !(text.includes("\\") && unusualEscape.test(text)) &&
    !unusualParts.some((part) => text.includes(part)) &&
    !surrogate.test(text) &&
    !largeExponent.test(text) &&
    (text.length < longLength || !(manyDigits.test(text) || longString.test(text))) &&
    hasFewContainers(text)
  )
}

function hasFewContainers(text: string): boolean {
  let count = 0
  for (const open of "{[")
    for (let at = text.indexOf(open); at >= 0; at = text.indexOf(open, at + 1))
      if (++count > limits.depthMax) return false
  return true
}

/** Refuses what is not a stored value (`encodeValue`); `path` is where it will be. */
export function checkEncoded(value: unknown, path: string): void {
  checkWalk(value, path)
  const text = JSON.stringify(value)
  if (hasSurrogateEscape(text)) refuseValue("has half of a surrogate pair", path)
  if (exceedsUtf8(text, limits.documentBytesMax))
    refuseValue("is too large", path, "LIMIT_SIZE", limits.documentBytesMax)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Rows are lines of text, so no line end or tab stands between tokens; what JSON.stringify escapes is all that is escaped. */
function isStoredText(text: string, fields: object): boolean {
  if (text.includes("\n") || text.includes("\t") || text.includes("\r") || !isWellFormed(text)) return false
  return !text.includes("\\u") || (JSON.stringify(fields) === text && !hasSurrogateEscape(text))
}

function checkWalk(value: unknown, path: string): void {
  const fault = faultIn(value, 1)
  if (fault === undefined) return
  refuseValue(fault.why, (path === "" ? fault.path : [path, ...fault.path]).join("."), fault.code, fault.max)
}

function faultIn(value: unknown, depth: number): Fault | undefined {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return undefined
  if (typeof value === "number") return Number.isFinite(value) ? undefined : faultOf("is not a finite number")
  if (typeof value !== "object") return faultOf(`is ${typeof value}`)
  // An escape stands for a scalar: it is no level, as it was none on the page.
  if (Object.hasOwn(value, "$") && !Array.isArray(value)) return faultInEscape(value)
  if (depth > limits.depthMax) return faultOf("is nested too deep", "LIMIT_DEPTH", limits.depthMax)
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const fault = faultIn(value[i], depth + 1)
      if (fault !== undefined) return within(fault, String(i))
    }
    return undefined
  }
  return isPlain(value) ? faultInFields(value as Record<string, unknown>, depth) : faultOf("is not a plain object")
}

function faultInFields(object: Record<string, unknown>, depth: number): Fault | undefined {
  for (const key of Object.keys(object)) {
    const fault = faultInKey(key) ?? faultIn(object[key], depth + 1)
    if (fault !== undefined) return within(fault, escapeSegment(userKey(key)))
  }
  return undefined
}

function faultInEscape(object: object): Fault | undefined {
  const isAlone = Object.keys(object).length === 1
  return isAlone && isEscape((object as { readonly $?: unknown }).$) ? undefined : faultOf("is not a known escape")
}

function faultInKey(key: string): Fault | undefined {
  const name = userKey(key)
  if (isForbiddenKey(name)) return faultOf("has a forbidden name")
  if (name !== key && !name.startsWith("$")) return faultOf('has a name with a "$" that is not doubled')
  if (exceedsUtf8(name, limits.fieldKeyBytesMax))
    return faultOf("has too long a name", "LIMIT_SIZE", limits.fieldKeyBytesMax)
  return undefined
}

function faultOf(why: string, code: Code = "INVALID_DOCUMENT", max?: number): Fault {
  return { why, code, max, path: [] }
}

function within(fault: Fault, segment: string): Fault {
  fault.path.unshift(segment)
  return fault
}

/** Whether the content of a "$" is one of the four escapes, in the one form that `encodeValue` gives. */
function isEscape(escape: unknown): boolean {
  if (!Array.isArray(escape) || escape.length !== 2) return false
  const [kind, content] = escape as readonly unknown[]
  if (kind === "d") return Number.isInteger(content) && Math.abs(content as number) <= dateMsMax
  if (kind === "f") return isFileContent(content)
  if (typeof content !== "string") return false
  if (kind === "n") return /^(0|-?[1-9]\d*)$/.test(content)
  return kind === "b" && isBase64(content)
}

function isBase64(text: string): boolean {
  try {
    return btoa(atob(text)) === text
  } catch {
    return false
  }
}
