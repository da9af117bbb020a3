/**
 * Fields that keep what several wrote at once. Owns: the cells of one, which of them stand, and what is shown of them.
 * The cell of an actor is what it wrote last: `[seen, values]`, or `[seen]` where it took the field away. `seen` are the clocks of
 * all writes to the field, by actor, that it wrote over, those included that they had written over; so what drops a cell drops all
 * that the cell would have dropped.
 * Invariant: pure functions of cells, in whatever order they come. Must not know rows or declared types.
 */
import type { Json } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import type { Hlc } from "../clock/hlc.ts"
import { type ActorId, compareStamps, type Stamp } from "../clock/stamp.ts"
import { type CellKey, cellKey, splitCellKey } from "./cell-key.ts"
import { elementText } from "./facets.ts"

/** A cell of such a field, or of any other. */
interface Written {
  readonly stamp: Stamp
  readonly value?: Json
}

/** The value of a cell. */
type Sibling = readonly [seen: Readonly<Record<ActorId, Hlc>>, values?: readonly Json[]]

const sign = cellKey("", "m")

/** Up to which clock each sibling was written over, by key. */
export function seenBySiblings(cells: ReadonlyMap<CellKey, Written>): ReadonlyMap<CellKey, Hlc> {
  const seen = new Map<CellKey, Hlc>()
  for (const [key, { value }] of cells) {
    if (!key.includes(sign)) continue
    const { path } = splitCellKey(key)
    for (const [actor, hlc] of Object.entries((value as unknown as Sibling)[0])) {
      const other = cellKey(path, "m", actor)
      if (hlc > (seen.get(other) ?? 0)) seen.set(other, hlc)
    }
  }
  return seen
}

/** The value of the cell of a write over all siblings at a path; without values it takes the field away. */
export function siblingOver(
  cells: ReadonlyMap<CellKey, Written>,
  path: string,
  stamp: Stamp,
  values: readonly Json[] | undefined,
): Json {
  const seen: Record<ActorId, Hlc> = {}
  const see = (actor: ActorId, hlc: Hlc): void => {
    seen[actor] = Math.max(hlc, seen[actor] ?? 0)
  }
  const start = cellKey(path, "m")
  for (const [key, cell] of cells) {
    if (!key.startsWith(start)) continue
    for (const [actor, hlc] of Object.entries((cell.value as unknown as Sibling)[0])) see(actor, hlc)
    // Of two writes of one commit the second takes the place of the first.
    if (compareStamps(cell.stamp, stamp) !== 0) see(key.slice(start.length), cell.stamp.hlc)
  }
  return values === undefined ? [seen] : [seen, values]
}

/** What is shown of siblings: what the newest writes say, of several each value once; undefined where all took the field away. */
export function siblingsShown(siblings: readonly Written[]): readonly Json[] | undefined {
  const newest = [...siblings].sort((a, b) => compareStamps(b.stamp, a.stamp))
  const said = newest.flatMap(({ value }) => {
    const [, values] = value as unknown as Sibling
    return values === undefined ? [] : [values]
  })
  return said.length < 2 ? said[0] : distinct(said.slice(0, limits.siblingsShownMax).flat())
}

function distinct(values: readonly Json[]): readonly Json[] {
  return [...new Map(values.map((value) => [elementText(value), value])).values()]
}
