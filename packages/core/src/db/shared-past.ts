/**
 * What a device that goes on under another actor shares with the one it was. Owns: finding, in what the ended actor has
 * published, void writes of this device, and what of them must not be made again.
 * A copy of a device goes on under the same actor, so both know the commits from before, and each publishes them: most writes
 * say the same a second time, but an addition would count twice.
 * Invariant: one commit that both know tells that they share all before it, as each history is a line. A stamp proves a
 * commit only if its clock had moved: copies whose clock stands still give one reading to two commits.
 * Must not know packs or buckets.
 */
import { isWallTime } from "../clock/hlc.ts"
import type { ActorId, Stamp } from "../clock/stamp.ts"
import type { Key } from "../codec/key.ts"
import { cellKey, splitCellKey } from "../crdt/cell-key.ts"
import type { Cell, State } from "../crdt/cells.ts"
import { renamed } from "../crdt/restamp.ts"
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

/** A state without parts of counters that the ended actor has published. */
export function withoutShared(state: State, isVoid: (stamp: Stamp) => boolean, { actor, shared }: Ended): State {
  const left = new Map(state.cells)
  for (const [key, { stamp }] of state.cells) {
    const { path, kind } = splitCellKey(key)
    if (kind !== "c" || !isVoid(stamp) || stamp.hlc > shared) continue
    const published = state.cells.get(cellKey(path, "c", actor))
    if (published !== undefined && published.stamp.hlc >= stamp.hlc) left.delete(key)
  }
  return left.size === state.cells.size ? state : { ...state, cells: left }
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
