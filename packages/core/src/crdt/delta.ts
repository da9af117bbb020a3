/**
 * What one actor wrote to a document, as a part of its state. Owns: which cells that are.
 * Invariant: the join of what every actor wrote, over all spans of its clock, is the whole state, as far as it can still be
 * seen: a cell that its own actor has written over, or whose life is over, is in no part any more.
 * Must not know rows, packs or buckets.
 */
import type { ActorId, Stamp } from "../clock/stamp.ts"
import type { State } from "./cells.ts"

/** Somebody's writes of a time: after `after`, up to and with `through`. */
export interface Writer {
  readonly actor: ActorId
  readonly after: number
  readonly through: number
}

/** The part of a state that a writer wrote; undefined when it wrote nothing of it. */
export function writtenPart({ life, dead, cells }: State, { actor, after, through }: Writer): State | undefined {
  const isOwn = (stamp: Stamp): boolean => stamp.actor === actor && stamp.hlc > after && stamp.hlc <= through
  if (dead !== undefined) return isOwn(dead) ? { life, dead, cells: new Map() } : undefined
  const own = new Map([...cells].filter(([, { stamp }]) => isOwn(stamp)))
  return own.size === 0 ? undefined : { life, cells: own }
}

/** Calls `visit` with every stamp of a state. */
export function eachStamp({ life, dead, cells }: State, visit: (stamp: Stamp) => void): void {
  if (life !== 0) visit(life)
  if (dead !== undefined) visit(dead)
  for (const { stamp } of cells.values()) visit(stamp)
}
