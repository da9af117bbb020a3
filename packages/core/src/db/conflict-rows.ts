/**
 * What a database keeps of writes that gave way to others (crdt/losses.ts). Owns: the rows `0x06 conflict 0x00` ‖ row key, one for
 * each document that has any, their form and their bounds: JSON `{ v: 1, hlc, life, registers, documents }`, where a register is
 * `[met, path, stamp, value?]`, a document `[met, life, lost, seen]` with cells `[key, stamp, value?]`; times are wall time in ms.
 * Invariant: what this device wrote at a clock above `hlc` had seen all of it, so that local writes need not touch the row.
 * Must not know how losses are found or shown.
 */
import { FixpointError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import type { Hlc } from "../clock/hlc.ts"
import { compareStamps, formatStamp, parseStamp, type Stamp } from "../clock/stamp.ts"
import { type Key, systemKey } from "../codec/key.ts"
import type { CellKey } from "../crdt/cell-key.ts"
import type { Cell, Cells, Life } from "../crdt/cells.ts"
import { type Losses, type LostDocument, type LostRegister, newestLost } from "../crdt/losses.ts"

/** What is kept of one document, and the clock of the record that kept it. */
export interface KeptLosses {
  readonly hlc: Hlc
  readonly losses: Losses
}

type StoredCell = readonly [key: CellKey, stamp: string, value?: Json]
type StoredRegister = readonly [met: number, ...cell: StoredCell]
type StoredDocument = readonly [met: number, life: 0 | string, lost: readonly StoredCell[], seen: readonly StoredCell[]]

interface StoredConflicts {
  readonly v: number
  readonly hlc: Hlc
  readonly life: 0 | string
  readonly registers: readonly StoredRegister[]
  readonly documents: readonly StoredDocument[]
}

/** What the keys of all these rows begin with. */
export const conflictPrefix: Key = systemKey("conflict", "")

/** The key of the row of a document. */
export const conflictKey = (row: Key): Key => conflictPrefix + row

/** The row of what gave way, newest writes first, as much as is kept of it; undefined for nothing. */
export function formatConflicts({ hlc, losses }: KeptLosses, nowMs: number): string | undefined {
  const all = [
    ...losses.registers.map((one) => ({ ...one, stamp: one.cell.stamp, register: storedRegister(one) })),
    ...losses.documents.map((one) => ({ ...one, stamp: newestLost(one), document: storedDocument(one) })),
  ]
    .filter(({ metMs }) => isKept(metMs, nowMs))
    .sort((a, b) => compareStamps(b.stamp, a.stamp))
    .slice(0, limits.conflictsPerDocumentMax)
  let chars = 0
  const kept = all.filter((one, i) => {
    chars += JSON.stringify("register" in one ? one.register : one.document).length
    return i === 0 || chars <= limits.conflictCharsMax
  })
  if (kept.length === 0) return undefined
  const registers = kept.flatMap((one) => ("register" in one ? [one.register] : []))
  const documents = kept.flatMap((one) => ("document" in one ? [one.document] : []))
  return JSON.stringify({ v: 1, hlc, life: storedLife(losses.life), registers, documents } satisfies StoredConflicts)
}

/** What a row holds, less what is kept no more. */
export function readConflicts(line: string, nowMs: number): KeptLosses {
  const { v, hlc, life, registers, documents } = JSON.parse(line) as StoredConflicts
  if (v !== 1) throw new FixpointError("FORMAT_TOO_NEW", undefined, { details: { part: "conflicts", v } })
  const losses = {
    life: lifeOf(life),
    registers: registers.filter(([metMs]) => isKept(metMs, nowMs)).map(registerOf),
    documents: documents.filter(([metMs]) => isKept(metMs, nowMs)).map(documentOf),
  }
  return { hlc, losses }
}

const isKept = (metMs: number, nowMs: number): boolean => metMs > nowMs - limits.conflictKeepMs
const storedLife = (life: Life): 0 | string => (life === 0 ? 0 : formatStamp(life))
const lifeOf = (stored: 0 | string): Life => (stored === 0 ? 0 : stampOf(stored))

function stampOf(text: string): Stamp {
  const stamp = parseStamp(text)
  if (stamp === undefined) throw new FixpointError("BLOCK_CORRUPT", "A row of conflicts has a stamp that is none.")
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
