/**
 * What of a document gave way to writes that had not seen it, and has not been seen by whoever wrote there since. Owns: how that
 * changes when an incoming part joins a local state, and when it is over.
 * - A register that lost stays, until somebody who had seen it writes at, above or below its path.
 * - Of a document that lost whole, to a death or to another document of its id, the writes stay that the winner had not seen; what
 *   it had seen stays beside them, to make the document whole. It is over when somebody who had seen it deletes, or begins anew.
 * - Registers of a life that ends go with their document.
 * - A value that is the same as the one that won is no loss.
 * Invariant: pure; replicas that have taken in the same writes tell the same losers. Must not know rows, packs or storage.
 */
import type { Hlc } from "../clock/hlc.ts"
import { compareStamps, type Stamp } from "../clock/stamp.ts"
import { equalValues } from "../codec/order.ts"
import { splitCellKey } from "./cell-key.ts"
import { type Cell, compareLives, type Life, normalise, type State } from "./cells.ts"
import { changesBetween } from "./changes.ts"
import {
  documentsOf,
  isOfLife,
  type LostCell,
  type LostDocument,
  lostStill,
  seenIn,
  writesIn,
} from "./lost-documents.ts"
import { type HasSeen, rivalries } from "./rivals.ts"
import { viewCells } from "./view.ts"

/** A register that gave way. */
export interface LostRegister {
  readonly path: string
  readonly cell: Cell
  /** When that was found, wall time. */
  readonly metMs: number
}

/** All that gave way of one document. */
export interface Losses {
  /** The life that the registers are of. */
  readonly life: Life
  readonly registers: readonly LostRegister[]
  readonly documents: readonly LostDocument[]
}

/** Where an incoming part joins a local state. */
export interface Meeting {
  readonly local: State
  readonly part: State
  /** Which writes the writer of the part had seen. */
  readonly hasSeen: HasSeen
  /** Which are known here. */
  readonly isKnown: HasSeen
  readonly metMs: number
}

/** Nothing is lost of a life. */
export const noLosses = (life: Life): Losses => ({ life, registers: [], documents: [] })

/** Whether nothing is lost. */
export const isNothing = ({ registers, documents }: Losses): boolean => registers.length + documents.length === 0

/** What is lost once an incoming part has joined a local state. */
export function lossesAfter(known: Losses, meeting: Meeting): Losses {
  const { local, part, hasSeen, isKnown } = meeting
  const order = compareLives(local.life, part.life)
  if (order > 0) {
    // Where the writer had seen the local life, that one is over and collected, and the part is all there is.
    if (local.life !== 0 && hasSeen(local.life)) return noLosses(part.life)
    // Whoever began a document or ended it has decided what it had seen of that life and of those before, though its own gave way.
    const decides = part.dead !== undefined || (part.life !== 0 && !isKnown(part.life))
    const documents = lostStill(
      known.documents,
      (_, stamp, life) => !decides || !hasSeen(stamp) || compareLives(life, part.life) > 0,
    )
    return { ...known, documents: withEdits(documents, meeting) }
  }
  if (order === 0 && part.dead === undefined)
    return local.dead === undefined
      ? { ...known, registers: registersAfter(known.registers, meeting) }
      : { ...known, documents: withEdits(known.documents, meeting) }
  const documents = lostStill(known.documents, (_, stamp) => !hasSeen(stamp))
  const ended = local.dead === undefined ? endedBy(known, meeting) : []
  return { life: part.life, registers: [], documents: [...documents, ...ended] }
}

/** What is still lost after writes of this device, which had seen all that there was at a clock. */
export function lossesSince(known: Losses, { life, dead, cells }: State, hlc: Hlc): Losses {
  const isLater = (stamp: Stamp): boolean => stamp.hlc > hlc
  if ((life !== 0 && isLater(life)) || (dead !== undefined && isLater(dead))) return noLosses(life)
  if (dead !== undefined || compareLives(life, known.life) !== 0) return { ...known, life, registers: [] }
  const written = [...cells].filter(([, { stamp }]) => isLater(stamp)).map(([key]) => splitCellKey(key).path)
  const registers = known.registers.filter(({ path }) => !written.some((one) => isRelated(one, path)))
  return { ...known, registers }
}

/** The newest of the writes of a document that gave way. */
export function newestLost({ lost }: LostDocument): Stamp {
  return [...lost.values()].map(({ stamp }) => stamp).reduce((a, b) => (compareStamps(a, b) > 0 ? a : b))
}

/** The state of a document that gave way: what was lost stands before what was seen. */
export function lostState({ life, lost, seen }: LostDocument): State {
  return { life, cells: normalise(new Map([...seen, ...lost])) }
}

/** Whether one path is the other, above or below it. */
export function isRelated(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`)
}

function registersAfter(known: readonly LostRegister[], { local, part, hasSeen, metMs }: Meeting): LostRegister[] {
  const written = [...part.cells.keys()].map((key) => splitCellKey(key).path)
  const kept = known.filter(({ path, cell }) => !hasSeen(cell.stamp) || !written.some((one) => isRelated(one, path)))
  const found = rivalries(local, part, hasSeen).flatMap(({ path, loser }): LostRegister[] => {
    const [mine, theirs] = [local.cells.get(path), part.cells.get(path)]
    const isMine = mine !== undefined && compareStamps(mine.stamp, loser) === 0
    const [lost, won] = isMine ? [mine, theirs] : [theirs, mine]
    return lost === undefined || isSameValue(lost, won) ? [] : [{ path, cell: lost, metMs }]
  })
  return [...kept, ...found]
}

/** Whether a write says what another one says. */
export function isSameValue({ value }: Cell, other: Cell | undefined): boolean {
  if (other === undefined) return false
  if (value === undefined || other.value === undefined) return value === other.value
  return equalValues(value, other.value)
}

/** A local document that ends. */
function endedBy(known: Losses, { local, part, hasSeen, metMs }: Meeting): LostDocument[] {
  if (part.dead === undefined && showsSame(local, part)) return []
  const standing = [...local.cells].filter(([, { stamp }]) => !hasSeen(stamp))
  // What had given way in it was not seen either by whoever did not see it: it is not lost because it was lost before.
  const below = (compareLives(known.life, local.life) === 0 ? known.registers : []).flatMap(({ path, cell }) =>
    hasSeen(cell.stamp) ? [] : [[path, cell] as const],
  )
  return documentsOf({ life: local.life, metMs }, [...standing, ...below], local.cells)
}

/** Edits that come to a document which is over. */
function withEdits(known: readonly LostDocument[], { local, part, hasSeen, metMs }: Meeting): readonly LostDocument[] {
  const { life, cells } = part
  if (cells.size === 0 || (local.dead === undefined && showsSame(local, part))) return known
  const ofLife = known.filter((one) => isOfLife(one, life))
  const isOver = ([key, { stamp }]: LostCell): boolean => cells.has(key) && hasSeen(stamp)
  const writes = [...writesIn(ofLife).filter((one) => !isOver(one)), ...cells]
  const others = known.filter((one) => !isOfLife(one, life))
  return [...others, ...documentsOf({ life, metMs }, writes, seenIn(ofLife))]
}

function showsSame(a: State, b: State): boolean {
  return changesBetween(viewCells(a.cells).document, viewCells(b.cells).document).changes.length === 0
}
