import { createMemoryDisk, createMemoryStore, type MemoryDisk } from "@fixpoint/core"
import { changeOf, faultyStore, SeededWorld } from "@fixpoint/testkit"
import { beforeEach, describe, expect, test, vi } from "vitest"
import { cidOf } from "../../packages/core/src/codec/cid.ts"
import { blockKey } from "../../packages/core/src/lsm/block-key.ts"
import type { CheckReport } from "../../packages/core/src/lsm/check.ts"
import { openManifest, sealManifest } from "../../packages/core/src/lsm/manifest.ts"
import {
  decodeIndex,
  encodeIndex,
  type Footer,
  footerIndex,
  footerName,
  partitionBase,
} from "../../packages/core/src/lsm/segment-format.ts"
import type { Entry } from "../../packages/core/src/lsm/wal.ts"
import { openTab, type Tab, vaultOf } from "./tab.ts"

vi.mock("../../packages/core/src/base/limits.ts", async () => (await import("./small-limits.ts")).limits)

const rowsFrom = (first: number, count: number): Entry[] =>
  Array.from({ length: count }, (_, i) => [`row ${String(first + i).padStart(4, "0")}`, "-".repeat(50)])

let world: SeededWorld
let disk: MemoryDisk
let tab: Tab
/** The id of the only segment. */
let segment: number

beforeEach(async () => {
  world = new SeededWorld(1)
  disk = createMemoryDisk()
  tab = await openTab(world.host(), createMemoryStore(disk))
  await tab.write(rowsFrom(0, 20))
  await tab.write(rowsFrom(10, 20))
  await tab.flush({ compress: true })
  for (let i = 0; i < 3; i++) await tab.write([[`in the log ${i}`, "yes"]])
  const [id] = await createMemoryStore(disk).listSegments()
  segment = id ?? 0
})

function damage(index: number): void {
  const key = blockKey(segment, index)
  const bytes = disk.blocks.get(key)!.slice()
  bytes[bytes.length >> 1]! ^= 4
  disk.blocks.set(key, bytes)
}

const check = (deep = true): Promise<CheckReport> => tab.check({ deep })
const found = ({ findings }: CheckReport) => findings.map(({ code, where }) => `${code} ${where}`)

test("a sound database has no findings, and everything was looked at", async () => {
  const stats = tab.lsm.stats()
  const blocks = stats.segments[0]?.blocks ?? 0
  expect(blocks).toBeGreaterThan(4)
  for (const deep of [false, true])
    expect(await check(deep)).toEqual({
      ok: true,
      deep,
      findings: [],
      segments: 1,
      blocks,
      // Those since the flush, and the one that was the newest then.
      logRecords: 4,
      rows: 30,
    })
})

test("it never writes", async () => {
  let changes = 0
  const store = faultyStore(createMemoryStore(disk), (call) => {
    if (changeOf(call) !== undefined || call.name === "putKeys") changes++
    return undefined
  })
  const other = await openTab(world.host(), store)
  damage(0)
  disk.blocks.delete(blockKey(segment, 1))
  await other.check({ deep: true })
  expect(changes).toBe(0)
})

describe("each damage is a finding with its place", () => {
  const partition = partitionBase

  test.each([
    ["a block", 2, "block 2"],
    ["a partition", partition + 1, "partition 1"],
    ["the footer", footerIndex, "footer"],
  ])("%s, one bit or missing", async (_, index, where) => {
    damage(index)
    expect(found(await check())).toEqual([`BLOCK_CORRUPT segment ${segment} ${where}`])
    disk.blocks.delete(blockKey(segment, index))
    const report = await check()
    expect(found(report)).toEqual([`BLOCK_MISSING segment ${segment} ${where}`])
    expect(report.ok).toBe(false)
    expect((await check(false)).ok, "only a deep check reads blocks").toBe(index === 2)
  })

  test("two blocks that were exchanged", async () => {
    const [a, b] = [blockKey(segment, 0), blockKey(segment, 1)]
    const bytes = disk.blocks.get(a)!
    disk.blocks.set(a, disk.blocks.get(b)!)
    disk.blocks.set(b, bytes)
    expect(found(await check())).toEqual([
      `BLOCK_CORRUPT segment ${segment} block 0`,
      `BLOCK_CORRUPT segment ${segment} block 1`,
    ])
  })

  test("the log: a damaged record, a missing one, a missing end", async () => {
    const sound = [...disk.log]
    const [, first, second, third] = disk.log
    const bytes = second!.bytes.slice()
    bytes[bytes.length - 1]! ^= 1
    disk.log = [first!, { n: second!.n, bytes }, third!]
    expect(found(await check())).toEqual([`LOG_CORRUPT log record ${second?.n}`])
    disk.log = [first!, third!]
    expect(found(await check(false))).toEqual([`STORE_TORN log after record ${first?.n}`])
    disk.log = [first!, second!]
    expect(found(await check())).toEqual([`STORE_TORN log after record ${third?.n}`])
    disk.log = sound
    expect((await check()).ok).toBe(true)
  })

  test("the log of a database that was never flushed: its first record", async () => {
    const young = createMemoryDisk()
    const other = await openTab(world.host(), createMemoryStore(young))
    for (let i = 0; i < 2; i++) await other.write([[`in the log ${i}`, "yes"]])
    young.log = young.log.slice(1)
    expect(found(await other.check({ deep: false }))).toEqual(["STORE_TORN log after record 0"])
  })

  test("rows that whoever wrote the segment counted wrongly", async () => {
    const host = world.host()
    const vault = await vaultOf(host)
    const manifest = await openManifest(vault, disk.manifest!)
    const [meta] = manifest.segments
    const key = blockKey(segment, footerIndex)
    const footer = decodeIndex<Footer>(await vault.open("footer", footerName(segment), disk.blocks.get(key)!))
    const rows = footer.rows + 1
    const bytes = await vault.seal("footer", footerName(segment), encodeIndex({ ...footer, rows }))
    disk.blocks.set(key, bytes)
    const cid = await cidOf(host.crypto, bytes, "raw")
    const version = manifest.version + 1
    disk.manifest = await sealManifest(vault, { ...manifest, version, segments: [{ ...meta!, rows, cid }] })
    expect(found(await check(false))).toEqual([])
    expect(found(await check())).toEqual([`BLOCK_CORRUPT segment ${segment}`])
  })

  test("the manifest: damaged, older, gone", async () => {
    const { version, bytes } = disk.manifest!
    const damaged = bytes.slice()
    damaged[damaged.length - 1]! ^= 1
    const codes = async (manifest: MemoryDisk["manifest"]) => {
      disk.manifest = manifest
      const report = await check()
      expect(report).toMatchObject({ ok: false, rows: 30 })
      return report.findings.map(({ code }) => code)
    }
    expect(await codes({ version: version + 1, bytes: damaged })).toContain("MANIFEST_CORRUPT")
    expect(await codes({ version: version - 1, bytes })).toContain("STORE_ROLLED_BACK")
    expect(await codes(undefined)).toContain("STORE_LOST")
  })

  test("one does not hide another", async () => {
    damage(0)
    damage(3)
    disk.blocks.delete(blockKey(segment, 5))
    damage(partitionBase + 1)
    const bytes = disk.log.at(-1)!.bytes.slice()
    bytes[60]! ^= 1
    disk.log = [...disk.log.slice(0, -1), { n: disk.log.at(-1)!.n, bytes }]
    const report = await check()
    expect(found(report).sort()).toEqual(
      [
        `BLOCK_CORRUPT segment ${segment} block 0`,
        `BLOCK_CORRUPT segment ${segment} block 3`,
        `BLOCK_CORRUPT segment ${segment} partition 1`,
        `BLOCK_MISSING segment ${segment} block 5`,
        `LOG_CORRUPT log record ${disk.log.at(-1)?.n}`,
      ].sort(),
    )
    expect(report.rows).toBeGreaterThan(10)
  })
})

test("a segment that nobody names is told and harms nothing, until the sweep", async () => {
  disk.blocks.set(blockKey(77, 0), new Uint8Array(9))
  const report = await check(false)
  expect(found(report)).toEqual(["BLOCK_UNREFERENCED segment 77"])
  expect(report.ok).toBe(true)
  await tab.lsm.sweep()
  expect(found(await check(false))).toEqual([])
})

test("blocks that the platform refuses to read are found one by one", async () => {
  const bad = new Set([blockKey(segment, 1), blockKey(segment, 4)])
  const store = faultyStore(createMemoryStore(disk), ({ name, parameters }) => {
    if (name !== "readBlocks") return undefined
    const refs = parameters[0] as { segment: number; index: number }[]
    const isBad = refs.some(({ segment, index }) => bad.has(blockKey(segment, index)))
    return isBad ? { code: "STORE_UNREADABLE", isApplied: false } : undefined
  })
  const other = await openTab(world.host(), store)
  expect(found(await other.check({ deep: true }))).toEqual([
    `STORE_UNREADABLE segment ${segment} block 1`,
    `STORE_UNREADABLE segment ${segment} block 4`,
  ])
})

test("what other tabs merge and sweep meanwhile is no finding", async () => {
  const other = await openTab(world.host(), createMemoryStore(disk))
  let isDone = false
  const store = faultyStore(createMemoryStore(disk), async ({ name, parameters }) => {
    const refs = name === "readBlocks" ? (parameters[0] as { index: number }[]) : []
    if (isDone || refs[0]?.index !== footerIndex) return undefined
    isDone = true
    await other.write(rowsFrom(50, 5))
    await other.flush()
    while (await other.lsm.compactOnce({ all: true }));
    await world.advance(60_000)
    await other.lsm.sweep()
    return undefined
  })
  const checking = await openTab(world.host(), store)
  const report = await checking.check({ deep: true })
  expect(isDone).toBe(true)
  expect(report).toMatchObject({ ok: true, findings: [], segments: 1, rows: 38 })
})

test("a store that is closed is a failure of the check, and no finding", async () => {
  const store = createMemoryStore(disk)
  const other = await openTab(world.host(), store)
  await store.close()
  await expect(other.check({ deep: true })).rejects.toMatchObject({ code: "CLOSED" })
})
