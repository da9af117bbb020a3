/**
 * What a write wants the document to be. Owns: the effect of each write on a plain document.
 * Invariant: the document given stays as it is; what the write does not name is shared with it.
 * Must not know cells, stamps, or how the change is merged.
 */
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { escapeSegment, readPath, splitPath, userKey } from "../codec/path.ts"
import { isFields } from "./changes.ts"
import { clampNumber, elementText, isElement, isEscape } from "./facets.ts"

/** A write of a document, as far as the document is concerned. Values are encoded JSON, paths are of stored keys. */
export type Edit = Put | Patch | FieldEdit | { readonly op: "delete" }

/** A write of a whole document. */
export interface Put {
  readonly op: "put" | "insert"
  readonly text: string
}

/** A write of the fields it names. */
export interface Patch {
  readonly op: "patch"
  readonly entries: PatchEntries
}

type PatchEntries = readonly (readonly [path: string, value: Json | undefined])[]

/** A write of one field that merges by its own rule. */
export type FieldEdit =
  | { readonly op: "increment"; readonly path: string; readonly by: number }
  | { readonly op: "add" | "remove"; readonly path: string; readonly element: Json }

/** The document with fields of a patch set, or deleted where the value is undefined. */
export function patchedDocument(document: JsonObject, entries: PatchEntries): JsonObject {
  const own = new Set<JsonObject>()
  let result = document
  for (const [path, value] of entries) {
    const segments = splitPath(path)
    if (value !== undefined) checkDepth(segments, value)
    result = withField(result, segments, value, own)
  }
  return result
}

/** The document after a counter moved, or a set gained or lost an element. */
export function editedDocument(document: JsonObject, edit: FieldEdit): JsonObject {
  const segments = splitPath(edit.path)
  if (segments.length > limits.registerDepthMax)
    throw refused("path", `A counter or a set lies at most ${limits.registerDepthMax} fields deep.`)
  const now = readPath(document, segments)
  return withField(
    document,
    segments,
    edit.op === "increment" ? moved(now, edit.by) : withElement(now, edit),
    new Set(),
  )
}

function moved(now: Json | undefined, by: number): number {
  return clampNumber(typeof now === "number" ? now + by : by)
}

function withElement(now: Json | undefined, { op, element }: FieldEdit & { readonly element: Json }): Json | undefined {
  if (!isElement(element)) throw refused("element", "An element of a set is no list and no object.")
  const text = elementText(element)
  if (op === "remove") return Array.isArray(now) ? (now as Json[]).filter((one) => elementText(one) !== text) : now
  if (!Array.isArray(now)) return [element]
  return (now as Json[]).some((one) => elementText(one) === text) ? now : [...(now as Json[]), element]
}

/** Objects on the way to the field are copied once and then in `own`. What is no object there gives way to one. */
function withField(
  at: Json | undefined,
  [key = "", ...rest]: readonly string[],
  value: Json | undefined,
  own: Set<JsonObject>,
): JsonObject {
  const fields = isFields(at) ? at : {}
  const was = Object.hasOwn(fields, key) ? fields[key] : undefined
  if (value === undefined && (was === undefined || (rest.length > 0 && !isFields(was)))) return fields
  const now = rest.length > 0 ? withField(was, rest, value, own) : value
  if (now === was) return fields
  const copy: Record<string, Json> = own.has(fields) ? (fields as Record<string, Json>) : { ...fields }
  own.add(copy)
  if (now === undefined) delete copy[key]
  else copy[key] = now
  return copy
}

/** A patch may not nest a value deeper than a put could. */
function checkDepth(segments: readonly string[], value: Json): void {
  if (segments.length + heightOf(value) <= limits.depthMax) return
  const path = segments.map((segment) => escapeSegment(userKey(segment))).join(".")
  const details = { path, max: limits.depthMax }
  throw new FixpointError("LIMIT_DEPTH", `The value at ${path} is nested too deep.`, { details })
}

/** How many containers lie in each other; admitted values are bounded. */
function heightOf(value: Json): number {
  if (typeof value !== "object" || value === null || isEscape(value)) return 0
  const inner: readonly Json[] = Array.isArray(value) ? value : Object.values(value)
  return 1 + inner.reduce((height: number, one) => Math.max(height, heightOf(one)), 0)
}

function refused(path: string, message: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", message, { details: { path } })
}
