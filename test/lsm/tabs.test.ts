import { createMemoryDisk, createMemoryStore, type MemoryDisk, type Store } from "@fixpoint/core"
import { changeOf, faultyStore, SeededWorld, type StoreCall, wrapStore } from "@fixpoint/testkit"
import { beforeEach, describe, expect, test, vi } from "vitest"
import type { Entry } from "../../packages/core/src/lsm/wal.ts"
import { everything, openTab, type Tab } from "./tab.ts"

vi.mock("../../packages/core/src/base/limits.ts", async () => (await import("./small-limits.ts")).limits)

/** Rows of about 60 bytes, from `first` on. */
const rowsFrom = (first: number, count: number, mark = "v"): Entry[] =>
  Array.from({ length: count }, (_, i) => [`row ${String(first + i).padStart(4, "0")}`, `${mark}${"-".repeat(50)}`])

/** A store that stops before a call, until it is let go. */
class Gate {
  readonly reached: Promise<void>
  readonly #open: Promise<void>
  #reach: () => void = () => undefined
  #isUsed = false
  letGo: () => void = () => undefined

  constructor() {
    this.reached = new Promise((resolve) => (this.#reach = resolve))
    this.#open = new Promise((resolve) => (this.letGo = resolve))
  }

  /** Stops at the first call of which `isIt` holds. */
  guard(store: Store, isIt: (call: StoreCall) => boolean): Store {
    return faultyStore(store, async (call) => {
      if (this.#isUsed || !isIt(call)) return undefined
      this.#isUsed = true
      this.#reach()
      await this.#open
      return undefined
    })
  }
}

let world: SeededWorld
let disk: MemoryDisk
const open = (store: Store = createMemoryStore(disk)): Promise<Tab> => openTab(world.host(), store)

beforeEach(() => {
  world = new SeededWorld(1)
  disk = createMemoryDisk()
})

/** Merges everything and sweeps what that replaced, long after. */
async function compactAndSweep(tab: Tab): Promise<void> {
  while (await tab.lsm.compactOnce({ all: true }));
  await world.advance(60_000)
  await tab.lsm.sweep()
}

describe("a number of the log is given once", () => {
  test("a writer that slept is outrun, whether or not the log was trimmed", async () => {
    for (const others of [1, 2, 5]) {
      disk = createMemoryDisk()
      const gate = new Gate()
      const sleeper = await open(gate.guard(createMemoryStore(disk), (call) => changeOf(call)?.append?.n === 2))
      await sleeper.write([["a", "1"]])
      const late = sleeper.write([["late", "yes"]])
      await gate.reached
      const other = await open()
      for (let i = 0; i < others; i++) await other.write([["b", String(i)]])
      await other.flush()
      expect(disk.log.map(({ n }) => n)).toEqual([other.lsm.head])
      gate.letGo()
      expect(await late).toBe(other.lsm.head + 1)
      expect(sleeper.outruns).toBe(1)
      await other.catchUp()
      expect(await other.rows()).toEqual(await sleeper.rows())
    }
  })

  test("two tabs that write at once both get through", async () => {
    const [a, b] = [await open(), await open()]
    const numbers = await Promise.all([...Array(20).keys()].map((i) => (i % 2 ? a : b).write([[`key ${i}`, `${i}`]])))
    expect(numbers.sort((x, y) => x - y)).toEqual([...Array(20).keys()].map((i) => i + 1))
    await Promise.all([a.catchUp(), b.catchUp()])
    expect((await a.rows()).size).toBe(20)
    expect(await a.rows()).toEqual(await b.rows())
  })
})

describe("a tab that is behind", () => {
  test("begins anew from segments when the records that it lacks are trimmed", async () => {
    const [a, b] = [await open(), await open()]
    await a.write([["kept", "1"]])
    await b.catchUp()
    await a.write(rowsFrom(0, 30))
    await a.write([["kept", null]])
    await a.flush()
    await a.write([["newer", "1"]])
    await b.catchUp()
    expect(b.resets).toBe(1)
    expect(b.lsm.head).toBe(4)
    expect(b.lsm.note).toEqual({ head: 3 })
    expect(await b.rows()).toEqual(await a.rows())
    expect(await b.get("kept")).toBeUndefined()
  })

  test("begins anew when the value that an edit was made from is gone by the time it is looked for", async () => {
    const values = [1, 2, 3].map((n) => `${n}${rowsFrom(0, 9).join(" ")}`)
    const gate = new Gate()
    const asleep = gate.guard(createMemoryStore(disk), ({ name }) => name === "readBlocks")
    const a = await open()
    await a.write([["\u0001row", values[0]!]])
    await a.flush()
    const b = await open(asleep)
    for (const value of values.slice(1)) await a.write([["\u0001row", value]])
    const caughtUp = b.catchUp()
    await gate.reached
    await a.flush()
    await compactAndSweep(a)
    gate.letGo()
    await caughtUp
    expect(b.resets).toBe(1)
    expect(await b.get("\u0001row")).toBe(values[2])
  })

  test("reads the kept record when that is all it lacks, and needs no reset", async () => {
    const [a, b] = [await open(), await open()]
    await a.write([["a", "1"]])
    await a.flush()
    await b.catchUp()
    expect([b.resets, b.lsm.head]).toEqual([0, 1])
    expect(await b.get("a")).toBe("1")
  })

  test("forgets rows that another tab has flushed", async () => {
    const [a, b] = [await open(), await open()]
    await a.write(rowsFrom(0, 10))
    await b.catchUp()
    expect(b.lsm.stats().memtableRows).toBe(10)
    await a.flush()
    await b.catchUp()
    expect(b.lsm.stats().memtableRows).toBe(0)
    expect((await b.rows()).size).toBe(10)
  })

  test("does not flush what another tab has flushed further, and goes on after it has caught up", async () => {
    const gate = new Gate()
    const a = await open(gate.guard(createMemoryStore(disk), (call) => changeOf(call)?.manifest !== undefined))
    await a.write(rowsFrom(0, 5))
    const flush = a.flush()
    await gate.reached
    const b = await open()
    await b.write(rowsFrom(3, 5, "w"))
    await b.flush()
    gate.letGo()
    await flush
    expect(await a.get("row 0003")).toMatch(/^v/)
    await a.catchUp()
    expect(await a.get("row 0003")).toMatch(/^w/)
    expect(await a.rows()).toEqual(await b.rows())
    await a.flush()
    expect(a.lsm.stats().segments.length).toBe(1)
  })

  test("flushes only the rest when another tab has flushed a part", async () => {
    const [a, b] = [await open(), await open()]
    await a.write(rowsFrom(0, 5))
    await b.catchUp()
    await b.flush()
    await a.write(rowsFrom(100, 2))
    await a.flush()
    expect(a.lsm.stats().segments.map(({ rows }) => rows)).toEqual([2, 5])
    expect((await a.rows()).size).toBe(7)
  })
})

describe("the log", () => {
  test("keeps what is written while a flush is under way", async () => {
    const gate = new Gate()
    const tab = await open(gate.guard(createMemoryStore(disk), (call) => changeOf(call)?.manifest !== undefined))
    await tab.write(rowsFrom(0, 5))
    const flush = tab.flush()
    await gate.reached
    for (const n of [1, 2, 3]) await tab.write(rowsFrom(n * 100, 2))
    gate.letGo()
    await flush
    expect(disk.log.map(({ n }) => n)).toEqual([2, 3, 4])
    const next = await open()
    expect(await next.rows()).toEqual(await tab.rows())
    expect((await next.rows()).size).toBe(11)
  })

  test("that is shorter than it was is told from one with a gap", async () => {
    const tab = await open()
    for (const n of [1, 2, 3]) await tab.write(rowsFrom(n * 100, 2))
    disk.log = disk.log.slice(0, 2)
    await expect(tab.catchUp()).rejects.toMatchObject({ code: "STORE_ROLLED_BACK", details: { head: 2, expected: 3 } })
    const other = await open()
    await other.write(rowsFrom(0, 1))
    await other.write(rowsFrom(1, 1))
    const late = await open()
    await late.write(rowsFrom(2, 1))
    await late.write(rowsFrom(3, 1))
    disk.log = disk.log.filter(({ n }) => n !== 5)
    await expect(other.catchUp()).rejects.toMatchObject({ code: "STORE_TORN" })
  })
})

describe("reads beside another tab's merges", () => {
  test("a stale tab reads on from the newer segments", async () => {
    const [a, b] = [await open(), await open()]
    for (let i = 0; i < 4; i++) {
      await a.write(rowsFrom(i * 10, 10))
      await a.flush()
    }
    await b.catchUp()
    await compactAndSweep(a)
    expect(await b.get("row 0033")).toBeDefined()
    await a.write(rowsFrom(0, 1, "w"))
    await a.flush()
    await compactAndSweep(a)
    const rows = await b.rows()
    expect(rows.size, "a tab that is behind reads one moment, if a later one").toBe(40)
    expect(rows.get("row 0000")).toMatch(/^w/)
  })

  test("a stale tab does not mix its rows in memory with later segments", async () => {
    const [a, b] = [await open(), await open()]
    await a.write([
      ["x", "old"],
      ["y", "old"],
    ])
    await a.flush()
    await a.write([["x", "mid"]])
    await b.catchUp()
    await a.write([
      ["x", "new"],
      ["y", "new"],
    ])
    await a.flush()
    await compactAndSweep(a)
    expect(await b.lsm.getMany(["y", "x"])).toEqual(["new", "new"])
    expect([...(await b.rows())]).toEqual([
      ["x", "new"],
      ["y", "new"],
    ])
  })

  test("a scan goes on where it stood, on segments that hold nothing later", async () => {
    const [a, b] = [await open(), await open()]
    for (let i = 0; i < 2; i++) {
      await a.write(rowsFrom(i * 30, 60, `v${i}`))
      await a.flush()
    }
    await b.catchUp()
    const scan = b.lsm.scan(everything)[Symbol.asyncIterator]()
    const first = await scan.next()
    expect(first.value.length).toBeLessThan(60)
    await compactAndSweep(a)
    const rows = [...first.value]
    for (let next = await scan.next(); next.done !== true; next = await scan.next()) rows.push(...next.value)
    expect(rows).toEqual([...(await a.rows())])
  })

  test("a scan whose moment is gone says so", async () => {
    const [a, b] = [await open(), await open()]
    await a.write(rowsFrom(0, 90))
    await a.flush()
    await b.catchUp()
    const scan = b.lsm.scan(everything)[Symbol.asyncIterator]()
    await scan.next()
    await a.write(rowsFrom(80, 10, "later"))
    await a.flush()
    await compactAndSweep(a)
    const rest = async () => {
      while ((await scan.next()).done !== true);
    }
    await expect(rest()).rejects.toMatchObject({ code: "CONFLICT", retryable: true })
    await b.catchUp()
    expect(await b.rows()).toEqual(await a.rows())
  })

  test("a scan that has given nothing begins anew, or says that its moment is gone where it must be steady", async () => {
    const [a, b] = [await open(), await open()]
    await a.write(rowsFrom(0, 90))
    await a.flush()
    await b.catchUp()
    for (const isDescending of [false, true]) {
      const steady = b.lsm.scan(everything, { isDescending, isSteady: true })
      const other = b.lsm.scan(everything, { isDescending })
      await a.write(rowsFrom(80, 10, `later ${isDescending}`))
      await a.flush()
      await compactAndSweep(a)
      await expect(steady.next()).rejects.toMatchObject({ code: "CONFLICT", retryable: true })
      const rows: (readonly [string, string])[] = []
      for await (const batch of other) rows.push(...batch)
      expect(isDescending ? rows.toReversed() : rows).toEqual([...(await a.rows())])
      await b.catchUp()
    }
  })

  test("this tab's own sweep leaves the segments of a scan under way", async () => {
    const a = await open()
    await a.write(rowsFrom(0, 90))
    await a.flush()
    const scan = a.lsm.scan(everything)[Symbol.asyncIterator]()
    const first = await scan.next()
    await a.write(rowsFrom(80, 10, "later"))
    await a.flush()
    await compactAndSweep(a)
    const rows = [...first.value]
    for (let next = await scan.next(); next.done !== true; next = await scan.next()) rows.push(...next.value)
    expect(rows).toEqual(rowsFrom(0, 90))
    expect(await a.lsm.sweep()).toBe(false)
  })

  test("a block that is missing without any merge is damage", async () => {
    const a = await open()
    await a.write(rowsFrom(0, 90))
    await a.flush()
    disk.blocks.delete([...disk.blocks.keys()].sort((x, y) => x - y)[3]!)
    await expect(a.rows()).rejects.toMatchObject({ code: "BLOCK_MISSING" })
    await expect(a.lsm.getMany(rowsFrom(0, 90).map(([key]) => key))).rejects.toMatchObject({ code: "BLOCK_MISSING" })
  })
})

describe("a tab that sleeps in the middle of its work", () => {
  const isManifest = (call: StoreCall) => changeOf(call)?.manifest !== undefined
  const isFirstBlocks = (call: StoreCall) => (changeOf(call)?.blocks?.length ?? 0) > 0

  async function filled(): Promise<Tab> {
    const tab = await open()
    for (let i = 0; i < 3; i++) {
      await tab.write(rowsFrom(i * 40, 60, `v${i}`))
      await tab.flush()
    }
    return tab
  }

  test.each([
    ["a merge, before its first blocks", isFirstBlocks],
    ["a merge, before its manifest", isManifest],
    ["a flush, before its manifest", isManifest],
  ])("%s: it does not name blocks that were swept meanwhile", async (what, isIt) => {
    const a = await filled()
    const isFlush = what.startsWith("a flush")
    const gate = new Gate()
    const sleeper = await open(gate.guard(createMemoryStore(disk), isIt))
    if (isFlush) await sleeper.write(rowsFrom(300, 40))
    const before = await sleeper.rows()
    const work = isFlush ? sleeper.flush() : sleeper.lsm.compactOnce({ all: true })
    await gate.reached
    const version = disk.manifest?.version
    await a.lsm.sweep()
    if (isIt === isManifest) expect(disk.manifest?.version, "there was something to sweep").toBe(version! + 1)
    gate.letGo()
    await work
    for (const tab of [a, sleeper, await open()]) {
      await tab.catchUp()
      expect(await tab.rows()).toEqual(before)
      expect((await tab.check({ deep: true })).ok).toBe(true)
    }
    while (await sleeper.lsm.compactOnce({ all: true }));
    expect(sleeper.lsm.stats().segments.length).toBe(1)
    expect(await sleeper.rows()).toEqual(before)
  })

  test("it does not bring back what another tab has merged", async () => {
    const a = await filled()
    const before = await a.rows()
    const gate = new Gate()
    const sleeper = await open(gate.guard(createMemoryStore(disk), isManifest))
    const merge = sleeper.lsm.compactOnce()
    await gate.reached
    await a.write([["row 0050", null]])
    await a.flush()
    await compactAndSweep(a)
    gate.letGo()
    await merge
    before.delete("row 0050")
    await sleeper.catchUp()
    expect(await sleeper.rows()).toEqual(before)
    await sleeper.lsm.sweep()
    expect(await a.check({ deep: true })).toMatchObject({ ok: true, findings: [] })
  })

  test("a merge goes through although the same tab flushes meanwhile", async () => {
    await filled()
    const gate = new Gate()
    const tab = await open(gate.guard(createMemoryStore(disk), isManifest))
    const merge = tab.lsm.compactOnce()
    await gate.reached
    await tab.write(rowsFrom(200, 3))
    await tab.flush()
    gate.letGo()
    expect(await merge).toBe(true)
    expect(tab.lsm.stats().segments.map(({ level, rows }) => [level, rows])).toEqual([
      [0, 3],
      [1, 140],
    ])
  })
})

test("writers that are faster than the flush wait for it", async () => {
  const gate = new Gate()
  const tab = await open(gate.guard(createMemoryStore(disk), (call) => changeOf(call)?.manifest !== undefined))
  await tab.write(rowsFrom(0, 10))
  const flush = tab.flush()
  await gate.reached
  let written = 0
  const writes = Array.from({ length: 12 }, (_, i) => tab.write(rowsFrom(i * 10, 10)).then(() => written++))
  await world.settled()
  expect(written).toBeGreaterThan(1)
  expect(written).toBeLessThan(12)
  gate.letGo()
  await Promise.all([flush, ...writes])
  expect(tab.lsm.head).toBe(13)
})

test("a merge can be ended where it is, and leaves nothing but garbage", async () => {
  const tab = await open()
  for (let i = 0; i < 3; i++) {
    await tab.write(rowsFrom(i * 40, 60, `v${i}`))
    await tab.flush()
  }
  const before = await tab.rows()
  const { version } = disk.manifest!
  const merge = tab.lsm.compactOnce()
  tab.lsm.endMerges()
  await expect(merge).rejects.toMatchObject({ code: "CLOSED" })
  expect(disk.manifest?.version).toBe(version)
  await tab.write([["still", "open"]])
  await tab.flush()
  expect(await (await open()).rows()).toEqual(before.set("still", "open"))
})

test("a manifest that was read while this tab stored the next one is no rollback", async () => {
  let letGo = (): void => undefined
  const answer = new Promise<void>((resolve) => (letGo = resolve))
  let reads = 0
  const store = wrapStore(createMemoryStore(disk), async ({ name }, run) => {
    const result = await run()
    if (name === "readManifest" && ++reads === 1) await answer
    return result
  })
  const [other, tab] = [await open(), await open(store)]
  await other.write(rowsFrom(0, 5))
  await tab.catchUp()
  await other.flush()
  await tab.write(rowsFrom(10, 5))
  const late = tab.catchUp()
  await world.settled()
  expect(reads, "the first look at the manifest waits").toBe(1)
  await tab.flush()
  letGo()
  await late
  expect((await tab.rows()).size).toBe(10)
})
