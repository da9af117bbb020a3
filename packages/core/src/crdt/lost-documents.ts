/**
 * Documents that gave way whole, by their lives. Owns: how several writes of one field stand beside each other there.
 * A newer one may be seen, by somebody who begins anew or deletes, where an older one was not: so all are kept, each document of a
 * life below the one whose writes are newer.
 * Invariant: of the documents of one life, the first has of each field the newest write, the next one the newest but that. Pure.
 * Must not know how writes come to be lost.
 */
import { compareStamps, type Stamp } from "../clock/stamp.ts"
import type { CellKey } from "./cell-key.ts"
import { type Cell, type Cells, compareLives, type Life } from "./cells.ts"

/** A document that gave way whole. */
export interface LostDocument {
  readonly life: Life
  /** When the last of it was found, wall time. */
  readonly metMs: number
  /** Its writes that the winner had not seen. */
  readonly lost: Cells
  /** The others, as far as they are known. */
  readonly seen: Cells
}

/** A write of a document. */
export type LostCell = readonly [key: CellKey, cell: Cell]

/** The documents of a life with these writes. */
export function documentsOf(
  { life, metMs }: Pick<LostDocument, "life" | "metMs">,
  writes: readonly LostCell[],
  seen: Cells,
): LostDocument[] {
  const found: Map<CellKey, Cell>[] = []
  const newestFirst = writes.toSorted(([, a], [, b]) => compareStamps(b.stamp, a.stamp))
  for (const [key, cell] of newestFirst) {
    const isThere = found.some((one) => one.has(key) && compareStamps((one.get(key) as Cell).stamp, cell.stamp) === 0)
    if (isThere) continue
    const free = found.find((one) => !one.has(key))
    if (free === undefined) found.push(new Map([[key, cell]]))
    else free.set(key, cell)
  }
  return found.map((lost) => ({ life, metMs, lost, seen: new Map([...seen].filter(([key]) => !lost.has(key))) }))
}

/** All writes that are lost in documents of one life. */
export const writesIn = (documents: readonly LostDocument[]): LostCell[] => documents.flatMap(({ lost }) => [...lost])

/** What was seen of documents of one life. */
export const seenIn = (documents: readonly LostDocument[]): Cells => new Map(documents.flatMap(({ seen }) => [...seen]))

/** The documents less the writes that `isLost` does not hold for: those stand beside the rest, as what was seen. */
export function lostStill(
  documents: readonly LostDocument[],
  isLost: (key: CellKey, stamp: Stamp, life: Life) => boolean,
): LostDocument[] {
  return byLife(documents).flatMap((ofLife) => {
    const [first] = ofLife as [LostDocument]
    const all = writesIn(ofLife)
    const left = all.filter(([key, { stamp }]) => isLost(key, stamp, first.life))
    if (left.length === all.length) return ofLife
    const over = all.filter((one) => !left.includes(one)).toReversed()
    return documentsOf(first, left, new Map([...seenIn(ofLife), ...over]))
  })
}

/** Documents in groups of one life each. */
export function byLife(documents: readonly LostDocument[]): LostDocument[][] {
  const groups: LostDocument[][] = []
  for (const one of documents) {
    const group = groups.find(([other]) => other !== undefined && isOfLife(other, one.life))
    if (group === undefined) groups.push([one])
    else group.push(one)
  }
  return groups
}

/** Whether a document is of a life. */
export const isOfLife = (one: LostDocument, life: Life): boolean => compareLives(one.life, life) === 0
