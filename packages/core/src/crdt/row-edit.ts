/**
 * Writes of rows: the door of this folder to the rest of the engine. Owns: the short ways from a row to the next one.
 * Invariant: a short way gives a row of the same state as the long one, by cells (edit.ts); it gives up where counters,
 * sets or signs of objects are touched. A write that changes nothing gives the row it got, the same text.
 * Must not know where rows are kept.
 */
import { invariant } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { formatStamp } from "../clock/stamp.ts"
import { type CellKey, cellKey, childPath, someAncestor, splitCellKey } from "./cell-key.ts"
import { type Change, changesBetween, isBranch } from "./changes.ts"
import { type EditContext, editState, isPut, type MergeType, targetOf } from "./edit.ts"
import { beginFacets, moveFacet } from "./facet-rows.ts"
import {
  type ActorTable,
  documentTextOf,
  formatRow,
  fromRowStamp,
  type ListedCell,
  newestOf,
  readMeta,
  type RowMeta,
  type RowStamp,
  sameStamp,
  toRowStamp,
} from "./row.ts"
import { rowState, stateRow } from "./row-state.ts"
import type { Edit, Patch, Put } from "./target.ts"

/** What a write of a row works with. */
export interface RowEditContext extends EditContext {
  readonly actors: ActorTable
}

/** The text of the document of a row; undefined when there is none. */
export function rowView(row: string | undefined): string | undefined {
  return (row && documentTextOf(row)) || undefined
}

/** Whether a row shows a document: that of a dead one is empty, and no document's text is. */
export const isLive = (row: string | undefined): boolean => !!row && !row.startsWith("\t")

/** The newest stamp of a row as text. */
export function rowVersion(row: string, actors: ActorTable): string {
  return formatStamp(fromRowStamp(newestOf(row), actors))
}

/**
 * The version of the document of a row; undefined when there is none. What others wrote earlier may arrive later, and changes
 * the document under the same newest stamp; so it is the row's meta, and a hash of the document, as what a base lacks leaves
 * without a trace in the meta.
 */
export function liveVersion(row: string | undefined): string | undefined {
  const text = rowView(row)
  return row === undefined || text === undefined ? undefined : hash(text).toString(36) + row.slice(text.length)
}

/** FNV-1a of the text's units. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return state >>> 0
}

/** The row after a write. Deleting what is not there gives "", which is no row, or the row as it is. */
export function editRow(old: string | undefined, edit: Edit, context: RowEditContext): string {
  if (old === undefined || old === "") return freshRow(edit, context, 0) ?? editRowByCells(old, edit, context)
  invariant(newestOf(old)[0] <= context.stamp.hlc, "a write has a later stamp than all it has seen")
  const text = rowView(old)
  if (edit.op === "delete") return text === undefined ? old : deadRow(old, context)
  const short = text === undefined ? freshRow(edit, context, 1) : changedRow(old, text, edit, context)
  return short ?? editRowByCells(old, edit, context)
}

/** The row after a write, by way of its cells: what every short way must equal. */
export function editRowByCells(old: string | undefined, edit: Edit, context: RowEditContext): string {
  const before = old === undefined || old === "" ? undefined : rowState(old, context.actors)
  const after = editState(before, edit, context, old === undefined ? undefined : documentOf(old))
  return after === undefined || after === before ? (old ?? "") : stateRow(after, context.actors)
}

function documentOf(row: string): JsonObject | undefined {
  const text = rowView(row)
  return text === undefined ? undefined : (JSON.parse(text) as JsonObject)
}

function deadRow(row: string, { stamp, actors }: RowEditContext): string {
  const newest = toRowStamp(stamp, actors)
  return formatRow("", { newest, life: readMeta(row, actors).life, base: newest, listed: new Map() }, actors)
}

/** A document that begins: its text as it came, and one stamp for all of it. `life` is 0, or 1 for that stamp. */
function freshRow(edit: Edit, context: RowEditContext, life: 0 | 1): string | undefined {
  if (!isPut(edit)) return undefined
  const { actors, fields } = context
  const stamp = toRowStamp(context.stamp, actors)
  const isShared = life === 0 && edit.op === "put"
  if (Object.keys(fields).length > 0) {
    const parsed = context.parsed ?? (JSON.parse(edit.text) as JsonObject)
    const { document, listed } = beginFacets(parsed, fields, { actor: context.stamp.actor, stamp })
    const text = document === parsed ? edit.text : JSON.stringify(document)
    if (listed.size > 0)
      return formatRow(text, { newest: stamp, life: isShared ? 0 : stamp, base: stamp, listed }, actors)
  }
  return `${edit.text}\t[${stamp[0]},${stamp[1]}${isShared ? "" : ",1"}]`
}

/** A document that changes by registers alone, or by one counter or set. */
function changedRow(
  old: string,
  text: string,
  edit: Exclude<Edit, { op: "delete" }>,
  context: RowEditContext,
): string | undefined {
  if (isPut(edit) || edit.op === "patch") return changedByRegisters(old, text, edit, context)
  const { actors } = context
  const meta = readMeta(old, actors)
  const newest = stampAfter(meta.newest, toRowStamp(context.stamp, actors))
  const before = JSON.parse(text) as JsonObject
  const moved = moveFacet(before, meta, edit, { actor: context.stamp.actor, stamp: newest })
  if (moved === undefined) return undefined
  if (moved.listed === meta.listed) return old
  return formatRow(JSON.stringify(moved.document), { ...meta, newest, listed: moved.listed }, actors)
}

function changedByRegisters(old: string, text: string, edit: Put | Patch, context: RowEditContext): string | undefined {
  if (edit.op === "put" && edit.text === text) return old
  const before = JSON.parse(text) as JsonObject
  const after = targetOf(before, edit, context)
  const { changes, kept } = changesBetween(before, after)
  if (changes.length === 0) return old
  const meta = readMeta(old, context.actors)
  const newest = stampAfter(meta.newest, toRowStamp(context.stamp, context.actors))
  const listed = relisted(meta, changes, newest, context.fields)
  if (listed === undefined) return undefined
  const isWhole = kept === 0 && isPut(edit)
  if (isWhole) for (const [key, { shown }] of listed) if (shown && !key.includes("\0")) listed.delete(key)
  const afterText = isPut(edit) ? edit.text : JSON.stringify(after)
  return formatRow(afterText, { newest, life: meta.life, base: isWhole ? newest : meta.base, listed }, context.actors)
}

/** The writes of one commit share one stamp object, as cells are grouped by it. */
function stampAfter(last: RowStamp, next: RowStamp): RowStamp {
  return sameStamp(last, next) ? last : next
}

/** A row's listed cells, under change. */
interface Listing {
  readonly listed: Map<CellKey, ListedCell>
  readonly base: RowStamp
  readonly newest: RowStamp
  readonly fields: Readonly<Record<string, MergeType>>
  /** Paths of counters and sets, and the paths above them. */
  readonly facets: ReadonlySet<string>
}

/** Each object that goes is looked for in all listed cells; above this many looks, one pass by cells is cheaper. */
const searchesMax = 100_000

/** The cells that the row lists after the changes; undefined where one of them touches more than registers. */
function relisted(
  { listed, base }: RowMeta,
  changes: readonly Change[],
  newest: RowStamp,
  fields: Readonly<Record<string, MergeType>>,
): Map<CellKey, ListedCell> | undefined {
  const branches = changes.filter(({ before, depth }) => isBranch(before, depth)).length
  if (branches * listed.size > searchesMax) return undefined
  const facets = new Set<string>()
  for (const key of listed.keys()) {
    if (!key.includes("\0")) continue
    const { path, kind } = splitCellKey(key)
    if (kind === "o") return undefined
    facets.add(path)
    someAncestor(path, (above) => facets.add(above) === undefined)
  }
  const listing: Listing = { listed: new Map(listed), base, newest, fields, facets }
  return changes.every((change) => relistChange(listing, change)) ? listing.listed : undefined
}

/** Lists what a change writes; gives whether it could. */
function relistChange(listing: Listing, { path, depth, before, after }: Change): boolean {
  const { listed, base, newest, facets } = listing
  if (facets.has(path)) return false
  const wasBranch = isBranch(before, depth)
  if (wasBranch) unlistBelow(listed, path)
  if (after === undefined) {
    listed.set(path, { stamp: newest, shown: false })
    return true
  }
  if (isBranch(after, depth) && before !== undefined)
    listed.set(path, { stamp: listed.get(path)?.stamp ?? base, shown: false })
  return listFields(listing, path, depth, after)
}

function listFields(listing: Listing, path: string, depth: number, value: Json): boolean {
  const { listed, newest, fields } = listing
  if (Object.hasOwn(fields, path)) return false
  if (!isBranch(value, depth)) listed.set(path, { stamp: newest, shown: true })
  else {
    const keys = Object.keys(value)
    if (keys.length === 0) listed.set(cellKey(path, "o"), { stamp: newest, shown: true })
    for (const key of keys) if (!listFields(listing, childPath(path, key), depth + 1, value[key] as Json)) return false
  }
  return true
}

function unlistBelow(listed: Map<CellKey, ListedCell>, path: string): void {
  for (const key of listed.keys()) if (key.startsWith(path) && key.charAt(path.length) === ".") listed.delete(key)
}
