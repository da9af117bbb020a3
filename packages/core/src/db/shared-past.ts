/**
 * What a device that goes on under another actor shares with the one it was. Owns: finding, in what the ended actor has
 * published, void writes of this device, and what of them must not be made again.
 * A copy of a device goes on under the same actor, so both know the commits from before, and each publishes them: an addition
 * would count twice, and a document that was inserted would begin a second life, which takes the first one's place with all that
 * others have written in it.
 * Invariant: one commit that both know tells that they share all before it, as each history is a line. A stamp proves a
 * commit only if its clock had moved: copies whose clock stands still give one reading to two commits.
 * Must not know packs or buckets.
 */
import { isWallTime } from "../clock/hlc.ts"
import type { ActorId, Stamp } from "../clock/stamp.ts"
import type { Key } from "../codec/key.ts"
import { cellKey, type CellKey, splitCellKey } from "../crdt/cell-key.ts"
import type { Cell, State } from "../crdt/cells.ts"
import { isEnd, renamed } from "../crdt/restamp.ts"
import type { ActorTable } from "../crdt/row.ts"
import { rowState } from "../crdt/row-state.ts"
import type { AbsorbStep } from "../sync/replica.ts"

/** The actor that this device was, up to where its writes stayed its own, and the last commit after that which both know. */
export interface Ended {
  readonly actor: ActorId
  readonly kept: number
  readonly shared: number
}

/** What is known of the ended actor after its writes were met among these; `rows` are those of before. */
export function afterMeeting(
  ended: Ended,
  steps: readonly AbsorbStep[],
  { self, actors, rows }: { self: ActorId; actors: ActorTable; rows: ReadonlyMap<Key, string | undefined> },
): Ended {
  const ending = new Map([[ended.actor, ended.kept]])
  let { shared } = ended
  for (const step of steps) {
    if (!step.actors.includes(ended.actor)) continue
    const table: ActorTable = {
      indexOf: (actor) => step.actors.indexOf(actor),
      actorAt: (index) => step.actors[index] ?? "",
    }
    for (const [key, row] of step.rows) {
      const line = rows.get(key)
      if (line === undefined || line === "") continue
      const mine = rowState(line, actors)
      for (const [name, cell] of renamed(rowState(row, table), ending, self).cells) {
        const { stamp } = cell
        if (stamp.actor === self && stamp.hlc > shared && isWallTime(stamp.hlc) && isSame(mine, name, cell, ended))
          shared = stamp.hlc
      }
    }
  }
  return { ...ended, shared }
}

/** A local state in the life that the ended actor has published, if it is the same one: it began when both were one device. */
export function inPublishedLife(local: State, { life }: State, self: ActorId, { actor, kept }: Ended): State {
  const isOne =
    local.life !== 0 &&
    life !== 0 &&
    local.life.hlc === life.hlc &&
    local.life.actor === self &&
    life.actor === actor &&
    life.hlc > kept
  return isOne ? { ...local, life } : local
}

/** A state with what the ended actor has published under its name, of which nothing has to be said again. */
export function withoutShared(state: State, isVoid: (stamp: Stamp) => boolean, { actor, shared }: Ended): State {
  const published = (stamp: Stamp): Stamp => (isVoid(stamp) && stamp.hlc <= shared ? { hlc: stamp.hlc, actor } : stamp)
  const life = state.life === 0 ? state.life : published(state.life)
  if (state.dead !== undefined) return { life, dead: published(state.dead), cells: state.cells }
  const left = new Map<CellKey, Cell>()
  for (const [key, cell] of state.cells) {
    const stamp = isEnd(key, cell) ? cell.stamp : published(cell.stamp)
    const twin = stamp === cell.stamp ? undefined : twinKey(key, actor)
    if (twin === undefined) left.set(key, { ...cell, stamp })
    else if ((state.cells.get(twin)?.stamp.hlc ?? 0) < stamp.hlc) left.set(key, cell)
  }
  return { life, cells: left }
}

/** What a cell that is named for its actor is called as one of another; undefined where it is named for none. */
function twinKey(key: CellKey, actor: ActorId): CellKey | undefined {
  const { path, kind, rest } = splitCellKey(key)
  if (kind === "c" || kind === "m") return cellKey(path, kind, actor)
  return kind === "y" ? cellKey(path, kind, actor + rest.slice(rest.indexOf("."))) : undefined
}

/** Whether a write that was published is one of here; a counter's part says here what was added since the one that was kept. */
function isSame({ cells }: State, name: string, { stamp, value }: Cell, { actor }: Ended): boolean {
  const mine = cells.get(name)
  if (mine?.stamp.hlc !== stamp.hlc || mine.stamp.actor !== stamp.actor) return false
  const { path, kind } = splitCellKey(name)
  const kept = kind === "c" ? (cells.get(cellKey(path, "c", actor))?.value ?? 0) : 0
  if (typeof value === "number" && typeof kept === "number") return value - kept === mine.value
  return JSON.stringify(value) === JSON.stringify(mine.value)
}
