/** What moves of counters and sets ask for. Must not know cells, stamps, or how the change is merged. */
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { readPath, splitPath } from "../codec/path.ts"
import { clampNumber, elementText, isElement } from "./facets.ts"
import { type FieldEdit, withField } from "./target.ts"

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

function refused(path: string, message: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", message, { details: { path } })
}
