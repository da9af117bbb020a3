/**
 * Writes that did not know of each other. Owns: which of them a join decides between, and how that is told.
 * Two writes are rivals when they are for one cell, or one ends the life that the other writes to, and neither had seen the
 * other. A write that had seen the other has the greater stamp, so one test is enough: whether the incoming part had seen
 * the local stamp.
 * Invariant: each loss is told once, where the two meet. Counters, sets, texts and signs of objects lose nothing when they merge.
 * Must not know rows, packs or buckets.
 */
import { compareStamps, type Stamp } from "../clock/stamp.ts"
import { rootPath, splitCellKey } from "./cell-key.ts"
import { compareLives, type State } from "./cells.ts"

/** A write that gave way to another: at `path`, or as a whole where the path is empty. */
export interface Rivalry {
  readonly path: string
  readonly winner: Stamp
  readonly loser: Stamp
}

/** What is lost where an incoming part joins a local state; `hasSeen` tells which local stamps its writer had seen. */
export function rivalries(local: State, incoming: State, hasSeen: (stamp: Stamp) => boolean): Rivalry[] {
  const order = compareLives(local.life, incoming.life)
  if (order !== 0) return order > 0 ? ended(local, incoming, () => false) : ended(incoming, local, hasSeen)
  if (local.dead !== undefined || incoming.dead !== undefined) return buried(local, incoming, hasSeen)
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
  return found
}

/** Where texts are: the register there only shows what both have written. */
function textPaths(...states: readonly State[]): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const { cells } of states)
    for (const key of cells.keys()) if (key.includes("\0y")) paths.add(splitCellKey(key).path)
  return paths
}

/** Two lives: the greater one wins whole. A life that followed on a death, or on all that the other was, took nothing. */
function ended({ life }: State, loser: State, hasSeen: (stamp: Stamp) => boolean): Rivalry[] {
  const last = newestStamp(loser)
  return life === 0 || last === undefined || hasSeen(last) ? [] : [{ path: "", winner: life, loser: last }]
}

/** A death wins over every edit of its life. */
function buried(local: State, incoming: State, hasSeen: (stamp: Stamp) => boolean): Rivalry[] {
  if (local.dead !== undefined && incoming.dead !== undefined) return []
  const winner = local.dead ?? incoming.dead
  const last = newestStamp(local.dead === undefined ? local : incoming)
  if (winner === undefined || last === undefined) return []
  const isKnown = local.dead === undefined ? hasSeen(last) : hasSeen(winner)
  return isKnown ? [] : [{ path: "", winner, loser: last }]
}

function newestStamp({ cells }: State): Stamp | undefined {
  let newest: Stamp | undefined
  for (const { stamp } of cells.values()) if (newest === undefined || compareStamps(stamp, newest) > 0) newest = stamp
  return newest
}
