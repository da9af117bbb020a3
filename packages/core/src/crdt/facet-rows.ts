/**
 * The short ways of counters, sets and siblings. Owns: what a row lists of them when a document begins, and when one of them moves.
 * Invariant: each way gives a row of the state that the way by cells gives (row-edit.ts), or gives up with undefined.
 * Must not know registers.
 */
import type { Json, JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { readPath, splitPath } from "../codec/path.ts"
import { type CellKey, cellKey } from "./cell-key.ts"
import type { MergeType } from "./edit-target.ts"
import { clampNumber, counterValue, elementText, emptySetSign, isElementList, setValue } from "./facets.ts"
import type { ListedCell, RowMeta, RowStamp } from "./row.ts"
import { editedDocument } from "./field-target.ts"
import { type FieldEdit, patchedDocument } from "./target.ts"

/** A document as it will be shown, with the cells that its row lists. */
export interface Listed {
  readonly document: JsonObject
  readonly listed: ReadonlyMap<CellKey, ListedCell>
}

/** The writer of a row: its name, and the stamp of its write. */
export interface Author {
  readonly actor: string
  readonly stamp: RowStamp
}

/** A document that begins with declared fields. */
export function beginFacets(document: JsonObject, fields: Readonly<Record<string, MergeType>>, author: Author): Listed {
  const listed = new Map<CellKey, ListedCell>()
  const entries: [string, Json][] = []
  for (const path of Object.keys(fields)) {
    const segments = splitPath(path)
    const value = segments.length > limits.registerDepthMax ? undefined : readPath(document, segments)
    if (fields[path] === "counter" && typeof value === "number")
      listed.set(cellKey(path, "c", author.actor), { stamp: author.stamp, shown: false, value })
    else if (fields[path] === "set" && value !== undefined && isElementList(value)) {
      const elements = setValue(undefined, value, [])
      for (const one of elements) listed.set(cellKey(path, "s", elementText(one)), { stamp: author.stamp, shown: true })
      if (elements.length === 0)
        listed.set(cellKey(path, "s", elementText(emptySetSign)), { stamp: author.stamp, shown: false })
      entries.push([path, elements])
    } else if (fields[path] === "mv" && Array.isArray(value))
      listed.set(cellKey(path, "m", author.actor), { stamp: author.stamp, shown: false, value: [{}, value as Json] })
  }
  return { document: entries.length === 0 ? document : patchedDocument(document, entries), listed }
}

/** A counter or a set that moves: the same `listed` when it stays as it is, undefined when there is none yet. */
export function moveFacet(document: JsonObject, meta: RowMeta, edit: FieldEdit, author: Author): Listed | undefined {
  const keys = [...meta.listed.keys()]
  const start = cellKey(edit.path, edit.op === "increment" ? "c" : "s")
  const siblings = cellKey(edit.path, "m")
  // A sign of an object above would go with the move, and siblings would give way to it.
  const isMore = keys.some((key) => key.endsWith("\0o") || key.startsWith(siblings))
  if (isMore || !keys.some((key) => key.startsWith(start))) return undefined
  const segments = splitPath(edit.path)
  const now = readPath(document, segments)
  const wanted = readPath(editedDocument(document, edit), segments)
  const listed = new Map(meta.listed)
  let value: Json
  if (edit.op === "increment") {
    if (typeof now !== "number") return undefined
    if (wanted === now) return { document, listed: meta.listed }
    value = moveCounter(listed, edit, author)
  } else {
    if (!Array.isArray(now) || !Array.isArray(wanted)) return undefined
    if (wanted.length === now.length) return { document, listed: meta.listed }
    listed.set(cellKey(edit.path, "s", elementText(edit.element)), { stamp: author.stamp, shown: edit.op === "add" })
    value = setValue(undefined, wanted as readonly Json[], [])
  }
  return { document: patchedDocument(document, [[edit.path, value]]), listed }
}

/** Moves the author's part; gives what the counter shows then. */
function moveCounter(
  listed: Map<CellKey, ListedCell>,
  { path, by }: Extract<FieldEdit, { op: "increment" }>,
  { actor, stamp }: Author,
): number {
  const own = cellKey(path, "c", actor)
  const part = listed.get(own)?.value
  listed.set(own, { stamp, shown: false, value: clampNumber((typeof part === "number" ? part : 0) + by) })
  const parts: number[] = []
  for (const [key, { value }] of listed)
    if (key.startsWith(cellKey(path, "c")) && typeof value === "number") parts.push(value)
  return counterValue(listed.get(path)?.value, parts)
}
