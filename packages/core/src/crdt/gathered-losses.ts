/**
 * What gave way of a document where the whole state of another device comes here, as a run or a base, with what is lost there.
 * Owns: how two lists of losers become one. A state tells nothing of what each writer had seen, but who made it had seen all that it
 * tells of. So a loser that the maker knew of, and that is neither lost nor stands there, was decided there; one that is known here and neither
 * here, was decided here; all others stay; and a write that the maker did not know was not seen by any writer of its state.
 * Invariant: pure; the result is that of taking in each pack by itself. Must not know rows, packs or storage.
 */
import { compareStamps, formatStamp, type Stamp } from "../clock/stamp.ts"
import { type CellKey, splitCellKey } from "./cell-key.ts"
import { type Cell, type Cells, compareLives, type State } from "./cells.ts"
import { isRelated, isSameValue, type Losses, lossesAfter, noLosses } from "./losses.ts"
import { byLife, documentsOf, type LostDocument, lostStill, seenIn, writesIn } from "./lost-documents.ts"
import type { HasSeen } from "./rivals.ts"

/** Where the state of another device joins a local one. */
export interface Gathering {
  readonly local: State | undefined
  /** The document there, or of a run what is newer of it; undefined where nothing is told of it. */
  readonly there: State | undefined
  /** Whether that is all there is of it, as in a base. */
  readonly isWhole: boolean
  /** What is lost there; undefined for nothing. */
  readonly theirs: Losses | undefined
  /** What the join of the two has come to. */
  readonly after: State
  readonly isKnown: HasSeen
  readonly isTold: HasSeen
  readonly metMs: number
}

/** What is lost once the state of another device has joined a local one. */
export function lossesGathered(own: Losses, gathering: Gathering): Losses {
  const { local, there, theirs = noLosses(0), after, isKnown, isTold, metMs } = gathering
  const [here, others] = [namesIn(own, local), namesIn(theirs, there)]
  const mine = only(own, (key, stamp) => !isTold(stamp) || others.has(nameOf(key, stamp)) || !mayDecide(gathering, key))
  const news = only(theirs, (key, stamp) => !isKnown(stamp) || here.has(nameOf(key, stamp)))
  if (local === undefined) return united({ ...mine, life: after.life, registers: [] }, news, after)
  const part = there && newsOf(local, there, news, isKnown)
  const met = part === undefined ? mine : lossesAfter(mine, { local, part, hasSeen: isTold, isKnown, metMs })
  return united(met, news, after)
}

/**
 * Whether what came could be of somebody who had seen a write at a path and decided. A run shows whoever did: what they wrote stands
 * there, or has given way there itself.
 */
function mayDecide({ there, theirs, isWhole, isKnown }: Gathering, path: string): boolean {
  if (isWhole) return true
  const isNewAt = (key: string, { stamp }: Cell): boolean => !isKnown(stamp) && isRelated(splitCellKey(key).path, path)
  if (theirs?.registers.some(({ path: at, cell }) => isNewAt(at, cell)) === true) return true
  if (there === undefined) return false
  const { life, dead, cells } = there
  if ((life !== 0 && !isKnown(life)) || (dead !== undefined && !isKnown(dead))) return true
  return [...cells].some(([key, cell]) => isNewAt(key, cell))
}

const nameOf = (key: CellKey, stamp: Stamp): string => `${key} ${formatStamp(stamp)}`

/** All writes that are lost, or stand in a document. */
function namesIn({ registers, documents }: Losses, state: State | undefined): ReadonlySet<string> {
  const cells: Cells[] = [...documents.map(({ lost }) => lost), state?.cells ?? new Map()]
  const names = cells.flatMap((some) => [...some].map(([key, { stamp }]) => nameOf(key, stamp)))
  return new Set([...registers.map(({ path, cell }) => nameOf(path, cell.stamp)), ...names])
}

function only(losses: Losses, isLost: (key: CellKey, stamp: Stamp) => boolean): Losses {
  const registers = losses.registers.filter(({ path, cell }) => isLost(path, cell.stamp))
  return { ...losses, registers, documents: lostStill(losses.documents, isLost) }
}

/** What of a state is new here; undefined for nothing. */
function newsOf(local: State, there: State, news: Losses, isKnown: HasSeen): State | undefined {
  const { life, dead } = there
  if (dead !== undefined) return isKnown(dead) ? undefined : there
  const cells = new Map([...there.cells].filter(([, { stamp }]) => !isKnown(stamp)))
  const order = compareLives(local.life, life)
  // Of a document that gives way here whole, or is over, what had given way in it is lost as well.
  if ((order > 0 || (order === 0 && local.dead !== undefined)) && compareLives(news.life, life) === 0)
    for (const { path, cell } of news.registers) if (!isKnown(cell.stamp) && !cells.has(path)) cells.set(path, cell)
  return cells.size > 0 || order < 0 ? { life, cells } : undefined
}

function united(one: Losses, other: Losses, { life, dead, cells }: State): Losses {
  const isOfLife = dead === undefined && compareLives(other.life, life) === 0
  const listed = namesIn({ ...one, documents: [] }, undefined)
  const more = isOfLife ? other.registers.filter(({ path, cell }) => !listed.has(nameOf(path, cell.stamp))) : []
  const registers = [...one.registers, ...more].filter(({ path, cell }) => {
    const winner = cells.get(path)
    return !isSameValue(cell, winner) && (winner === undefined || compareStamps(winner.stamp, cell.stamp) !== 0)
  })
  const documents = byLife([...one.documents, ...other.documents]).flatMap((ofLife) => {
    const [first] = ofLife as [LostDocument]
    const metMs = Math.max(...ofLife.map((one) => one.metMs))
    return documentsOf({ life: first.life, metMs }, writesIn(ofLife), seenIn(ofLife))
  })
  return { life, registers, documents }
}
