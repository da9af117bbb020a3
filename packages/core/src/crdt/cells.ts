/**
 * A document as cells, and their join. Owns: states, dominance, and the rule of lives.
 * A cell is a value under a stamp. A document lives one life at a time; all cells of a state are of its life.
 * - Of two lives the greater wins whole. In one life, a death wins over every edit, whatever their stamps.
 * - Of two cells of one key the greater stamp wins.
 * - A register drops each cell below it of a smaller stamp, counter parts and set elements at its own path included.
 *   A register that has fields below it, or siblings beside it, after that is never shown again: its value goes, its stamp stays and dominates.
 * - A sibling drops each other one at its path that its writer had seen; the others stand beside it.
 * - A text's chunks and a register at their path leave each other alone: the register shows what the text holds.
 * - An object's sign goes when a cell below says as much and is not older: what drops that cell drops the sign as well.
 * Invariant: join is commutative, associative and idempotent over normal states, and gives a normal state. Dropping is
 * safe since what drops a cell drops, by path and stamp, all that the cell would have dropped.
 * Must not know rows, declared field types, or how a document is shown (view.ts).
 */
import type { Json } from "../base/json.ts"
import { compareStamps, type Stamp } from "../clock/stamp.ts"
import { type CellKey, type CellKind, cellKey, rootPath, someAncestor, splitCellKey } from "./cell-key.ts"
import { seenBySiblings } from "./siblings.ts"

/** A value under a stamp; without a value it stands for a deletion. */
export interface Cell {
  readonly stamp: Stamp
  readonly value?: Json
}

/** Cells by key. */
export type Cells = ReadonlyMap<CellKey, Cell>

/** The name of a life: 0 is the one that devices share without having met, else the stamp that began it. */
export type Life = 0 | Stamp

/** All that is known of a document. `dead` is the greatest stamp of its deletions; a dead document has no cells. */
export interface State {
  readonly life: Life
  readonly dead?: Stamp
  readonly cells: Cells
}

/** The state that has seen what both have seen. */
export function joinStates(a: State, b: State): State {
  const order = compareLives(a.life, b.life)
  if (order !== 0) return order > 0 ? a : b
  const dead = laterDeath(a.dead, b.dead)
  if (dead !== undefined) return { life: a.life, dead, cells: new Map() }
  return { life: a.life, cells: normalise(unite(a.cells, b.cells)) }
}

/** The cells of both, the winner of each key. */
export function unite(a: Cells, b: Cells): Cells {
  const cells = new Map(a)
  for (const [key, cell] of b) {
    const mine = cells.get(key)
    if (mine === undefined || compareCells(cell, mine) > 0) cells.set(key, cell)
  }
  return cells
}

/** The cells that no register above them drops, and without what can never be shown again. */
export function normalise(cells: Cells): Cells {
  const kept = new Map<CellKey, Cell>()
  /** The newest stamp below each path that has fields. */
  const below = new Map<string, Stamp>()
  const seen = seenBySiblings(cells)
  const siblings = new Set<string>()
  for (const [key, cell] of cells) {
    const { path, kind } = splitCellKey(key)
    const drops = (above: string): boolean => {
      const register = cells.get(above)
      return register !== undefined && compareStamps(register.stamp, cell.stamp) > 0
    }
    if (someAncestor(path, drops) || (isFacet(kind) && drops(path))) continue
    if ((seen.get(key) ?? 0) >= cell.stamp.hlc) continue
    kept.set(key, cell)
    if (kind === "m") siblings.add(path)
    const cover = (above: string): void => {
      const newest = below.get(above)
      if (newest === undefined || compareStamps(cell.stamp, newest) > 0) below.set(above, cell.stamp)
    }
    someAncestor(path, (above) => cover(above) !== undefined)
    if (path !== rootPath) cover(rootPath)
  }
  return withoutHidden(kept, below, siblings)
}

/** Whether cells of this kind stand in the place of a register at their path. */
export function isFacet(kind: CellKind): boolean {
  return kind !== "" && kind !== "y"
}

function withoutHidden(
  kept: Map<CellKey, Cell>,
  below: ReadonlyMap<string, Stamp>,
  siblings: ReadonlySet<string>,
): Cells {
  for (const [key, { stamp, value }] of kept) {
    const { path, kind } = splitCellKey(key)
    const newest = below.get(path)
    if (kind === "o" && newest !== undefined && compareStamps(newest, stamp) >= 0) kept.delete(key)
    else if (
      kind === "" &&
      value !== undefined &&
      (newest !== undefined || siblings.has(path) || kept.has(cellKey(path, "o")))
    )
      kept.set(key, { stamp })
  }
  return kept
}

/** Negative, 0 or positive: the shared life is before all others. */
export function compareLives(a: Life, b: Life): number {
  if (a === 0 || b === 0) return Number(a !== 0) - Number(b !== 0)
  return compareStamps(a, b)
}

function laterDeath(a: Stamp | undefined, b: Stamp | undefined): Stamp | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return compareStamps(a, b) > 0 ? a : b
}

/** No two commits share a stamp, so the second part only makes the order total: against a damaged or hostile peer. */
function compareCells(a: Cell, b: Cell): number {
  const order = compareStamps(a.stamp, b.stamp)
  if (order !== 0) return order
  const [left, right] = [textOf(a), textOf(b)]
  return left < right ? -1 : Number(left > right)
}

function textOf(cell: Cell): string {
  return cell.value === undefined ? "" : JSON.stringify(cell.value)
}
