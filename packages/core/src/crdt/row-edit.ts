/**
 * Writes of rows, with all ways that there are. Owns: the long way, which every short one must equal (short-edit.ts).
 * Must not know where rows are kept.
 */
import type { JsonObject } from "../base/json.ts"
import { editState } from "./edit.ts"
import { beginFacets, moveFacet } from "./facet-rows.ts"
import { rowState, stateRow } from "./row-state.ts"
import { rowView } from "./row-view.ts"
import { type CellWays, editShortly, type RowEditContext } from "./short-edit.ts"
import type { Edit } from "./target.ts"

/** The row after a write. Deleting what is not there gives "", which is no row, or the row as it is. */
export function editRow(old: string | undefined, edit: Edit, context: RowEditContext): string {
  return editShortly(old, edit, { ...context, ways: cellWays })
}

/** The row after a write, by way of its cells: what every short way must equal. */
export function editRowByCells(old: string | undefined, edit: Edit, context: RowEditContext): string {
  const before = old === undefined || old === "" ? undefined : rowState(old, context.actors)
  const after = editState(before, edit, context, old === undefined ? undefined : documentOf(old))
  return after === undefined || after === before ? (old ?? "") : stateRow(after, context.actors)
}

/** What short ways give up to. */
export const cellWays: CellWays = { editByCells: editRowByCells, beginFacets, moveFacet }

function documentOf(row: string): JsonObject | undefined {
  const text = rowView(row)
  return text === undefined ? undefined : (JSON.parse(text) as JsonObject)
}
