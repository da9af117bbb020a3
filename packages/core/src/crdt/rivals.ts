/**
 * Writes that did not know of each other. Owns: which of them a join decides between, and how that is told.
 * Two writes are rivals when they are for one cell, when one is for a field below the other's, of which only one can be shown, or
 * when one ends the life that the other writes to, and neither had seen the other. A write that had seen the other has the
 * greater stamp, so one test is enough: whether the incoming part had seen the local stamp.
 * Invariant: each loss is told once, where the two meet. Counters, sets, texts and signs of objects lose nothing when they merge.
 * Must not know rows, packs or buckets.
 */
import { compareStamps, type Stamp } from "../clock/stamp.ts"
import { rootPath, someAncestor, splitCellKey } from "./cell-key.ts"
import { compareLives, type State } from "./cells.ts"

/** Tells which writes somebody had seen. */
export type HasSeen = (stamp: Stamp) => boolean

/** A write that gave way to another: at `path`, or as a whole where the path is empty. */
export interface Rivalry {
  readonly path: string
  readonly winner: Stamp
  readonly loser: Stamp
}

/** What is lost where an incoming part joins a local state; `hasSeen` tells which local stamps its writer had seen. */
export function rivalries(local: State, incoming: State, hasSeen: HasSeen): Rivalry[] {
  const order = compareLives(local.life, incoming.life)
  // Of two lives the greater one, which is never the shared one, wins whole.
  if (order > 0)
    return lost(
      local.life as Stamp,
      newestUnseen(incoming, () => false),
    )
  if (order < 0) return lost(incoming.life as Stamp, newestUnseen(local, hasSeen))
  // A death wins over every edit of its life.
  const { dead } = local
  if (dead !== undefined)
    return incoming.dead
      ? []
      : lost(
          dead,
          newestUnseen(incoming, () => hasSeen(dead)),
        )
  if (incoming.dead !== undefined) return lost(incoming.dead, newestUnseen(local, hasSeen))
  const found: Rivalry[] = []
  const texts = textPaths(local, incoming)
  for (const [key, { stamp }] of incoming.cells) {
    const { path, kind } = splitCellKey(key)
    const mine = local.cells.get(key)
    if (kind !== "" || mine === undefined || hasSeen(mine.stamp) || texts.has(path)) continue
    const order = compareStamps(mine.stamp, stamp)
    if (order === 0) continue
    const [winner, loser] = order > 0 ? [mine.stamp, stamp] : [stamp, mine.stamp]
    found.push({ path: path === rootPath ? "" : path, winner, loser })
  }
  return [...found, ...overlaps(local, incoming, hasSeen), ...overlaps(incoming, local, () => false)]
}

/** Values of one side that the other side's writes above or below them hide. */
function overlaps(mine: State, theirs: State, hasSeen: HasSeen): Rivalry[] {
  const hidden = new Map<string, Rivalry>()
  const lose = (path: string, winner: Stamp): void => {
    const cell = mine.cells.get(path)
    if (cell?.value === undefined || hasSeen(cell.stamp) || compareStamps(cell.stamp, winner) >= 0) return
    hidden.set(path, { path, winner, loser: cell.stamp })
  }
  for (const path of mine.cells.keys())
    someAncestor(path, (above) => {
      const winner = theirs.cells.get(above)?.stamp
      if (winner !== undefined && !path.includes("\0")) lose(path, winner)
      return hidden.has(path)
    })
  for (const [key, { stamp }] of theirs.cells)
    someAncestor(splitCellKey(key).path, (above) => {
      lose(above, stamp)
      return false
    })
  return [...hidden.values()]
}

/** Where texts are: the register there only shows what both have written. */
function textPaths(...states: readonly State[]): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const { cells } of states)
    for (const key of cells.keys()) if (key.includes("\0y")) paths.add(splitCellKey(key).path)
  return paths
}

/** A document that gave way whole: to a death or another life. One that followed on all that it was took nothing. */
function lost(winner: Stamp, loser: Stamp | undefined): Rivalry[] {
  return loser === undefined ? [] : [{ path: "", winner, loser }]
}

function newestUnseen({ cells }: State, hasSeen: HasSeen): Stamp | undefined {
  let newest: Stamp | undefined
  for (const { stamp } of cells.values())
    if (!hasSeen(stamp) && (newest === undefined || compareStamps(stamp, newest) > 0)) newest = stamp
  return newest
}
