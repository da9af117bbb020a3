/**
 * What a write wants the document to be. Owns: the effect of each write on a plain document.
 * Invariant: the document given stays as it is; what the write does not name is shared with it.
 * Must not know cells, stamps, or how the change is merged.
 */
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { escapeSegment, splitPath, userKey } from "../codec/path.ts"
import { isEscape, isFields } from "./changes.ts"

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

/** Objects on the way to the field are copied once and then in `own`. What is no object there gives way to one. */
export function withField(
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
