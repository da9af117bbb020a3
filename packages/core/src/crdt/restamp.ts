/**
 * Writes that are made again under another name: those of an incarnation of this device that has ended before they were
 * sent. Owns: what of a state is theirs, what becomes of it, and of what was sent before it in cells that are named for their actor.
 * Invariant: what was beaten meanwhile stays beaten: a write that others have written below or beside since keeps its time, and is
 * not made to win by its new stamp. Nothing is let go, however many names end. Must not know rows or buckets.
 */
import type { Json } from "../base/json.ts"
import type { Hlc } from "../clock/hlc.ts"
import type { ActorId, Stamp } from "../clock/stamp.ts"
import { compareStamps } from "../clock/stamp.ts"
import { type CellKey, cellKey, rootPath, someAncestor, splitCellKey } from "./cell-key.ts"
import { type Cell, type Cells, isFacet, normalise, type State } from "./cells.ts"
import { freeChunkKey } from "./text-chunks.ts"

/** Tells whether a stamp is one of those that are made again. */
export type IsVoid = (stamp: Stamp) => boolean

/** By actor that ends, the clock up to which its writes stay its own. */
export type Ending = ReadonlyMap<ActorId, number>

/** What is made again when actors end. */
export const isVoidOf =
  (ending: Ending): IsVoid =>
  ({ actor, hlc }) =>
    hlc > (ending.get(actor) ?? Number.POSITIVE_INFINITY)

/** The state under another actor: the same clocks, and parts of counters, chunks of texts and siblings with it. */
export function renamed({ life, dead, cells }: State, ending: Ending, to: ActorId): State {
  const isVoid = isVoidOf(ending)
  const rename = (stamp: Stamp): Stamp => (isVoid(stamp) ? { hlc: stamp.hlc, actor: to } : stamp)
  const own = life === 0 ? life : rename(life)
  if (dead !== undefined) return { life: own, dead: rename(dead), cells: new Map() }
  const next = new Map<CellKey, Cell>()
  for (const entry of cells) {
    const [key, cell] = moved(entry, { ending, isVoid, rename, to })
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

/**
 * What ends the cells of a state that had been sent under the old name, and grew since: others have them as they were sent, and all that
 * they say is said again under the next name. An end stands at the clock up to which was sent, so that what a copy of this device
 * has written under the old name since stands beside it.
 */
export function endsOf({ cells }: State, ending: Ending, to: ActorId): Map<CellKey, Cell> {
  const isVoid = isVoidOf(ending)
  const ends = new Map<CellKey, Cell>()
  for (const [key, { stamp }] of cells) {
    const { kind } = splitCellKey(key)
    const hlc = ending.get(stamp.actor) ?? 0
    if (hlc === 0 || !isVoid(stamp) || actorIn(key) !== stamp.actor) continue
    if (kind === "y") ends.set(key, { stamp: { hlc, actor: to } })
    else if (kind === "c") ends.set(key, { stamp: { hlc, actor: to }, value: 0 })
  }
  return ends
}

/** The state with those writes made again at `stamp`; the same object when it has none of them. Ends stay where they are. */
export function restamped(state: State, isVoid: IsVoid, stamp: Stamp): State {
  const { dead, cells } = state
  const life = state.life !== 0 && isVoid(state.life) ? stamp : state.life
  if (dead !== undefined) return isVoid(dead) ? { life, dead: stamp, cells: new Map() } : state
  const beaten = beatenPaths(cells, isVoid)
  const again = new Map<CellKey, Cell>()
  let count = 0
  for (const [key, cell] of cells) {
    const isAgain = isVoid(cell.stamp) && !isEnd(key, cell)
    if (isAgain) count++
    if (!isAgain) again.set(key, cell)
    // What was beaten beats what it had beaten, here and elsewhere: it keeps its time.
    else again.set(key, beaten.has(key) ? cell : { ...cell, stamp })
  }
  return count === 0 ? state : { life, cells: normalise(again) }
}

interface Move {
  readonly ending: Ending
  readonly isVoid: IsVoid
  rename(stamp: Stamp): Stamp
  readonly to: ActorId
}

function moved([key, cell]: readonly [CellKey, Cell], move: Move): readonly [CellKey, Cell] {
  if (!move.isVoid(cell.stamp)) return [key, cell]
  const stamp = move.rename(cell.stamp)
  if (isEnd(key, cell)) return [key, { ...cell, stamp }]
  const { path, kind, rest } = splitCellKey(key)
  if (kind === "c") return [cellKey(path, kind, move.to), { ...cell, stamp }]
  if (kind === "m") return [cellKey(path, kind, move.to), { stamp, value: seenUnder(cell.value, move) }]
  if (kind === "y") return [cellKey(path, kind, move.to + rest.slice(rest.indexOf("."))), { ...cell, stamp }]
  return [key, { ...cell, stamp }]
}

/** What a sibling has seen of the actors that end is under the next name, but for what stays theirs: a copy goes on under the old one. */
function seenUnder(value: Json | undefined, { ending, to }: Move): Json {
  const [before, ...values] = value as [Record<ActorId, Hlc>, ...Json[]]
  const seen: Record<ActorId, Hlc> = {}
  const see = (actor: ActorId, hlc: Hlc): void => {
    if (hlc > 0) seen[actor] = Math.max(hlc, seen[actor] ?? 0)
  }
  for (const [actor, hlc] of Object.entries(before)) {
    const kept = ending.get(actor) ?? Number.POSITIVE_INFINITY
    see(actor, Math.min(hlc, kept))
    if (hlc > kept) see(to, hlc)
  }
  return [seen, ...values]
}

/** The actor that a cell is named for; undefined where it is named for none. */
function actorIn(key: CellKey): ActorId | undefined {
  const { kind, rest } = splitCellKey(key)
  if (kind === "c" || kind === "m") return rest
  return kind === "y" ? rest.slice(0, rest.indexOf(".")) : undefined
}

/** Whether a cell ends one of another name (`endsOf`). */
export function isEnd(key: CellKey, { stamp }: Cell): boolean {
  const actor = actorIn(key)
  return actor !== undefined && actor !== stamp.actor
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
    beat(rootPath)
  }
  return beaten
}
