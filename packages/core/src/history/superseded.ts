/**
 * What of a document's states a later one does not hold any more. Owns: which cells and deaths that are.
 * Invariant: the states given and the one after them, put together again, tell everything that they told alone: what is left out is
 * in the state after. A write under another name of the same device (crdt/restamp.ts) is no other write.
 * A text's chunks are left out, as they hold all that was ever written; what the text showed is kept where it stood for a while.
 * Must not know rows, records or how what was superseded is stored.
 */
import * as limits from "../base/limits.ts"
import { hlcToMs } from "../clock/hlc.ts"
import type { Stamp } from "../clock/stamp.ts"
import { type CellKey, splitCellKey } from "../crdt/cell-key.ts"
import type { Cell, Life, State } from "../crdt/cells.ts"

/** The parts of states, oldest first, that the state after them lacks; each cell once. */
export function supersededBy(after: State | undefined, states: readonly State[]): State[] {
  const told = new Map<CellKey, Cell[]>()
  const texts = textPathsOf(after === undefined ? states : [...states, after])
  return states.flatMap(({ life, dead, cells }): State[] => {
    const isHere = after !== undefined && isSameLife(life, after.life)
    if (dead !== undefined) return isHere && after.dead?.hlc === dead.hlc ? [] : [{ life, dead, cells: new Map() }]
    const kept = isHere && after.dead === undefined ? after.cells : new Map<CellKey, Cell>()
    const gone = [...cells].filter(([key, cell]) => {
      const { path, kind } = splitCellKey(key)
      if (kind === "y" || (texts.has(path) && stoodShortly(cell, kept.get(key)))) return false
      const known = told.get(key) ?? []
      if ([kept.get(key), ...known].some((other) => isSameWrite(cell, other))) return false
      told.set(key, [...known, cell])
      return true
    })
    return gone.length === 0 ? [] : [{ life, cells: new Map(gone) }]
  })
}

/** Whether two names are of one life, by whichever name of its writer. */
export function isSameLife(a: Life, b: Life): boolean {
  return clockOf(a) === clockOf(b)
}

const clockOf = (life: Life): number => (life === 0 ? 0 : life.hlc)

/** A register that gave its value to fields below it has less to tell than before, and is another one. */
function isSameWrite({ stamp, value }: Cell, other: Cell | undefined): boolean {
  if (other?.stamp.hlc !== stamp.hlc) return false
  return JSON.stringify(value) === JSON.stringify(other.value)
}

function textPathsOf(states: readonly State[]): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const { cells } of states)
    for (const key of cells.keys()) {
      const { path, kind } = splitCellKey(key)
      if (kind === "y") paths.add(path)
    }
  return paths
}

function stoodShortly({ stamp }: Cell, next: { readonly stamp: Stamp } | undefined): boolean {
  return next !== undefined && hlcToMs(next.stamp.hlc) - hlcToMs(stamp.hlc) < limits.historyTextMs
}
