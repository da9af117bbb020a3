/**
 * Writes that are made again under another name: those of an incarnation of this device that has ended before they were
 * sent. Owns: what of a state is theirs, and what becomes of it.
 * Invariant: what was beaten meanwhile stays beaten: a write that others have written below or beside since is let go, and
 * not made to win by its new stamp. Nothing else is let go, however many names end. Must not know rows or buckets.
 */
import type { ActorId, Stamp } from "../clock/stamp.ts"
import { compareStamps } from "../clock/stamp.ts"
import { type CellKey, cellKey, rootPath, someAncestor, splitCellKey } from "./cell-key.ts"
import { type Cell, type Cells, isFacet, normalise, type State } from "./cells.ts"
import { freeChunkKey } from "./text-chunks.ts"

/** Tells whether a stamp is one of those that are made again. */
export type IsVoid = (stamp: Stamp) => boolean

/** The state under another actor: the same clocks, and parts of counters, chunks of texts and siblings with it. */
export function renamed({ life, dead, cells }: State, isVoid: IsVoid, to: ActorId): State {
  const rename = (stamp: Stamp): Stamp => (isVoid(stamp) ? { hlc: stamp.hlc, actor: to } : stamp)
  const own = life === 0 ? life : rename(life)
  if (dead !== undefined) return { life: own, dead: rename(dead), cells: new Map() }
  const next = new Map<CellKey, Cell>()
  for (const entry of cells) {
    const [key, cell] = moved(entry, isVoid, rename, to)
    const there = next.get(key)
    if (there === undefined) next.set(key, cell)
    else meet(next, { key, there, cell, to })
  }
  return { life: own, cells: next }
}

/** Two names of this device that end at once have cells of one name now: each has something that the other lacks. */
function meet(
  cells: Map<CellKey, Cell>,
  { key, there, cell, to }: { readonly key: CellKey; readonly there: Cell; readonly cell: Cell; readonly to: ActorId },
): void {
  const { path, kind } = splitCellKey(key)
  const newer = compareStamps(cell.stamp, there.stamp) > 0 ? cell : there
  if (kind === "y") cells.set(freeChunkKey(cells, path, to), cell)
  else if (kind === "c") cells.set(key, { stamp: newer.stamp, value: Number(there.value) + Number(cell.value) })
  else cells.set(key, newer)
}

/** The state with those writes made again at `stamp`; the same object when it has none of them. */
export function restamped(state: State, isVoid: IsVoid, stamp: Stamp): State {
  const { dead, cells } = state
  const life = state.life !== 0 && isVoid(state.life) ? stamp : state.life
  if (dead !== undefined) return isVoid(dead) ? { life, dead: stamp, cells: new Map() } : state
  const beaten = beatenPaths(cells, isVoid)
  const again = new Map<CellKey, Cell>()
  let count = 0
  for (const [key, cell] of cells) {
    const isAgain = isVoid(cell.stamp)
    if (isAgain) count++
    if (!isAgain) again.set(key, cell)
    else if (!beaten.has(key)) again.set(key, { ...cell, stamp })
  }
  return count === 0 ? state : { life, cells: normalise(again) }
}

function moved(
  [key, cell]: readonly [CellKey, Cell],
  isVoid: IsVoid,
  rename: (stamp: Stamp) => Stamp,
  to: ActorId,
): readonly [CellKey, Cell] {
  if (!isVoid(cell.stamp)) return [key, cell]
  return [keyUnder(key, to), { ...cell, stamp: rename(cell.stamp) }]
}

/** What a cell that is named for its actor is called under another. */
function keyUnder(key: CellKey, to: ActorId): CellKey {
  const { path, kind, rest } = splitCellKey(key)
  if (kind === "c" || kind === "m") return cellKey(path, kind, to)
  return kind === "y" ? cellKey(path, "y", to + rest.slice(rest.indexOf("."))) : key
}

/** The registers that a newer write of somebody else lies below or beside. */
function beatenPaths(cells: Cells, isVoid: IsVoid): ReadonlySet<CellKey> {
  const beaten = new Set<CellKey>()
  for (const [key, { stamp }] of cells) {
    if (isVoid(stamp)) continue
    const { path, kind } = splitCellKey(key)
    const beat = (above: string): boolean => {
      const register = cells.get(above)
      if (register !== undefined && isVoid(register.stamp) && compareStamps(stamp, register.stamp) > 0)
        beaten.add(above)
      return false
    }
    someAncestor(path, beat)
    if (isFacet(kind)) beat(path)
    if (path !== rootPath) beat(rootPath)
  }
  return beaten
}
