/**
 * Rows as states, and states as rows. Owns: which cells a row lists, and which its document tells of.
 * Invariant: `rowState(stateRow(s))` is s. A state has many rows: the base and the order of keys and items are free.
 * Must not know how states change.
 */
import type { Json, JsonObject } from "../base/json.ts"
import { compareStamps, type Stamp } from "../clock/stamp.ts"
import { type CellKey, cellKey, rootPath, someAncestor, splitCellKey } from "./cell-key.ts"
import { type Cell, isFacet, type State } from "./cells.ts"
import { eachLeaf, isBranch } from "./changes.ts"
import {
  type ActorTable,
  documentTextOf,
  formatRow,
  fromRowStamp,
  type ListedCell,
  listedCell,
  readMeta,
  type RowMeta,
  type RowStamp,
  toRowStamp,
} from "./row.ts"
import { type View, viewState } from "./view.ts"

/** The state that a row holds. */
export function rowState(row: string, actors: ActorTable): State {
  const meta = readMeta(row, actors)
  const stampOf = cached((stamp: RowStamp): Stamp => fromRowStamp(stamp, actors))
  const life = meta.life === 0 ? 0 : stampOf(meta.life)
  const text = documentTextOf(row)
  if (text === "") return { life, dead: stampOf(meta.newest), cells: new Map() }
  const cells = new Map<CellKey, Cell>()
  addShown(JSON.parse(text) as JsonObject, meta, (key, stamp, value) =>
    cells.set(key, { stamp: stampOf(stamp), value }),
  )
  for (const [key, { stamp, shown, value }] of meta.listed) {
    if (!shown) cells.set(key, value === undefined ? { stamp: stampOf(stamp) } : { stamp: stampOf(stamp), value })
    else if (splitCellKey(key).kind !== "") cells.set(key, { stamp: stampOf(stamp), value: true })
  }
  return { life, cells }
}

/** A row that holds a state. */
export function stateRow(state: State, actors: ActorTable): string {
  const view = viewState(state)
  const rowStamps = new Map<string, RowStamp>()
  const rowStampOf = cached((stamp: Stamp): RowStamp => {
    const [hlc, actor] = toRowStamp(stamp, actors)
    const key = `${hlc}-${actor}`
    const known = rowStamps.get(key) ?? ([hlc, actor] as const)
    rowStamps.set(key, known)
    return known
  })
  const life = state.life === 0 ? 0 : rowStampOf(state.life)
  const newest = rowStampOf(newestStamp(state))
  if (view === undefined) return formatRow("", { newest, life, base: newest, listed: new Map() }, actors)
  const base = commonStamp(state, view, rowStampOf) ?? newest
  const listed = new Map<CellKey, ListedCell>()
  for (const [key, cell] of state.cells) {
    const cellStamp = rowStampOf(cell.stamp)
    if (!view.shown.has(key)) listed.set(key, hiddenCell(key, cellStamp, cell))
    else if (cellStamp !== base) listed.set(key, { stamp: cellStamp, shown: true })
  }
  return formatRow(JSON.stringify(view.document), { newest, life, base, listed }, actors)
}

/** Signs and elements have no value but that they are there. */
function hiddenCell(key: CellKey, stamp: RowStamp, { value }: Cell): ListedCell {
  const { kind } = splitCellKey(key)
  if (value !== undefined && (kind === "o" || kind === "s")) return { stamp, shown: true }
  return listedCell(stamp, value)
}

/** Tells the registers and signs that the document shows. */
function addShown(
  document: JsonObject,
  { base, listed }: RowMeta,
  add: (key: CellKey, stamp: RowStamp, value: Json) => void,
): void {
  const facets = new Set<string>()
  const covered = new Set<string>()
  for (const key of listed.keys()) {
    const { path, kind } = splitCellKey(key)
    if (isFacet(kind) && kind !== "o") facets.add(path)
    someAncestor(path, (above) => covered.add(above) === undefined)
    if (path !== rootPath) covered.add(rootPath)
  }
  eachLeaf(document, rootPath, 0, (path, value, depth) => {
    if (isBranch(value, depth)) {
      const sign = cellKey(path, "o")
      if (!covered.has(path) && !listed.has(sign)) add(sign, base, true)
    } else if (!facets.has(path)) add(path, listed.get(path)?.stamp ?? base, value)
  })
}

/** The stamp that most shown leaves have: the base spares the most. Of equals, the newest. */
function commonStamp({ cells }: State, { shown }: View, rowStampOf: (stamp: Stamp) => RowStamp): RowStamp | undefined {
  const counts = new Map<RowStamp, { count: number; readonly stamp: Stamp }>()
  for (const key of shown) {
    const { stamp } = cells.get(key) as Cell
    const known = counts.get(rowStampOf(stamp))
    if (known === undefined) counts.set(rowStampOf(stamp), { count: 1, stamp })
    else known.count++
  }
  const [best] = [...counts].sort(([, a], [, b]) => b.count - a.count || compareStamps(b.stamp, a.stamp))
  return best?.[0]
}

function newestStamp({ life, dead, cells }: State): Stamp {
  let newest = dead ?? (life === 0 ? undefined : life)
  for (const { stamp } of cells.values()) if (newest === undefined || compareStamps(stamp, newest) > 0) newest = stamp
  return newest as Stamp
}

function cached<K, V>(make: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>()
  return (key) => {
    let value = known.get(key)
    if (value === undefined) known.set(key, (value = make(key)))
    return value
  }
}
