/** Equality of states. Owns: what has to be the same; the values follow from the stamps. */
import { compareStamps } from "../clock/stamp.ts"
import { compareLives, type State } from "./cells.ts"

/** Whether two states that share their history say the same. */
export function isSameState(a: State, b: State): boolean {
  if (compareLives(a.life, b.life) !== 0 || a.cells.size !== b.cells.size) return false
  const [mine, theirs] = [a.dead, b.dead]
  if (mine === undefined || theirs === undefined ? mine !== theirs : compareStamps(mine, theirs) !== 0) return false
  for (const [key, { stamp, value }] of b.cells) {
    const other = a.cells.get(key)
    if (other === undefined || compareStamps(other.stamp, stamp) !== 0) return false
    // A register that is hidden for ever keeps its stamp and loses its value.
    if ((other.value === undefined) !== (value === undefined)) return false
  }
  return true
}
