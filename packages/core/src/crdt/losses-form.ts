/**
 * Losses as JSON: as a database keeps them, and as runs and bases tell of them. Owns: the form `{ life, registers, documents }`.
 * A life is 0 or a stamp; a register is `[met, path, stamp, value?]`, a document `[met, life, lost, seen]` with cells
 * `[key, stamp, value?]`; times are wall time in ms.
 * Must not know where they are kept, nor the bounds of that.
 */
import { FixpointError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import { formatStamp, parseStamp, type Stamp } from "../clock/stamp.ts"
import type { CellKey } from "./cell-key.ts"
import type { Cell, Cells, Life } from "./cells.ts"
import type { Losses, LostRegister } from "./losses.ts"
import type { LostDocument } from "./lost-documents.ts"

/** A cell: without a value, a deletion. */
export type StoredCell = readonly [key: CellKey, stamp: string, value?: Json]
/** A register that lost. */
export type StoredRegister = readonly [met: number, ...cell: StoredCell]
/** A document that lost whole. */
export type StoredDocument = readonly [
  met: number,
  life: 0 | string,
  lost: readonly StoredCell[],
  seen: readonly StoredCell[],
]

/** What gave way of one document. */
export interface StoredLosses {
  readonly life: 0 | string
  readonly registers: readonly StoredRegister[]
  readonly documents: readonly StoredDocument[]
}

/** Losses as JSON. */
export function storedLosses({ life, registers, documents }: Losses): StoredLosses {
  return {
    life: storedLife(life),
    registers: registers.map(storedRegister),
    documents: documents.map(storedDocument),
  }
}

/** JSON as losses. */
export function lossesOf({ life, registers, documents }: StoredLosses): Losses {
  return { life: lifeOf(life), registers: registers.map(registerOf), documents: documents.map(documentOf) }
}

const storedLife = (life: Life): 0 | string => (life === 0 ? 0 : formatStamp(life))
const lifeOf = (stored: 0 | string): Life => (stored === 0 ? 0 : stampOf(stored))

function stampOf(text: string): Stamp {
  const stamp = parseStamp(text)
  if (stamp === undefined) throw new FixpointError("BLOCK_CORRUPT", "A conflict has a stamp that is none.")
  return stamp
}

function storedCell(key: CellKey, { stamp, value }: Cell): StoredCell {
  const text = formatStamp(stamp)
  return value === undefined ? [key, text] : [key, text, value]
}

function cellOf([key, stamp, value]: StoredCell): readonly [CellKey, Cell] {
  return [key, value === undefined ? { stamp: stampOf(stamp) } : { stamp: stampOf(stamp), value }]
}

const storedCells = (cells: Cells): StoredCell[] => [...cells].map(([key, cell]) => storedCell(key, cell))
const cellsOf = (stored: readonly StoredCell[]): Cells => new Map(stored.map(cellOf))

const storedRegister = ({ path, cell, metMs }: LostRegister): StoredRegister => [metMs, ...storedCell(path, cell)]

function registerOf([metMs, ...stored]: StoredRegister): LostRegister {
  const [path, cell] = cellOf(stored)
  return { path, cell, metMs }
}

function storedDocument({ life, metMs, lost, seen }: LostDocument): StoredDocument {
  return [metMs, storedLife(life), storedCells(lost), storedCells(seen)]
}

function documentOf([metMs, life, lost, seen]: StoredDocument): LostDocument {
  return { life: lifeOf(life), metMs, lost: cellsOf(lost), seen: cellsOf(seen) }
}
