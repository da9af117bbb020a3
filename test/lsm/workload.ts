/**
 * One fixed day in the life of a database: writes of both durabilities, flushes, merges, sweeps. Owns: what was written,
 * what was acknowledged how, and what rows follow from it.
 */
import type { Durability } from "@fixpoint/core"
import { isFixpointError } from "@fixpoint/core/errors"
import type { SeededWorld } from "@fixpoint/testkit"
import type { Entry } from "../../packages/core/src/lsm/wal.ts"
import type { Tab } from "./tab.ts"

/** A write that was tried. */
export interface Tried {
  readonly entries: readonly Entry[]
  readonly durability: Durability
  isAcknowledged: boolean
}

/** The writes of a day: each has a mark that no other touches, and rows that all of them change. */
export class Workload {
  readonly tried: Tried[] = []

  /** Writes, flushes, merges and sweeps; `attempt` does each piece, and may go on after a failure. */
  async run(world: SeededWorld, tab: Tab, attempt: (work: () => Promise<unknown>) => Promise<unknown>): Promise<void> {
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 4; i++) await attempt(() => this.#write(tab, i === 2 ? "strict" : "relaxed"))
      await attempt(() => tab.flush({ compress: round === 2 }))
      await attempt(() => tab.lsm.compactOnce())
      if (round === 2) await world.advance(20_000)
      await attempt(() => tab.lsm.sweep())
    }
    await attempt(() => this.#write(tab, "relaxed"))
    await attempt(() => tab.lsm.barrier())
    await attempt(() => tab.lsm.compactOnce({ all: true }))
    await attempt(() => this.#write(tab, "relaxed"))
  }

  /** The number of writes that rows have; fails when one of them is there in part, or one without those before it. */
  storedIn(rows: ReadonlyMap<string, string>, isPrefix: boolean): Tried[] {
    const stored = this.tried.filter((_, i) => rows.has(markOf(i)))
    const last = this.tried.findLastIndex((_, i) => rows.has(markOf(i)))
    if (isPrefix && stored.length !== last + 1) throw new Error("a write is there without one before it")
    return stored
  }

  async #write(tab: Tab, durability: Durability): Promise<void> {
    const i = this.tried.length
    const shared = [0, 1, 2].map((offset): Entry => [`row ${(i * 7 + offset * 5) % 23}`, `${i} ${"x".repeat(60)}`])
    const entries: Entry[] = [[markOf(i), `${i}`], ...shared, [`row ${(i * 3) % 23}!`, null]]
    if (i % 3 === 0) entries.push([`row ${i % 23}`, null])
    const tried: Tried = { entries, durability, isAcknowledged: false }
    this.tried.push(tried)
    await tab.write(entries, durability)
    tried.isAcknowledged = true
  }
}

const markOf = (write: number): string => `mark ${write}`

/** The rows after some writes. */
export function rowsAfter(writes: readonly Pick<Tried, "entries">[]): [string, string][] {
  const rows = new Map<string, string>()
  for (const { entries } of writes)
    for (const [key, value] of entries) {
      if (value === null) rows.delete(key)
      else rows.set(key, value)
    }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Whether a failure is the one that a test has planned. */
export const isPlanned = (error: unknown): boolean =>
  isFixpointError(error) && /planned by a test|process of this store has ended/.test(error.message)
