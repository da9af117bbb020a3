/**
 * What a counter's part of this device had come to when it was sent. Owns: the rows `count/<row key>`, JSON of
 * `[hi, hlc, value]` by the key of the part's cell, ascending by hi, the clock up to which a cut went.
 * Parts are running totals: who makes an unsent addition again under another actor has to know from which total it began. A
 * total is kept as long as the device may have to go back to it.
 * Invariant: the newest total at or before any clock that a pack may still be taken back to is there.
 * Must not know packs.
 */
import type { CellKey } from "../crdt/cell-key.ts"
import type { State } from "../crdt/cells.ts"
import { type Key, systemKey } from "../codec/key.ts"

/** A total as it was sent. */
export type SentTotal = readonly [hi: number, hlc: number, value: number]

/** Sent totals of one document, by cell. */
export type SentTotals = Readonly<Record<CellKey, readonly SentTotal[]>>

/** The key of the totals of a document. */
export const totalsKey = (row: Key): Key => `${systemKey("sync", "count/")}${row}`

/** Whether a row may have counters at all, without reading it. */
export const mayCount = (row: string): boolean => row.includes("\\u0000c")

/** The totals after a cut up to `hi` with this part; those are let go that nothing goes back to before `keptFrom`. */
export function totalsAfter(line: string | undefined, part: State, hi: number, keptFrom: number): string | undefined {
  const before: SentTotals = line === undefined ? {} : (JSON.parse(line) as SentTotals)
  const totals: Record<CellKey, readonly SentTotal[]> = { ...before }
  let isChanged = false
  for (const [key, { stamp, value }] of part.cells) {
    if (!key.includes("\0c") || typeof value !== "number") continue
    const older = totals[key] ?? []
    const needed = older.filter((_, i) => (older[i + 1]?.[0] ?? Number.POSITIVE_INFINITY) > keptFrom)
    totals[key] = [...needed, [hi, stamp.hlc, value]]
    isChanged = true
  }
  return isChanged ? JSON.stringify(totals) : undefined
}

/** Whether anything of a cell was sent at any time. */
export function wasSent(line: string | undefined, key: CellKey): boolean {
  return line !== undefined && Object.hasOwn(JSON.parse(line) as SentTotals, key)
}

/** The total of a cell that was sent by `clock`; undefined when there was none, or when it is not known any more. */
export function totalAt(line: string | undefined, key: CellKey, clock: number): SentTotal | undefined {
  const totals = line === undefined ? undefined : (JSON.parse(line) as SentTotals)[key]
  return totals?.findLast(([hi]) => hi <= clock)
}
