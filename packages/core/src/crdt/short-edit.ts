/**
 * The short ways from a row to the next one, by registers alone. Owns: these, and when a write has to go by cells.
 * Invariant: a short way gives a row of the same state as the long one, by cells (edit.ts); it gives up where counters,
 * sets or signs of objects are touched. A write that changes nothing gives the row it got, the same text.
 * What goes by cells is known by its shape alone: most databases never take it. Must not know where rows are kept.
 */
import { FixpointError, invariant } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { type CellKey, cellKey, childPath, someAncestor, splitCellKey } from "./cell-key.ts"
import { type Change, changesBetween, isBranch } from "./changes.ts"
import { type EditContext, hasFacets, isPut, type MergeType, targetOf } from "./edit-target.ts"
import type { beginFacets, moveFacet } from "./facet-rows.ts"
import {
  type ActorTable,
  formatRow,
  type ListedCell,
  newestOf,
  readMeta,
  type RowMeta,
  type RowStamp,
  sameStamp,
  toRowStamp,
} from "./row.ts"
import { rowView } from "./row-view.ts"
import type { Edit, Patch, Put } from "./target.ts"

/** What a write of a row works with. */
export interface RowEditContext extends EditContext {
  readonly actors: ActorTable
}

/** The ways of writes that touch more than registers. */
export interface CellWays {
  /** The row after a write, by way of its cells. */
  editByCells(old: string | undefined, edit: Edit, context: RowEditContext): string
  readonly beginFacets: typeof beginFacets
  readonly moveFacet: typeof moveFacet
}

/** How a write is made; without `ways`, one that needs them throws PART_UNAVAILABLE, and can be made again once they are there. */
export interface ShortEditContext extends RowEditContext {
  readonly ways: CellWays | undefined
}

/** The row after a write. Deleting what is not there gives "", which is no row, or the row as it is. */
export function editShortly(old: string | undefined, edit: Edit, context: ShortEditContext): string {
  const text = rowView(old)
  if (text === undefined || old === undefined) {
    if (edit.op === "delete") return old ?? ""
    if (!isPut(edit)) throw new FixpointError("NOT_FOUND")
    if (old) checkStamp(old, context)
    return freshRow(edit, context, old ? 1 : 0)
  }
  checkStamp(old, context)
  if (edit.op === "delete") return deadRow(old, context)
  return changedRow(old, text, edit, context) ?? waysOf(context).editByCells(old, edit, context)
}

function checkStamp(row: string, { stamp }: EditContext): void {
  invariant(newestOf(row)[0] <= stamp.hlc, "a write has a later stamp than all it has seen")
}

function waysOf({ ways }: ShortEditContext): CellWays {
  if (ways === undefined) throw new FixpointError("PART_UNAVAILABLE", undefined, { details: { part: "cells" } })
  return ways
}

function deadRow(row: string, { stamp, actors }: RowEditContext): string {
  const newest = toRowStamp(stamp, actors)
  return formatRow("", { newest, life: readMeta(row, actors).life, base: newest, listed: new Map() }, actors)
}

/** A document that begins: its text as it came, and one stamp for all of it. `life` is 0, or 1 for that stamp. */
function freshRow(edit: Put, context: ShortEditContext, life: 0 | 1): string {
  const { actors, fields } = context
  const stamp = toRowStamp(context.stamp, actors)
  const isShared = life === 0 && edit.op === "put"
  if (Object.values(fields).some(hasFacets)) {
    const parsed = context.parsed ?? (JSON.parse(edit.text) as JsonObject)
    const { document, listed } = waysOf(context).beginFacets(parsed, fields, { actor: context.stamp.actor, stamp })
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
  context: ShortEditContext,
): string | undefined {
  if (isPut(edit) || edit.op === "patch") return changedByRegisters(old, text, edit, context)
  const { actors } = context
  const meta = readMeta(old, actors)
  const newest = stampAfter(meta.newest, toRowStamp(context.stamp, actors))
  const before = JSON.parse(text) as JsonObject
  const moved = waysOf(context).moveFacet(before, meta, edit, { actor: context.stamp.actor, stamp: newest })
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
