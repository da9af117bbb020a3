/**
 * Remote parts of a document and the local state of it, told apart by what each side knows. Owns: when a cell that only one
 * side has is new to the other, and when it was collected there.
 * A write that is known and not there was collected: written over, or a deletion that everybody had seen. So what a base knows
 * of and lacks goes here too, and what is known here and lacking does not come back. Source: the optimised OR-set.
 * The death of a document's shared life is never collected by itself, but it goes with a later life that took its place: the name can
 * then begin again in the shared life, and whoever knows of the death and does not have it has seen all that.
 * Invariant: replicas that have taken in the same writes show the same document, whatever was collected on the way.
 * Must not know rows, packs or buckets.
 */
import { compareStamps, type Stamp } from "../clock/stamp.ts"
import { covers, type VersionVector } from "../clock/version-vector.ts"
import { type Cell, type Cells, compareLives, joinStates, normalise, type State, unite } from "./cells.ts"
import { rootPath, splitCellKey } from "./cell-key.ts"

/** What is known on either side before they meet. */
export interface Acquaintance {
  /** Whether this replica knows a write; it knows its own. */
  readonly known: (stamp: Stamp) => boolean
  /** Whether the writer of the incoming part knew a write. */
  readonly told: (stamp: Stamp) => boolean
}

/** The local state with what one actor wrote. Undefined when there is no document any more. */
export function absorbPart(local: State | undefined, part: State, sides: Acquaintance): State | undefined {
  if (isCollectedHere(local, part, sides)) return local
  if (local === undefined || isCollectedThere(local, part, sides)) return part
  return joinStates(local, part)
}

/** The local state with all cells of a span that several actors wrote: some may be known here, and collected since. */
export function absorbSpan(local: State | undefined, span: State, sides: Acquaintance): State | undefined {
  if (isCollectedHere(local, span, sides)) return local
  const isHere = local !== undefined && compareLives(local.life, span.life) === 0
  const cells = keepCells(span.cells, (key, { stamp }) => !sides.known(stamp) || (isHere && local.cells.has(key)))
  if (cells.size === 0 && span.dead === undefined) return local
  return absorbPart(local, { ...span, cells }, sides)
}

/** The local state with that of a base, undefined for a document that the base lacks. */
export function absorbBase(local: State | undefined, base: State | undefined, sides: Acquaintance): State | undefined {
  if (base === undefined) return local && withoutCollected(local, sides)
  if (local === undefined) return absorbSpan(local, base, sides)
  if (isCollectedHere(local, base, sides)) return withoutCollected(local, sides)
  if (compareLives(local.life, base.life) !== 0 || base.dead !== undefined || local.dead !== undefined)
    return absorbSpan(local, base, sides)
  // A cell that the base knows of, and shows an older one instead, is of a history that does not count.
  const isOfBase = (key: string, stamp: Stamp): boolean => {
    const there = base.cells.get(key)
    return there !== undefined && compareStamps(there.stamp, stamp) >= 0
  }
  const mine = keepCells(local.cells, (key, { stamp }) => !sides.told(stamp) || isOfBase(key, stamp))
  const theirs = keepCells(base.cells, (key, { stamp }) => !sides.known(stamp) || local.cells.has(key))
  const cells = normalise(unite(mine, theirs))
  return cells.size === 0 ? undefined : { life: local.life, cells }
}

/**
 * A state without the deletions that everybody has seen; undefined when nothing is left to tell. The shared life stays when it
 * is dead, as its name can come again, and a deletion inside an object stays, as it shows that there is an object.
 */
export function collect(state: State, horizon: VersionVector): State | undefined {
  const { life, dead, cells } = state
  if (dead !== undefined) return life !== 0 && covers(horizon, dead) ? undefined : state
  const kept = keepCells(cells, (key, cell) => !isPlainDeletion(key, cell) || !covers(horizon, cell.stamp))
  // A document is there as long as a cell is.
  return kept.size === 0 || kept.size === cells.size ? state : { life, cells: kept }
}

function isPlainDeletion(key: string, { value }: Cell): boolean {
  const { path, kind } = splitCellKey(key)
  return value === undefined && kind === "" && path !== rootPath && !path.includes(".")
}

/** Whether the incoming life, or what is told of its end, is over and forgotten here. */
function isCollectedHere(local: State | undefined, { life, dead }: State, { known }: Acquaintance): boolean {
  if (life !== 0) return known(life) && (local === undefined || compareLives(local.life, life) < 0)
  return dead !== undefined && known(dead) && (local === undefined || isAliveInShared(local))
}

/** Whether the incoming part stands where the local life, or the local end of the shared one, is over and forgotten at its writer's. */
function isCollectedThere({ life, dead }: State, part: State, { told }: Acquaintance): boolean {
  if (life !== 0) return compareLives(life, part.life) > 0 && told(life)
  return dead !== undefined && told(dead) && isAliveInShared(part)
}

const isAliveInShared = ({ life, dead }: State): boolean => life === 0 && dead === undefined

/** What is left of a document that a base lacks. */
function withoutCollected(local: State, { told }: Acquaintance): State | undefined {
  const { life, dead, cells } = local
  if (life !== 0) return told(life) ? undefined : local
  if (dead !== undefined) return told(dead) ? undefined : local
  const kept = keepCells(cells, (_, { stamp }) => !told(stamp))
  return kept.size === 0 ? undefined : { life, cells: kept }
}

function keepCells(cells: Cells, keep: (key: string, cell: Cell) => boolean): Cells {
  return new Map([...cells].filter(([key, cell]) => keep(key, cell)))
}
