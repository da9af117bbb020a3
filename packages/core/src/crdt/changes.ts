/**
 * What differs between two documents, path by path. Owns: where a document is cut into leaves.
 * A leaf is whatever is no branch: scalars, arrays, escapes, and all that lies as deep as registers go. An object with its
 * path above that depth is a branch; a branch without fields is told as a leaf is.
 * Invariant: applying the changes to the first document gives the second. Must not know stamps, cells or merge types.
 */
import type { Json, JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { equalValues } from "../codec/order.ts"
import { childPath, rootPath } from "./cell-key.ts"

/** What stands at a path before and after; undefined for nothing. Not both are branches. */
export interface Change {
  readonly path: string
  /** How many segments the path has. */
  readonly depth: number
  readonly before: Json | undefined
  readonly after: Json | undefined
}

/** The changes that make one document of another, and how many leaves stay. */
export interface Changes {
  readonly changes: readonly Change[]
  readonly kept: number
}

/** Whether a value at a path of `depth` segments has fields that merge each by itself. */
export function isBranch(value: Json | undefined, depth: number): value is JsonObject {
  return isFields(value) && depth < limits.registerDepthMax
}

/** Whether a value is an object of fields: no list, no escape. */
export function isFields(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isEscape(value)
}

/** Whether an object stands for a value that JSON lacks (codec/value.ts). */
export function isEscape(object: object): boolean {
  return (object as { readonly $?: Json }).$ !== undefined
}

/** The changes from one document to another. */
export function changesBetween(before: JsonObject, after: JsonObject): Changes {
  const changes: Change[] = []
  return { changes, kept: compare(before, after, { path: rootPath, depth: 0, changes }) }
}

interface Place {
  readonly path: string
  readonly depth: number
  readonly changes: Change[]
}

/** Adds the changes of a branch; gives how many leaves stay. */
function compare(before: JsonObject, after: JsonObject, { path, depth: above, changes }: Place): number {
  const depth = above + 1
  const keys = Object.keys(after)
  let kept = 0
  let common = 0
  for (const key of keys) {
    const now = after[key] as Json
    const was = Object.hasOwn(before, key) ? before[key] : undefined
    if (was !== undefined) common++
    if (was === now) kept++
    else if (isBranch(was, depth) && isBranch(now, depth))
      kept += compare(was, now, { path: childPath(path, key), depth, changes })
    else if (was !== undefined && equalValues(was, now)) kept++
    else changes.push({ path: childPath(path, key), depth, before: was, after: now })
  }
  const old = Object.keys(before)
  if (old.length > common)
    for (const key of old)
      if (!Object.hasOwn(after, key))
        changes.push({ path: childPath(path, key), depth, before: before[key], after: undefined })
  return old.length + keys.length === 0 ? 1 : kept
}

/** Calls `visit` for each leaf of a value at a path, and for each branch without fields. */
export function eachLeaf(
  value: Json,
  path: string,
  depth: number,
  visit: (path: string, leaf: Json, depth: number) => void,
): void {
  if (!isBranch(value, depth)) return visit(path, value, depth)
  const keys = Object.keys(value)
  if (keys.length === 0) return visit(path, value, depth)
  for (const key of keys) eachLeaf(value[key] as Json, childPath(path, key), depth + 1, visit)
}
