/**
 * Values as applications give and get them, and as they are stored. Owns: what may be stored, and the four escapes.
 * Stored values are JSON; what JSON lacks is an object whose only key is "$": a date {"$":["d",ms]}, bytes
 * {"$":["b",base64]}, a bigint {"$":["n",decimal]}, a file {"$":["f",content]} (file-content.ts).
 * Invariant: what is stored decodes to an equal value, or is refused whole with the path of what cannot be stored.
 * Must not know documents' merging, nor who asks. Runs in the page: keep it small.
 */
import { exceedsUtf8, fromBase64, isWellFormed, toBase64 } from "../base/bytes.ts"
import type { Code } from "../base/codes.ts"
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import type { FileContent } from "./file-content.ts"
import { escapeSegment, isForbiddenKey, storedKey, userKey } from "./path.ts"

/** What a field may hold. Fields that are undefined are not stored. */
export type Value =
  | null
  | boolean
  | number
  | string
  | bigint
  | Date
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value | undefined }

/** Files among the values of documents. */
export interface FileValues {
  /** What stands for a file until the document is finished; undefined when it is none. Changed in place once it is stored. */
  store(value: object): readonly unknown[] | undefined
  /** A file as an application gets it. */
  show(content: FileContent): unknown
}

/** A document that was read. Its text is to be taken in the same turn, unless files of it are still being stored. */
export interface DocumentDraft {
  readonly id: string | undefined
  text(): string
}

/** A container under way, linked to the one that holds it: gives paths and finds cycles, and costs leaves nothing. */
interface Frame extends Place {
  readonly container: object
  readonly depth: number
}

/** Where a value stands. */
interface Place {
  readonly up: Frame | undefined
  readonly key: string | number
}

/** The stored text of a document without its `_id`, and that id. Refuses what cannot be stored. */
export function encodeDocument(document: unknown): { id: string | undefined; text: string } {
  const { id, text } = draftDocument(document)
  return { id, text: text() }
}

/** The same for documents with files in them. */
export function draftDocument(document: unknown, files?: FileValues): DocumentDraft {
  if (typeof document !== "object" || document === null || !isPlain(document)) refuseValue("is not a plain object", "")
  const given = (document as { readonly _id?: unknown })._id
  const id = given === undefined ? undefined : checkId(given)
  const asIs = isStoredAsIs(document, 1)
  const fields = asIs ? document : encodeAt(document, top(""), files)
  const text = () => {
    const text = JSON.stringify(id === undefined ? fields : { ...(fields as JsonObject), _id: undefined })
    // JSON.stringify writes half of a surrogate pair as an escape: one search of the text spares one of every string.
    if (asIs && hasSurrogateEscape(text)) encodeAt(document, top(""))
    if (exceedsUtf8(text, limits.documentBytesMax))
      refuseValue("is too large", "", "LIMIT_SIZE", limits.documentBytesMax)
    return text
  }
  return { id, text }
}

/** A single value as stored; `path` is where it will be, for the error. */
export function encodeValue(value: unknown, path: string, files?: FileValues): Json {
  return encodeAt(value, top(path), files)
}

/** The document of a stored text, `_id` first. */
export function decodeDocument<T>(id: string, text: string, files?: FileValues): T {
  const fields = JSON.parse(text) as JsonObject
  return { _id: id, ...(isDecodedAsIs(text) ? fields : (decodeValue(fields, files) as object)) } as T
}

/** The value of a stored one. */
export function decodeValue(json: Json, files?: FileValues): Value {
  if (typeof json !== "object" || json === null) return json
  if (Array.isArray(json)) return json.map((element: Json) => decodeValue(element, files))
  const fields = json as JsonObject
  if (fields.$ !== undefined) return decodeEscape(fields.$ as readonly [string, never], files)
  const object: Record<string, Value> = {}
  for (const key of Object.keys(fields)) {
    if (isForbiddenKey(key)) throw new FixpointError("KEY_FORBIDDEN", undefined, { details: { path: key } })
    object[userKey(key)] = decodeValue(fields[key] as Json, files)
  }
  return object
}

/** The id, when it is one. */
export function checkId(id: unknown): string {
  if (typeof id !== "string" || id === "" || !isWellFormed(id))
    refuseValue("is not a text of 1 character or more", "_id")
  if (exceedsUtf8(id, limits.idBytesMax)) refuseValue("is too long", "_id", "LIMIT_SIZE", limits.idBytesMax)
  return id
}

/** The collection's name, when it is one: no control characters, as a NUL ends it in row keys. */
export function checkCollection(name: unknown): string {
  if (typeof name === "string" && /^[^\p{Cc}\p{Cs}]+$/u.test(name) && !isForbiddenKey(name)) {
    if (!exceedsUtf8(name, limits.nameBytesMax)) return name
  }
  throw new FixpointError("INVALID_ARGUMENT", `A collection's name is text of 1 to ${limits.nameBytesMax} bytes.`, {
    details: { path: "collection" },
  })
}

/** Stops with what is wrong with the value at a path; an empty path is the document's. */
export function refuseValue(why: string, path: string, code: Code = "INVALID_DOCUMENT", max?: number): never {
  const details = max === undefined ? { path } : { path, max }
  throw new FixpointError(code, `${path === "" ? "The document" : `The value at ${path}`} ${why}.`, { details })
}

/** Whether JSON.stringify of the value is what is stored. Anything unusual is left to `encodeAt`, which names it. */
function isStoredAsIs(value: unknown, depth: number): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true
  if (typeof value === "number") return Number.isFinite(value)
  if (typeof value !== "object" || depth > limits.depthMax) return false
  if (Array.isArray(value)) {
    if (!isPlainArray(value)) return false
    for (let i = 0; i < value.length; i++) if (!isStoredAsIs(value[i], depth + 1)) return false
    return true
  }
  if (!isPlain(value)) return false
  for (const key of Object.keys(value)) {
    const field = Object.getOwnPropertyDescriptor(value, key)
    if (field === undefined || !("value" in field) || !isKeyAsIs(key)) return false
    if (field.value !== undefined && !isStoredAsIs(field.value, depth + 1)) return false
  }
  return true
}

function isKeyAsIs(key: string): boolean {
  return !key.startsWith("$") && !isForbiddenKey(key) && !exceedsUtf8(key, limits.fieldKeyBytesMax)
}

/** Whether an object is one of fields alone, of any realm. Symbols would be lost; namespaces like Math carry one. */
export function isPlain(object: object): boolean {
  const prototype = Object.getPrototypeOf(object)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false
  return Object.getOwnPropertySymbols(object).length === 0
}

/** Whether an array is one of elements alone, of any realm: the prototype of arrays is an array, that of a class is not. */
function isPlainArray(array: readonly unknown[]): boolean {
  return Array.isArray(Object.getPrototypeOf(array)) && Object.keys(array).length <= array.length
}

/** Whether text of JSON.stringify has an escaped surrogate: a "\ud" that is not a written backslash and "ud". */
export function hasSurrogateEscape(text: string): boolean {
  return text.includes("\\ud") && text.replaceAll("\\\\", "").includes("\\ud")
}

/** Whether nothing in the text needs `decodeValue`. A search for the rare "$" alone is the quick one. */
export function isDecodedAsIs(text: string): boolean {
  return !(text.includes("$") && text.includes('"$')) && !text.includes("__proto__")
}

const top = (path: string): Place => ({ up: undefined, key: path })

function encodeAt(value: unknown, place: Place, files?: FileValues): Json {
  switch (typeof value) {
    case "string":
      return isWellFormed(value) ? value : refuseValue("has half of a surrogate pair", pathOf(place))
    case "number":
      // Adding 0 makes a 0 of -0.
      return Number.isFinite(value) ? value + 0 : refuseValue(`is ${value}`, pathOf(place))
    case "bigint":
      return { $: ["n", String(value)] }
    case "boolean":
      return value
    case "object":
      return value === null ? null : encodeObject(value, place, files)
    default:
      return refuseValue(`is ${typeof value}`, pathOf(place))
  }
}

function encodeObject(value: object, place: Place, files?: FileValues): Json {
  const kind = kindOf(value)
  if (kind === "Date") {
    const ms = Number(value)
    return Number.isFinite(ms) ? { $: ["d", ms] } : refuseValue("is an invalid Date", pathOf(place))
  }
  if (kind === "Uint8Array" && ArrayBuffer.isView(value)) {
    if (kindOf(value.buffer) !== "ArrayBuffer") refuseValue("is shared memory", pathOf(place))
    return { $: ["b", toBase64(value as Uint8Array)] }
  }
  if (!(Array.isArray(value) ? isPlainArray(value) : isPlain(value))) {
    const file = files?.store(value)
    if (file !== undefined) return { $: ["f", file as readonly Json[]] }
    refuseValue(`is not plain but a kind of ${kind}`, pathOf(place))
  }
  for (let { up } = place; up; up = up.up) if (up.container === value) refuseValue("holds itself", pathOf(place))
  const depth = (place.up?.depth ?? 0) + 1
  if (depth > limits.depthMax) refuseValue("is nested too deep", pathOf(place), "LIMIT_DEPTH", limits.depthMax)
  const frame = { ...place, container: value, depth }
  // Array.from visits holes too, and they are undefined.
  return Array.isArray(value)
    ? Array.from(value, (element, i) => encodeAt(element, { up: frame, key: i }, files))
    : encodeFields(value, frame, files)
}

function encodeFields(object: object, frame: Frame, files?: FileValues): JsonObject {
  const fields: Record<string, Json> = {}
  for (const key of Object.keys(object)) {
    const field = Object.getOwnPropertyDescriptor(object, key)
    const place = { up: frame, key }
    if (isForbiddenKey(key)) refuseValue("has a forbidden name", pathOf(place))
    if (exceedsUtf8(key, limits.fieldKeyBytesMax))
      refuseValue("has too long a name", pathOf(place), "LIMIT_SIZE", limits.fieldKeyBytesMax)
    if (!isWellFormed(key)) refuseValue("has half of a surrogate pair in its name", pathOf(place))
    if (field === undefined || !("value" in field)) refuseValue("is an accessor", pathOf(place))
    if (field.value !== undefined) fields[storedKey(key)] = encodeAt(field.value, place, files)
  }
  return fields
}

function decodeEscape([kind, content]: readonly [string, never], files?: FileValues): Value {
  if (kind === "d") return new Date(content)
  if (kind === "b") return fromBase64(content)
  if (kind === "n") return BigInt(content)
  if (kind === "f" && files !== undefined) return files.show(content) as Value
  throw new FixpointError("FORMAT_TOO_NEW")
}

/** The platform's word for the kind of an object, in any realm. */
function kindOf(object: object): string {
  return Object.prototype.toString.call(object).slice(8, -1)
}

/** The top frame's key is a path already. */
function pathOf({ up, key }: Place): string {
  if (up === undefined) return String(key)
  const prefix = pathOf(up)
  const segment = escapeSegment(String(key))
  return prefix === "" ? segment : `${prefix}.${segment}`
}
