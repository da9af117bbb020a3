/**
 * Taking back what a commit did to one document, and doing it again. Owns: what is remembered of a change, and which edits
 * take it back.
 * - A leaf goes back only where all that stands at its path is still of the change (origins.ts). Where others have written
 *   since, what they wrote stays; of an object that was new, the leaves that are still the change's go.
 * - A counter moves back by as much as it moved, whoever else moved it. A set gives back element by element.
 * - A new document is deleted only while nobody else has written in it. A deleted one comes back in a new life.
 * Invariant: pure; the edits are ordinary ones under one new stamp, so that replicas merge them as any others.
 * Must not know stacks or storage.
 */
import type { Json, JsonObject } from "../base/json.ts"
import type { Stamp } from "../clock/stamp.ts"
import type { Key } from "../codec/key.ts"
import { type CellKey, cellKey, rootPath, splitCellKey } from "../crdt/cell-key.ts"
import type { Cells, State } from "../crdt/cells.ts"
import { type Change, changesBetween, eachLeaf, isBranch } from "../crdt/changes.ts"
import type { MergeType } from "../crdt/edit-target.ts"
import { elementText } from "../crdt/facets.ts"
import { type ActorTable, fromRowStamp, newestOf } from "../crdt/row.ts"
import { editRow } from "../crdt/row-edit.ts"
import { rowView } from "../crdt/row-view.ts"
import { rowState, stateRow } from "../crdt/row-state.ts"
import type { Edit } from "../crdt/target.ts"
import { chunksOf } from "../crdt/text-chunks.ts"
import type { Origins, Provenance } from "./origins.ts"

/** A document's row before and after a commit. */
export interface RowPair {
  readonly key: Key
  readonly collection: string
  readonly id: string
  readonly before: string | undefined
  readonly after: string
}

/** What is remembered of one document in one commit. */
export interface Reversal {
  readonly key: Key
  readonly collection: string
  readonly id: string
  readonly before: Side
  readonly after: Side
  readonly leaves: readonly Change[]
}

/** A document before or after a commit. The text is kept only where the document as a whole came or went. */
export interface Side {
  readonly text: string | undefined
  readonly provenance: Provenance
  /** What was in its collaborative texts when it went. */
  readonly chunks?: Cells | undefined
}

/** Undo goes from after to before, redo the other way. */
export type Direction = "undo" | "redo"

/** What a reversal works with. */
export interface ReversalContext {
  readonly origins: Origins
  readonly actors: ActorTable
  readonly stamp: Stamp
  readonly fields: Readonly<Record<string, MergeType>>
}

/** Above this many changed paths, all cells of a document are remembered instead of those near the paths. */
const nearPathsMax = 32

/**
 * What to remember of a commit's change of a document; undefined when nothing of it shows. Cells that changed without a trace
 * in the document, as a field that was made and deleted again, count as what they were.
 */
export function remember(
  { key, collection, id, before, after }: RowPair,
  { origins, actors }: Pick<ReversalContext, "origins" | "actors">,
): Reversal | undefined {
  const [was, is] = [documentOf(before), documentOf(after)]
  const leaves = changesBetween(was ?? {}, is ?? {}).changes
  const isShown = was !== undefined || is !== undefined
  const isWhole = was === undefined || is === undefined
  const [earlier, later] = [stateOf(before, actors), rowState(after, actors)]
  const from = origins.of(key, earlier)
  if (!isWhole || !isShown) {
    const isTouched = (name: CellKey): boolean => !leaves.some(({ path }) => isNear(splitCellKey(name), path))
    const stamp = fromRowStamp(newestOf(after), actors)
    const to = { before: earlier ?? later, after: later, from, to: from, isTouched }
    origins.restore(key, stamp, to)
  }
  if (leaves.length === 0 && (!isWhole || !isShown)) return undefined
  const sideOf = (row: string | undefined, state: State | undefined, provenance: Provenance): Side => {
    if (!isWhole) return { text: undefined, provenance: near(provenance, leaves) }
    return { text: rowView(row), provenance, chunks: state && textChunks(state.cells) }
  }
  // The origins of before are those that were known before: a new life has none of them.
  const sides = { before: sideOf(before, earlier, from), after: sideOf(after, later, origins.of(key, later)) }
  return { key, collection, id, ...sides, leaves }
}

/** What comes of a reversal: the row, and what is remembered of the change from then on. */
export interface Reversed {
  readonly row: string
  readonly reversal: Reversal
}

/**
 * Reverses a change; gives undefined when nothing of it is the change's any more. The origins of the context then know what
 * was put back, also where that shows nothing and the row stays, as of a list that is a set by now and has all its elements.
 */
export function reverse(
  reversal: Reversal,
  row: string | undefined,
  direction: Direction,
  context: ReversalContext,
): Reversed | undefined {
  const { origins, actors, stamp } = context
  const { key, before, after } = reversal
  const state = stateOf(row, actors)
  if (row === undefined || state === undefined) return undefined
  const edits = editsFor(reversal, direction, { row, state, now: origins.of(key, state) })
  if (edits.length === 0) return undefined
  let next = row
  for (const edit of edits) next = editRow(next, edit, context)
  const [from, to] = direction === "undo" ? [after, before] : [before, after]
  // A document that comes back has its texts as they were, and not new ones that look the same.
  if (rowView(row) === undefined && to.chunks !== undefined && to.chunks.size > 0)
    next = withTexts(next, to.chunks, context)
  const went = rowView(next) === undefined ? { ...from, chunks: textChunks(state.cells) } : from
  const paths = edits.flatMap((edit) =>
    "entries" in edit ? edit.entries.map(([path]) => path) : "path" in edit ? edit.path : [],
  )
  const isTouched = (name: CellKey): boolean =>
    paths.length === 0 || paths.some((path) => isNear(splitCellKey(name), path))
  const restoration = {
    before: state,
    after: rowState(next, actors),
    from: from.provenance,
    to: to.provenance,
    isTouched,
  }
  origins.restore(key, stamp, restoration)
  return { row: next, reversal: { ...reversal, [direction === "undo" ? "after" : "before"]: went } }
}

function textChunks(cells: Cells): Cells {
  return new Map([...cells].filter(([key]) => splitCellKey(key).kind === "y"))
}

function withTexts(row: string, chunks: Cells, { actors, stamp }: ReversalContext): string {
  const { life, cells } = rowState(row, actors)
  return stateRow({ life, cells: new Map([...cells, ...chunksOf(chunks, stamp)]) }, actors)
}

interface Present {
  readonly row: string
  readonly state: State
  readonly now: Provenance
}

function editsFor(reversal: Reversal, direction: Direction, present: Present): readonly Edit[] {
  const isUndo = direction === "undo"
  const { before, after, leaves } = reversal
  const [from, to] = isUndo ? [after, before] : [before, after]
  const { row, now } = present
  const isWhole = before.text !== undefined || after.text !== undefined
  if (rowView(row) === undefined)
    return isWhole && to.text !== undefined && now.dead === from.provenance.dead ? [{ op: "put", text: to.text }] : []
  if (isWhole && to.text === undefined) {
    if (isOnly(present, from.provenance)) return [{ op: "delete" }]
    if (!isUndo) return []
  }
  if (now.life !== (isWhole && from.text === undefined ? to : from).provenance.life) return []
  const turned = isUndo ? leaves.map((leaf) => ({ ...leaf, before: leaf.after, after: leaf.before })) : leaves
  return turned.flatMap((leaf) => leafEdits(leaf, from.provenance, present))
}

/** The edits that make `after` of `before` at a path where all that stands is still as expected. */
function leafEdits(leaf: Change, expected: Provenance, present: Present): readonly Edit[] {
  const { path, depth, before, after } = leaf
  const { state, now } = present
  const foreign = foreignAt(path, now, expected)
  if (foreign.length === 0) {
    if (!isCounterAt(path, state) || typeof before !== "number" || typeof after !== "number")
      return [{ op: "patch", entries: [[path, after]] }]
    return [{ op: "increment", path, by: after - before }]
  }
  // Whatever replaced the field as a whole, or an object around it, is somebody else's, and all of it stays.
  if (foreign.every(({ path: at, kind }) => at === path && kind === "c") && isNumeric(before) && isNumeric(after))
    return [{ op: "increment", path, by: (after ?? 0) - (before ?? 0) }]
  if (foreign.every(({ path: at, kind }) => at === path && kind === "s") && isSetLike(before) && isSetLike(after))
    return elementEdits(leaf, expected, now)
  if (foreign.some(({ path: at }) => !isBelow(at, path))) return []
  if (isBranch(before, depth)) return eachOf(before, leaf, (value) => ({ before: value, after: undefined }))
  if (before === undefined && isBranch(after, depth)) return eachOf(after, leaf, (value) => ({ before, after: value }))
  return []

  function eachOf(branch: JsonObject, { path: top }: Change, make: (value: Json) => Pick<Change, "before" | "after">) {
    const edits: Edit[] = []
    eachLeaf(branch, top, depth, (at, value, level) => {
      if (at !== top) edits.push(...leafEdits({ path: at, depth: level, ...make(value) }, expected, present))
    })
    return edits
  }
}

/** Gives back the elements of a set that nobody else has touched. */
function elementEdits({ path, before, after }: Change, expected: Provenance, now: Provenance): Edit[] {
  const texts = (value: Json | undefined) =>
    new Map((Array.isArray(value) ? (value as Json[]) : []).map((one) => [elementText(one), one]))
  const [was, wanted] = [texts(before), texts(after)]
  const isUntouched = (text: string): boolean => {
    const key = cellKey(path, "s", text)
    return (now.cells.get(key) ?? "") === (expected.cells.get(key) ?? "")
  }
  const edits: Edit[] = []
  for (const [text, element] of was)
    if (!wanted.has(text) && isUntouched(text)) edits.push({ op: "remove", path, element })
  for (const [text, element] of wanted)
    if (!was.has(text) && isUntouched(text)) edits.push({ op: "add", path, element })
  return edits
}

const isNumeric = (value: Json | undefined): value is number | undefined =>
  value === undefined || typeof value === "number"
const isSetLike = (value: Json | undefined): boolean => value === undefined || Array.isArray(value)
const isBelow = (path: string, above: string): boolean => path.startsWith(`${above}.`)

function isCounterAt(path: string, { cells }: State): boolean {
  const start = cellKey(path, "c")
  for (const key of cells.keys()) if (key.startsWith(start)) return true
  return false
}

/** Whether a document holds nothing but what is expected. Of a text, what it shows counts; a deleted field is nothing. */
function isOnly({ state, now }: Present, expected: Provenance): boolean {
  for (const [key, { value }] of state.cells) {
    const origin = now.cells.get(key)
    const { kind } = splitCellKey(key)
    const isNothing = kind === "y" || (kind === "" && value === undefined)
    if (!isNothing && origin !== "" && origin !== expected.cells.get(key)) return false
  }
  return now.life === expected.life
}

/** The cells at, below and above a path that are not as expected. Above it only registers count: a sign is of the object alone. */
function foreignAt(path: string, now: Provenance, expected: Provenance): ReturnType<typeof splitCellKey>[] {
  const foreign: ReturnType<typeof splitCellKey>[] = []
  for (const [key, origin] of now.cells) {
    if (origin === "" || origin === expected.cells.get(key)) continue
    const cell = splitCellKey(key)
    if (isNear(cell, path) && !(cell.kind === "o" && isBelow(path, cell.path))) foreign.push(cell)
  }
  return foreign
}

/** Whether a cell stands at, below or above a path. Above it only registers and signs of objects count. */
export function isNear({ path: at, kind }: ReturnType<typeof splitCellKey>, path: string): boolean {
  // What is written in a text is taken back in the text itself.
  if (kind === "y") return false
  return at === path || isBelow(at, path) || ((kind === "" || kind === "o") && isBelow(path, at))
}

function near(provenance: Provenance, leaves: readonly Change[]): Provenance {
  if (leaves.length > nearPathsMax) return provenance
  const cells = [...provenance.cells].filter(([key]) => {
    const cell = splitCellKey(key)
    return cell.path === rootPath || leaves.some(({ path }) => isNear(cell, path))
  })
  return { ...provenance, cells: new Map(cells) }
}

/** The state of a row, if there is one. */
export function stateOf(row: string | undefined, actors: ActorTable): State | undefined {
  return row === undefined || row === "" ? undefined : rowState(row, actors)
}

/** What a row shows, if it shows anything. */
export function documentOf(row: string | undefined): JsonObject | undefined {
  const text = rowView(row)
  return text === undefined ? undefined : (JSON.parse(text) as JsonObject)
}
