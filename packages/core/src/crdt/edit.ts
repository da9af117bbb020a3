/**
 * A write as cells. Owns: which cells a change of a document writes, by the merge type of each field.
 * - A leaf that changes, and a field that goes, is a register under the write's stamp; what does not change is not written.
 * - A number in a counter moves it by the difference, a list in a set adds and removes elements, so that what others do to
 *   them at the same time is kept. Any other value makes a register of them.
 * - A list in a field that keeps siblings takes the place of all that are there.
 * Invariant: a state after a write is the join of the state with the written cells, if the stamp is new. Under a stamp that
 * the state has already, as when a transaction writes one field twice, the later write replaces the earlier.
 * Must not know rows.
 */
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { compareStamps, type Stamp } from "../clock/stamp.ts"
import { type CellKey, cellKey, childPath, rootPath, someAncestor, splitCellKey } from "./cell-key.ts"
import { type Cell, type Cells, isFacet, normalise, type State } from "./cells.ts"
import { type Change, changesBetween, isBranch } from "./changes.ts"
import { clampNumber, elementText, emptySetSign, isElementList } from "./facets.ts"
import { type EditContext, type MergeType, targetOf } from "./edit-target.ts"
import { editedDocument } from "./field-target.ts"
import { siblingOver } from "./siblings.ts"
import type { Edit, FieldEdit } from "./target.ts"
import { viewState } from "./view.ts"

/**
 * The state after a write: the same object when it changes nothing, undefined when there was and is nothing. `document` is
 * what the old state shows, for callers that have it.
 */
export function editState(
  old: State | undefined,
  edit: Edit,
  context: EditContext,
  document = old && viewState(old)?.document,
): State | undefined {
  const { stamp } = context
  if (edit.op === "delete") return old && document ? { life: old.life, dead: stamp, cells: new Map() } : old
  const after = isField(edit) ? fieldTarget(document, edit) : targetOf(document, edit, context)
  const isShared = old === undefined && edit.op === "put"
  const state = old && document ? old : { life: isShared ? (0 as const) : stamp, cells: new Map() }
  const cells = editedCells(state.cells, document, after, { ...context, edit })
  return cells === state.cells ? state : { life: state.life, cells }
}

const isField = (edit: Edit): edit is FieldEdit => edit.op === "increment" || edit.op === "add" || edit.op === "remove"

function fieldTarget(document: JsonObject | undefined, edit: FieldEdit): JsonObject {
  if (document === undefined) throw new FixpointError("NOT_FOUND")
  return editedDocument(document, edit)
}

/** A write under way over the cells of one life. */
interface Writing {
  readonly stamp: Stamp
  readonly old: Cells
  readonly written: Map<CellKey, Cell>
  /** Paths with a new register, which takes the place of all that was at and below them. */
  readonly replaced: Set<string>
  /** What is at a path beside registers, and when it was touched last, for paths where there is more. */
  readonly facets: ReadonlyMap<string, ReadonlyMap<MergeType, Stamp>>
  readonly typeOf: (path: string) => MergeType | undefined
  readonly moves: { readonly path: string; readonly by: number } | undefined
}

function editedCells(
  old: Cells,
  before: JsonObject | undefined,
  after: JsonObject,
  { stamp, fields, edit }: EditContext & { readonly edit: Edit },
): Cells {
  const field = isField(edit) ? edit : undefined
  const typeOf = (path: string): MergeType | undefined => {
    if (path === field?.path) return field.op === "increment" ? "counter" : "set"
    return Object.hasOwn(fields, path) ? fields[path] : undefined
  }
  const moves = field?.op === "increment" ? field : undefined
  const writing: Writing = { stamp, old, written: new Map(), replaced: new Set(), facets: facetsOf(old), typeOf, moves }
  if (before === undefined && Object.keys(after).length === 0)
    writing.written.set(cellKey(rootPath, "o"), { stamp, value: true })
  for (const change of changesBetween(before ?? {}, after).changes) writeChange(writing, change)
  return merged(writing)
}

function merged({ old, written, replaced }: Writing): Cells {
  if (written.size === 0) return old
  const cells = new Map<CellKey, Cell>()
  const isReplaced = (path: string): boolean => replaced.has(path)
  for (const [key, cell] of old) {
    const { path, kind } = splitCellKey(key)
    if (!someAncestor(path, isReplaced) && !(isFacet(kind) && isReplaced(path))) cells.set(key, cell)
  }
  for (const [key, cell] of written) cells.set(key, cell)
  return normalise(cells)
}

function facetsOf(cells: Cells): Map<string, Map<MergeType, Stamp>> {
  const facets = new Map<string, Map<MergeType, Stamp>>()
  for (const [key, { stamp }] of cells) {
    const { path, kind } = splitCellKey(key)
    if (kind !== "c" && kind !== "s" && kind !== "m") continue
    const known = facets.get(path) ?? new Map<MergeType, Stamp>()
    const type = kind === "c" ? "counter" : kind === "s" ? "set" : "mv"
    const newest = known.get(type)
    if (newest === undefined || compareStamps(stamp, newest) > 0) known.set(type, stamp)
    facets.set(path, known)
  }
  return facets
}

function writeChange(writing: Writing, change: Change): void {
  const { path, depth, before, after } = change
  const type = typeShown(writing, path, before)
  const wanted = writing.typeOf(path) ?? type
  if (wanted === "mv" && (Array.isArray(after) || (after === undefined && type === "mv")))
    writeSiblings(writing, change, after as readonly Json[] | undefined)
  else if (after === undefined) replace(writing, path)
  else if (wanted === "counter" && typeof after === "number") writeCounter(writing, change, after)
  else if (wanted === "set" && isElementList(after)) writeSet(writing, change, after)
  else if (!isBranch(after, depth)) replace(writing, path, after)
  else {
    // What siblings have hidden, and were taken away with, would be seen again.
    if (type !== undefined || (before === undefined && hasFields(writing, path))) replace(writing, path)
    writeFields(writing, path, depth, after)
  }
}

/** What shows a value: a counter, a set, siblings, or none of them. Of a set and siblings it is what was touched last. */
function typeShown({ facets }: Writing, path: string, shown: Json | undefined): MergeType | undefined {
  const here = facets.get(path)
  if (typeof shown === "number") return here?.has("counter") ? "counter" : undefined
  if (!Array.isArray(shown)) return undefined
  const [set, siblings] = [here?.get("set"), here?.get("mv")]
  if (siblings === undefined) return set && "set"
  return set !== undefined && compareStamps(set, siblings) >= 0 ? "set" : "mv"
}

function hasFields({ old }: Writing, path: string): boolean {
  for (const key of old.keys()) if (splitCellKey(key).path.startsWith(`${path}.`)) return true
  return false
}

function replace({ stamp, written, replaced }: Writing, path: string, value?: Json): void {
  replaced.add(path)
  written.set(path, value === undefined ? { stamp } : { stamp, value })
}

function writeFields(writing: Writing, parent: string, depth: number, fields: JsonObject): void {
  const keys = Object.keys(fields)
  const { stamp, written } = writing
  if (keys.length === 0) written.set(cellKey(parent, "o"), { stamp, value: true })
  for (const key of keys)
    writeChange(writing, {
      path: childPath(parent, key),
      depth: depth + 1,
      before: undefined,
      after: fields[key] as Json,
    })
}

/** Moves this actor's part by what the counter is to move. A number that was a register stays, as what is counted from. */
function writeCounter(writing: Writing, { path, before }: Change, after: number): void {
  const { stamp, old, written, moves } = writing
  const key = cellKey(path, "c", stamp.actor)
  let part = after
  if (typeof before === "number") {
    const mine = old.get(key)?.value
    part = (typeof mine === "number" ? mine : 0) + (moves?.path === path ? moves.by : after - before)
  } else if (before !== undefined) replace(writing, path)
  written.set(key, { stamp, value: clampNumber(part) })
}

/** Adds and removes the elements that differ. A list that was a register stays, as what elements are added to. */
function writeSet(writing: Writing, { path, before }: Change, after: readonly Json[]): void {
  const { stamp, written } = writing
  const isList = Array.isArray(before) && typeShown(writing, path, before) !== "mv"
  if (before !== undefined && !isList) replace(writing, path)
  const present = new Set(isList ? (before as readonly Json[]).map(elementText) : [])
  const wanted = new Set(after.map(elementText))
  const count = written.size
  for (const text of wanted) if (!present.has(text)) written.set(cellKey(path, "s", text), { stamp, value: true })
  for (const text of present) if (!wanted.has(text)) written.set(cellKey(path, "s", text), { stamp })
  if (written.size === count && typeShown(writing, path, before) !== "set")
    written.set(cellKey(path, "s", elementText(emptySetSign)), { stamp })
}

/** Writes over all siblings that are there. A plain value that stood in their place stays, and is hidden. */
function writeSiblings(writing: Writing, { path, depth, before }: Change, after: readonly Json[] | undefined): void {
  const { stamp, old, written } = writing
  const type = typeShown(writing, path, before)
  if (isBranch(before, depth) || (type !== undefined && type !== "mv")) replace(writing, path)
  written.set(cellKey(path, "m", stamp.actor), { stamp, value: siblingOver(old, path, stamp, after) })
}
