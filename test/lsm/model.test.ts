import { createMemoryDisk, createMemoryStore, type Host, limits, type MemoryDisk, type Store } from "@fixpoint/core"
import { isFixpointError } from "@fixpoint/core/errors"
import { createDice, type Dice, SeededWorld, wrapStore } from "@fixpoint/testkit"
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import type { KeyRange } from "../../packages/core/src/codec/key.ts"
import type { RowBatch } from "../../packages/core/src/lsm/scan-rows.ts"
import type { Entry } from "../../packages/core/src/lsm/wal.ts"
import { edited, everything, openTab, type Tab } from "./tab.ts"

vi.mock("../../packages/core/src/base/limits.ts", async () => (await import("./small-limits.ts")).limits)

/** The rows after each record: a fold of the log, whatever else happens. */
class Oracle {
  readonly #states = [new Map<string, string>()]

  record(n: number, entries: readonly Entry[]): void {
    expect(n, "records come in the order of their numbers").toBe(this.#states.length)
    const state = new Map(this.#states.at(-1))
    for (const [key, value] of entries) {
      if (value === null) state.delete(key)
      else state.set(key, value)
    }
    this.#states.push(state)
  }

  /** The last record. */
  get head(): number {
    return this.#states.length - 1
  }

  /** Rows of a range, after record n. */
  at(n: number, { from, to }: KeyRange = everything): [string, string][] {
    return [...(this.#states[n] ?? [])].filter(([key]) => key >= from && key < to).sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** Whether rows are those after record n, or a later one. */
  hasState(rows: readonly (readonly [string, string])[], n: number, range?: KeyRange): boolean {
    const text = JSON.stringify(rows)
    return this.#states.some((_, i) => i >= n && JSON.stringify(this.at(i, range)) === text)
  }
}

/** What happened in all runs: a run that reaches nothing proves nothing. */
const reached = { outruns: 0, resets: 0, manifestOutruns: 0, merges: 0, sweeps: 0, edits: 0 }

/** A store that answers late, so that the work of tabs interleaves. */
const slow = (store: Store, host: Host, dice: Dice): Store =>
  wrapStore(store, async (_, run) => {
    const pause = async () => {
      for (let i = dice.below(3); i > 0; i--) await host.crypto.digest("SHA-256", new Uint8Array(1))
    }
    await pause()
    const result = await run()
    await pause()
    return result
  })

/** What to read, and whether from its end. */
interface Scan extends KeyRange {
  readonly isDescending: boolean
}

interface OpenScan {
  readonly head: number
  readonly scan: Scan
  readonly batches: AsyncIterator<RowBatch>
  readonly rows: (readonly [string, string])[]
}

type Step =
  | { readonly do: "write" | "race"; readonly tab: number; readonly entries: readonly Entry[] }
  | { readonly do: "get" | "scan" | "begin" | "end"; readonly tab: number; readonly range: Scan }
  | {
      readonly do: "flush" | "flush-raw" | "compact" | "compact-all" | "sweep" | "catch-up" | "reopen"
      readonly tab: number
    }

/** Rows of documents, whose values may be stored as edits, and others. */
const key = fc
  .integer({ min: 0, max: 24 })
  .map((i) => `${i % 4 === 0 ? "" : "\u0001"}${String.fromCharCode(97 + i).repeat(1 + (i % 3))}`)
const prose = Array.from({ length: 60 }, (_, i) => `w${(i * 7_919) % 997}`).join(" ")
const value = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(999), fc.constantFrom(0, 9, 90)).map(([n, length]) => `${n}${"·".repeat(length)}`),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(999), fc.nat(300))
      .map(([n, at]) => `${n}${prose.slice(0, at)}${n}${prose.slice(at + (n % 9))}`),
  },
)
const tab = fc.nat(1)
const entries = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 8 })
const range = fc.tuple(key, key, fc.boolean()).map(([a, b, isDescending]) => {
  const { from, to } = a < b ? { from: a, to: b } : { from: b, to: `${a}\0` }
  return { from, to, isDescending }
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("write" as const), tab, entries }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("race" as const), tab, entries }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("get" as const, "scan" as const, "begin" as const, "end" as const),
      tab,
      range,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("flush-raw" as const), tab }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "flush" as const,
        "compact" as const,
        "compact-all" as const,
        "sweep" as const,
        "catch-up" as const,
        "reopen" as const,
      ),
      tab,
    }),
  },
)

/** Two tabs over one disk, and the oracle beside them. */
class Run {
  readonly #world: SeededWorld
  readonly #dice: Dice
  readonly #disk: MemoryDisk = createMemoryDisk()
  readonly #oracle = new Oracle()
  readonly #tabs: Tab[] = []
  readonly #scans: (OpenScan | undefined)[] = []
  readonly #background: Promise<unknown>[] = []

  constructor(seed: number) {
    this.#world = new SeededWorld(seed)
    this.#dice = createDice(seed + 1)
  }

  async start(): Promise<void> {
    await this.#open(0)
    await this.#open(1)
  }

  async step(step: Step): Promise<void> {
    const tab = this.#tabs[step.tab]!
    if (step.do === "write") this.#oracle.record(await tab.write(step.entries), step.entries)
    else if (step.do === "race") await this.#race(step.entries)
    else if (step.do === "flush" || step.do === "flush-raw")
      this.#meanwhile(tab.flush({ compress: step.do === "flush" }))
    else if (step.do === "compact") this.#meanwhile(tab.lsm.compactOnce())
    else if (step.do === "compact-all") this.#meanwhile(tab.lsm.compactOnce({ all: true }))
    else if (step.do === "sweep") await this.#sweep(tab)
    else if (step.do === "catch-up") await tab.catchUp()
    else if (step.do === "reopen") await this.#open(step.tab)
    else if (step.do === "get") await this.#get(tab, step.range.from)
    else if (step.do === "scan") await this.#scan(tab, step.range)
    else if (step.do === "begin") await this.#begin(step.tab, step.range)
    else await this.#end(step.tab)
  }

  async finish(): Promise<void> {
    await this.#end(0)
    await this.#end(1)
    await Promise.all(this.#background)
    for (const tab of this.#tabs) {
      await tab.catchUp()
      expect([...(await tab.rows())]).toEqual(this.#oracle.at(tab.lsm.head))
      const report = await tab.check({ deep: true })
      expect(report.findings.filter(({ code }) => code !== "BLOCK_UNREFERENCED")).toEqual([])
      expect(report.ok).toBe(true)
    }
    expect(this.#tabs[0]?.lsm.head).toBe(this.#tabs[1]?.lsm.head)
    reached.manifestOutruns += this.#world.logs.filter(({ msg }) => msg === "manifest outrun").length
    reached.merges += this.#world.logs.filter(({ msg }) => msg === "merged").length
    reached.sweeps += this.#world.logs.filter(({ msg }) => msg === "swept").length
    for (const { outruns, resets } of this.#tabs) {
      reached.outruns += outruns
      reached.resets += resets
    }
  }

  async #open(index: number): Promise<void> {
    const host = this.#world.host()
    this.#scans[index] = undefined
    this.#tabs[index] = await openTab(host, slow(createMemoryStore(this.#disk), host, this.#dice))
  }

  /** Work that goes on beside the steps to come. */
  #meanwhile(work: Promise<unknown>): void {
    // Its failure is looked at in the end; until then it is no crash.
    work.catch(() => undefined)
    this.#background.push(work)
  }

  /** Replaced segments are kept for a while, which has passed by now. */
  async #sweep(tab: Tab): Promise<void> {
    await this.#world.advance(limits.retiredSegmentMs)
    this.#meanwhile(tab.lsm.sweep())
  }

  async #race(entries: readonly Entry[]): Promise<void> {
    const other = entries.map(([key]): Entry => [key, "raced"])
    const numbers = await Promise.all([this.#tabs[0]!.write(entries), this.#tabs[1]!.write(other)])
    const ordered = [entries, other].map((written, i) => ({ written, n: numbers[i]! })).sort((a, b) => a.n - b.n)
    for (const { written, n } of ordered) this.#oracle.record(n, written)
  }

  async #get(tab: Tab, key: string): Promise<void> {
    const { head } = tab.lsm
    const got = await tab.get(key)
    const rows = got === undefined ? [] : [[key, got] as const]
    expect(this.#oracle.hasState(rows, head, { from: key, to: `${key}\0` })).toBe(true)
  }

  async #scan(tab: Tab, { isDescending, ...range }: Scan): Promise<void> {
    const { head } = tab.lsm
    const rows = [...(await tab.rows(range, { isDescending, isShort: isDescending }))]
    if (isDescending) rows.reverse()
    expect(this.#oracle.hasState(rows, head, range)).toBe(true)
  }

  /** A scan is of the moment in which it was asked for, whatever is stored before it begins to read. */
  async #begin(index: number, scan: Scan): Promise<void> {
    const { lsm } = this.#tabs[index]!
    const { isDescending } = scan
    const batches = lsm.scan(scan, { isDescending, isSteady: true })
    this.#scans[index] = { head: lsm.head, scan, batches, rows: [] }
    if (isDescending) await this.#read(index)
  }

  async #end(index: number): Promise<void> {
    while (await this.#read(index));
    const open = this.#scans[index]
    this.#scans[index] = undefined
    if (open === undefined) return
    const rows = open.scan.isDescending ? open.rows.toReversed() : open.rows
    expect(rows).toEqual(this.#oracle.at(open.head, open.scan))
  }

  /** Whether an open scan may have more. */
  async #read(index: number): Promise<boolean> {
    const open = this.#scans[index]
    if (open === undefined) return false
    try {
      const { done, value } = await open.batches.next()
      if (done !== true) open.rows.push(...value)
      return done !== true
    } catch (error) {
      // What the scan stood on was swept by the other tab, maybe before its first rows: that is told, and never a mix of two
      // moments given. Where no record has come since, the segments that replaced it hold the same rows.
      if (!isFixpointError(error, "CONFLICT")) throw error
      expect(this.#oracle.head).toBeGreaterThan(open.head)
      this.#scans[index] = undefined
      return false
    }
  }
}

test("rows are a fold of the log, whatever is flushed, merged and swept by whom", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120, size: "max" }), fc.nat(), async (steps, seed) => {
      const run = new Run(seed)
      await run.start()
      for (const one of steps) await run.step(one)
      await run.finish()
    }),
    { numRuns: Number(process.env.LSM_RUNS ?? 50), interruptAfterTimeLimit: 100_000, markInterruptAsFailure: true },
  )
  reached.edits = edited.count
  for (const [what, count] of Object.entries(reached)) expect(count, what).toBeGreaterThan(0)
}, 120_000)
