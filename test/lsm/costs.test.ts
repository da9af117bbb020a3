import { createMemoryDisk, createMemoryStore, type MemoryDisk } from "@fixpoint/core"
import { type CallName, SeededWorld, wrapStore } from "@fixpoint/testkit"
import { beforeAll, describe, expect, test } from "vitest"
import * as limits from "../../packages/core/src/base/limits.ts"
import type { Entry } from "../../packages/core/src/lsm/wal.ts"
import { everything, openTab, type Tab } from "./tab.ts"

/** What is counted here is work, never time: store calls, blocks and bytes, with the limits in force. */
interface Counts {
  readonly calls: Partial<Record<CallName, number>>
  blocksRead: number
}

const rowCount = 40_000
const keyOf = (i: number): string => `row ${String((i * 7919) % rowCount).padStart(6, "0")}`
const lineOf = (i: number): string =>
  `${i.toString(36)}\t${JSON.stringify({ name: `Name ${i}`, note: "x".repeat(150) })}`

let disk: MemoryDisk
const world = new SeededWorld(1)

async function open(): Promise<{ tab: Tab; counts: Counts }> {
  const counts: Counts = { calls: {}, blocksRead: 0 }
  const store = wrapStore(createMemoryStore(disk), async ({ name, parameters }, run) => {
    counts.calls[name] = (counts.calls[name] ?? 0) + 1
    if (name === "readBlocks") counts.blocksRead += (parameters[0] as unknown[]).length
    return await run()
  })
  return { tab: await openTab(world.host(), store), counts }
}

/** Stores the rows in records of 1,000, flushed when memory is full and merged when that is due. */
async function fill(): Promise<{ tab: Tab; counts: Counts }> {
  const { tab, counts } = await open()
  for (let start = 0; start < rowCount; start += 1_000) {
    const entries = Array.from({ length: 1_000 }, (_, i): Entry => [keyOf(start + i), lineOf(start + i)])
    await tab.write(entries)
    if (!tab.lsm.needsFlush()) continue
    await tab.flush()
    while (await tab.lsm.compactOnce());
  }
  return { tab, counts }
}

beforeAll(async () => {
  disk = createMemoryDisk()
  const { tab, counts } = await fill()
  // Each record is one commit, and so is each flush: blocks, manifest and trimming together.
  const flushes = tab.lsm.stats().segments.length
  expect(flushes).toBeGreaterThan(1)
  expect(counts.calls.commit).toBe(rowCount / 1_000 + flushes)
  await tab.flush({ compress: true })
  expect(tab.lsm.stats().segments.map(({ level }) => level)).toEqual([1])
})

test("opening reads no block, whatever there is", async () => {
  const { tab, counts } = await open()
  expect(tab.lsm.stats().segments[0]?.rows).toBe(rowCount)
  expect(counts.calls.readBlocks).toBeUndefined()
  expect(Object.values(counts.calls).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(4)
})

describe("point reads", () => {
  test("the first read of a key costs footer, partition and block; one beside it nothing", async () => {
    const { tab, counts } = await open()
    const i = 12_345
    expect(await tab.get(keyOf(i))).toBe(lineOf(i))
    expect(counts.calls.readBlocks).toBeLessThanOrEqual(3)
    expect(counts.blocksRead).toBeLessThanOrEqual(3)
    const { blocksRead } = counts
    const near = String(Number(keyOf(i).slice(4)) + 1).padStart(6, "0")
    expect(await tab.get(`row ${near}`)).toBeDefined()
    expect(counts.blocksRead - blocksRead).toBeLessThanOrEqual(1)
  })

  test("a key that is nowhere costs no block, but for the filter's rare mistakes", async () => {
    const { tab } = await open()
    for (let i = 0; i < 1_000; i++) expect(await tab.get(`${keyOf(i)}?`)).toBeUndefined()
    expect(tab.lsm.stats().blocksRead).toBeLessThan(10)
  })

  test("many keys cost hardly more store reads than one, and each block once", async () => {
    const { tab, counts } = await open()
    const keys = Array.from({ length: 5_000 }, (_, i) => keyOf(i * 3))
    const values = await tab.lsm.getMany([...keys, "nowhere", keys[0]!])
    expect(values).toEqual([...keys.map((_, i) => lineOf(i * 3)), undefined, lineOf(0)])
    const blocks = tab.lsm.stats().segments[0]!.blocks
    expect(counts.calls.readBlocks).toBeLessThanOrEqual(3 + Math.ceil(blocks / 128))
    expect(tab.lsm.stats().blocksRead).toBeLessThanOrEqual(blocks)
  })
})

describe("scans", () => {
  test("a whole scan reads each block once, 32 at a time", async () => {
    const { tab, counts } = await open()
    let rows = 0
    for await (const batch of tab.lsm.scan(everything)) rows += batch.length
    const blocks = tab.lsm.stats().segments[0]!.blocks
    expect(rows).toBe(rowCount)
    expect(tab.lsm.stats().blocksRead).toBe(blocks)
    expect(counts.calls.readBlocks).toBeLessThan(blocks / 32 + 12)
  })

  test("the first rows of a scan cost a few blocks", async () => {
    const { tab, counts } = await open()
    for await (const batch of tab.lsm.scan(everything)) {
      expect(batch.length).toBeGreaterThan(100)
      break
    }
    expect(counts.blocksRead).toBeLessThanOrEqual(6)
  })

  test("rows newer than a record are looked for only in segments that can have some", async () => {
    const { tab, counts } = await open()
    const { head } = tab.lsm
    await tab.write([["new", "1"]])
    await tab.flush()
    counts.blocksRead = 0
    const rows: string[] = []
    for await (const batch of tab.lsm.scan(everything, { newerThan: head })) rows.push(...batch.map(([key]) => key))
    expect(rows).toEqual(["new"])
    expect(counts.blocksRead).toBeLessThanOrEqual(2)
  })

  test("a long scan leaves most of the cache to others", async () => {
    const { tab } = await open()
    for await (const batch of tab.lsm.scan(everything)) expect(batch.length).toBeGreaterThan(0)
    expect(tab.lsm.stats().cacheBytes).toBeLessThan(limits.cacheBytesMax / 2)
  })
})
