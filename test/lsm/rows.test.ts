import { createMemoryDisk, createMemoryStore, limits, type MemoryDisk } from "@fixpoint/core"
import { SeededWorld } from "@fixpoint/testkit"
import { beforeEach, describe, expect, test, vi } from "vitest"
import { openLsm } from "../../packages/core/src/lsm/lsm.ts"
import * as upkeep from "../../packages/core/src/upkeep-entry.ts"
import { type Entry, sealRecord } from "../../packages/core/src/lsm/wal.ts"
import { openTab, type Tab, vaultOf } from "./tab.ts"

vi.mock("../../packages/core/src/base/limits.ts", async () => (await import("./small-limits.ts")).limits)

let world: SeededWorld
let disk: MemoryDisk
let tab: Tab

beforeEach(async () => {
  world = new SeededWorld(1)
  disk = createMemoryDisk()
  tab = await openTab(world.host(), createMemoryStore(disk))
})

const segments = () => tab.lsm.stats().segments.map(({ level, rows }) => [level, rows])
const reopened = () => openTab(world.host(), createMemoryStore(disk))

test("rows are found in memory, in the log and in segments", async () => {
  await tab.write([
    ["a", "1"],
    ["b", "1"],
  ])
  await tab.flush()
  await tab.write([["b", "2"]])
  await tab.flush()
  await tab.write([
    ["c", "3"],
    ["a", null],
  ])
  for (const one of [tab, await reopened()]) {
    expect(await one.lsm.getMany(["c", "b", "a", "no", "c"])).toEqual(["3", "2", undefined, undefined, "3"])
    expect([...(await one.rows())]).toEqual([
      ["b", "2"],
      ["c", "3"],
    ])
    expect([...(await one.rows({ from: "a", to: "c" }))]).toEqual([["b", "2"]])
    expect([...(await one.rows({ from: "x", to: "y" }))]).toEqual([])
  }
})

test("any text is a value, and any bytes are a key", async () => {
  const rows: [string, string][] = [
    ["\0", ""],
    ["\0\0", " "],
    ["\u007f", "\t\r\u2028\u0085"],
    ["\u00ff", "\u{1f600} ¾ \uFEFF"],
    ["\u00ff\u0000", '{"k":[1]}'],
  ]
  await tab.write(rows)
  expect([...(await (await reopened()).rows())]).toEqual(rows)
  await tab.flush({ compress: true })
  expect([...(await (await reopened()).rows())]).toEqual(rows)
})

describe("deletions", () => {
  test("are kept while an older segment may have the row, and no longer", async () => {
    await tab.write([
      ["gone", "1"],
      ["kept", "1"],
    ])
    await tab.flush({ compress: true })
    await tab.write([["gone", null]])
    await tab.flush()
    expect(segments()).toEqual([
      [0, 1],
      [1, 2],
    ])
    expect([...(await tab.rows())]).toEqual([["kept", "1"]])
    await tab.lsm.compactOnce({ all: true })
    expect(segments()).toEqual([[1, 1]])
  })

  test("of everything leave no segment", async () => {
    await tab.write([["a", "1"]])
    await tab.flush()
    await tab.write([["a", null]])
    await tab.flush()
    await tab.lsm.compactOnce({ all: true })
    expect(segments()).toEqual([])
    expect((await (await reopened()).rows()).size).toBe(0)
    await tab.write([["a", "2"]])
    await tab.flush()
    expect(await (await reopened()).get("a")).toBe("2")
  })

  test("of rows that no segment has leave nothing, and the log is trimmed all the same", async () => {
    await tab.write([["a", null]])
    await tab.flush()
    expect([segments(), tab.lsm.stats().logRecords]).toEqual([[], 0])
  })
})

describe("levels", () => {
  test("a level that is full becomes one segment of the next", async () => {
    for (let i = 0; i < 9; i++) {
      await tab.write([[`row ${i}`, "1"]])
      await tab.flush()
      while (await tab.lsm.compactOnce());
    }
    expect(segments()).toEqual([[2, 9]])
    await tab.write([["more", "1"]])
    await tab.flush()
    expect(await tab.lsm.compactOnce()).toBe(false)
    expect(segments()).toEqual([
      [0, 1],
      [2, 9],
    ])
  })

  test("a compressing flush leaves nothing raw, and merges nothing else", async () => {
    for (const key of ["a", "b", "c"]) {
      await tab.write([[key, "x".repeat(2_000)]])
      await tab.flush({ compress: key === "a" })
    }
    await tab.write([["d", "1"]])
    const raw = tab.lsm.stats().storedBytes
    await tab.flush({ compress: true })
    expect(segments()).toEqual([
      [1, 3],
      [1, 1],
    ])
    expect(tab.lsm.stats().storedBytes).toBeLessThan(raw)
    const { version } = disk.manifest!
    await tab.flush({ compress: true })
    expect(disk.manifest?.version, "with nothing to do nothing is written").toBe(version)
  })

  test("replaced segments stay for a while, then the sweep drops them", async () => {
    for (const key of ["a", "b"]) {
      await tab.write([[key, "1"]])
      await tab.flush()
    }
    await tab.lsm.compactOnce({ all: true })
    expect(await tab.lsm.sweep()).toBe(true)
    const store = createMemoryStore(disk)
    expect((await store.listSegments()).length).toBe(3)
    await world.advance(limits.retiredSegmentMs)
    expect(await tab.lsm.sweep()).toBe(false)
    expect((await store.listSegments()).length).toBe(1)
  })

  test("a wall clock that was set back keeps nothing for ever", async () => {
    for (const key of ["a", "b"]) {
      await tab.write([[key, "1"]])
      await tab.flush()
    }
    await tab.lsm.compactOnce({ all: true })
    world.time.shiftWall(-1e9)
    expect(await tab.lsm.sweep()).toBe(false)
  })
})

describe("the note of a flush", () => {
  test("is that of the turn of the call, whatever is written while it runs", async () => {
    await tab.write([["a", "1"]])
    const flush = tab.lsm.flush({ as: "called" })
    await tab.write([["b", "1"]])
    await flush
    expect(tab.lsm.note).toEqual({ as: "called" })
    expect(tab.lsm.stats()).toMatchObject({ memtableRows: 1, logRecords: 1 })
    expect((await reopened()).lsm.note).toEqual({ as: "called" })
  })

  test("of two flushes at once is the later one", async () => {
    await tab.write([["a", "1"]])
    const first = tab.lsm.flush({ flush: 1 })
    await tab.write([["b", "1"]])
    const second = tab.lsm.flush({ flush: 2 })
    await Promise.all([first, second])
    expect(tab.lsm.note).toEqual({ flush: 2 })
    expect((await (await reopened()).rows()).size).toBe(2)
  })
})

describe("a log that is not whole", () => {
  const open = async () => {
    const store = createMemoryStore(disk)
    const host = world.host()
    const header = await store.readHeader()
    return await openLsm({ store, host, header, vault: await vaultOf(host), upkeep: async () => upkeep })
  }

  test("without its newest record, which trimming keeps, does not open", async () => {
    await tab.write([["a", "1"]])
    await tab.flush()
    disk.log = []
    await expect(open()).rejects.toMatchObject({ code: "STORE_TORN" })
    disk.manifest = undefined
    await expect(open()).rejects.toMatchObject({ code: "STORE_TORN" })
  })

  test("with a gap is torn, and a damaged record is told; neither is a shorter database", async () => {
    for (const key of ["a", "b", "c"]) await tab.write([[key, "1"]])
    const [a, b, c] = disk.log
    disk.log = [a!, c!]
    await expect((await open()).pull()).rejects.toMatchObject({ code: "STORE_TORN" })
    const bytes = b!.bytes.slice()
    bytes[bytes.length - 1]! ^= 1
    disk.log = [a!, { n: 2, bytes }, c!]
    await expect((await open()).pull()).rejects.toMatchObject({ code: "LOG_CORRUPT" })
    disk.log = [a!, { n: 2, bytes: c!.bytes }, c!]
    await expect((await open()).pull()).rejects.toMatchObject({ code: "LOG_CORRUPT" })
  })

  test("with an edit of another value is damaged", async () => {
    const entries: Entry[] = [["\u0001row", "x".repeat(200)]]
    await tab.write(entries)
    const edits = new Map([["\u0001row", [7, 200, 0, 200, "y"] as const]])
    disk.log.push(await sealRecord(await vaultOf(world.host()), { n: 2, entries, note: null }, edits))
    await expect(tab.lsm.pull()).rejects.toMatchObject({ code: "LOG_CORRUPT" })
    await expect((await open()).pull()).rejects.toMatchObject({ code: "LOG_CORRUPT" })
  })

  test("that became shorter under an open engine is told", async () => {
    for (const key of ["a", "b"]) await tab.write([[key, "1"]])
    disk.log = disk.log.slice(0, 1)
    await expect(tab.lsm.pull()).rejects.toMatchObject({ code: "STORE_ROLLED_BACK" })
    Object.assign(disk, createMemoryDisk())
    await expect(tab.lsm.pull()).rejects.toMatchObject({ code: "STORE_LOST" })
  })
})

test("a record with nothing in it moves the head like any other", async () => {
  await tab.write([])
  await tab.flush()
  expect([tab.lsm.head, tab.lsm.stats().logRecords, segments()]).toEqual([1, 0, []])
})

test("after it is closed, every call fails with CLOSED", async () => {
  await tab.write([["a", "1"]])
  await tab.flush()
  tab.lsm.close()
  for (const call of [
    () => tab.lsm.getMany(["a"]),
    () => tab.lsm.append([], null, "relaxed"),
    () => tab.lsm.pull(),
    () => tab.lsm.barrier(),
    () => tab.lsm.flush(null, { compress: true }),
    () => tab.lsm.compactOnce({ all: true }),
    () => tab.lsm.sweep(),
    () => tab.check({ deep: true }),
    () => tab.rows(),
  ])
    await expect(call()).rejects.toMatchObject({ code: "CLOSED" })
})

test("a store is told to expect a write a while after the opening, unless the database is closed by then", async () => {
  const told: string[] = []
  const opened = async (name: string) =>
    await openTab(world.host(), Object.assign(createMemoryStore(disk), { expectWrite: () => void told.push(name) }))
  const [, closed] = [await opened("open"), await opened("closed")]
  closed.lsm.close()
  expect(told).toEqual([])
  await world.advance(limits.expectWriteDelayMs)
  expect(told).toEqual(["open"])
})
