// A new device at a bucket with much in it: it begins with a base, part by part, shows what has come, and says how much is missing.
// Limits are so small that a few hundred documents are much.
import type { Gateway, QuerySpec } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { memory, memoryBucket, type MemoryBucket } from "@fixpoint/gateways/memory"
import { expect, test, vi } from "vitest"
import { packRetentionMs } from "../../packages/core/src/base/limits.ts"
import { createBench, countOf } from "./bench.ts"
import { attach, put, remoteOf, textOf } from "./remotes.ts"

vi.mock("../../packages/core/src/base/limits.ts", async () => {
  const actual = await vi.importActual<typeof import("../../packages/core/src/base/limits.ts")>(
    "../../packages/core/src/base/limits.ts",
  )
  const packs = { packCharsMax: 1024, loosePackBytesMax: 4096, intakeBytesMax: 2048 }
  return { ...actual, ...packs, basePartBytes: 2048, fetchAheadMax: 2, fetchAheadBytes: 4096 }
})

const documents = 400
const all: QuerySpec = {
  collection: "docs",
  filter: { kind: "and", filters: [] },
  order: [],
  limit: undefined,
}
const partName = /\/p\/2\/[^/]+\/\d+$/

const numbered = (i: number) =>
  ({
    op: "put",
    collection: "docs",
    id: `d${String(i).padStart(4, "0")}`,
    text: JSON.stringify({ n: i, word: `${Math.sin(i)}`.slice(2) }),
  }) as const

/** A bucket with what one device has written, and how it got there. */
async function filledBucket() {
  const bucket = memoryBucket()
  const bench = createBench({})
  const writer = await attach(await bench.open(), remoteOf(bucket))
  await bench.world.advance(5_000)
  await writer.engine.write(Array.from({ length: documents }, (_, i) => numbered(i)))
  await bench.world.advance(5_000)
  const names = (await memory(bucket).list("")).keys.map(({ key }) => key)
  return { bucket, bench, writer, names }
}

/** A gateway that holds each answer of a base's part until it is let go, and counts. */
function heldParts(bucket: MemoryBucket) {
  const inner = memory(bucket)
  const waiting: (() => void)[] = []
  const asked: string[] = []
  const gateway: Gateway = {
    ...inner,
    async get(key, options) {
      asked.push(key)
      if (partName.test(key)) await new Promise<void>((resolve) => waiting.push(resolve))
      return await inner.get(key, options)
    },
  }
  return { gateway, waiting, asked }
}

test("much that was written at once is compacted at once, into parts of a bounded size", async () => {
  const { bucket, names, bench, writer } = await filledBucket()
  const parts = names.filter((name) => partName.test(name))
  expect(parts.length).toBeGreaterThan(5)
  const packs = names.filter((name) => name.includes("/p/0/"))
  expect(packs.length).toBeGreaterThan(1)
  for (const name of parts) {
    const found = await memory(bucket).get(name)
    expect(found.kind === "found" && found.body.length).toBeLessThan(4096)
  }
  // A little more of it is left as it is.
  await put(writer.engine, "x", { n: -1 })
  await bench.world.advance(5_000)
  const later = (await memory(bucket).list("")).keys.map(({ key }) => key)
  expect(later.filter((name) => partName.test(name))).toEqual(parts)
  expect(later.filter((name) => name.includes("/p/0/"))).toHaveLength(packs.length + 1)
  // What was replaced goes with the next compaction, when everybody has had the time to hear of it.
  await bench.world.advance(packRetentionMs)
  await writer.engine.write(Array.from({ length: documents }, (_, i) => numbered(documents + i)))
  await bench.world.advance(5_000)
  const last = (await memory(bucket).list("")).keys.map(({ key }) => key)
  expect(last.filter((name) => packs.includes(name))).toEqual([])
})

test("a new device answers from what has come, tells how much that is, and holds little ahead", async () => {
  const { bucket, names } = await filledBucket()
  const total = names.filter((name) => partName.test(name)).length
  const bench = createBench({ seed: 2 })
  const { gateway, waiting, asked } = heldParts(bucket)
  const late = await attach(await bench.open(), { gateway, usage: remoteOf(bucket).usage })
  await bench.world.advance(2_000)
  // Its own registration is all that it asks for among packs.
  expect(asked.filter((name) => name.includes("/p/0/"))).toHaveLength(1)
  const counts: number[] = []
  let heldMost = 0
  for (let part = 0; part < total; part++) {
    heldMost = Math.max(heldMost, waiting.length)
    const { progress, state } = late.link.status()
    expect(state).toBe("pulling")
    expect(progress?.total).toBeGreaterThan(1000)
    expect(progress?.done).toBeLessThan(progress?.total ?? 0)
    counts.push(await countOf(late.engine, all))
    // What was written here meanwhile is here, and neither waits for the rest nor holds it up.
    if (part === 2) await put(late.engine, "mine", { n: part })
    waiting.shift()?.()
    await bench.world.advance(200)
  }
  expect(heldMost).toBeLessThanOrEqual(3)
  expect(counts[0]).toBe(0)
  expect(counts[1]).toBeGreaterThan(0)
  expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  await bench.world.advance(5_000)
  expect(await countOf(late.engine, all)).toBe(documents + 1)
  expect(await textOf(late.engine, "mine")).toBe('{"n":2}')
  expect(late.link.status()).toMatchObject({ state: "idle", progress: undefined, pending: 0, lastError: undefined })
  const told = late.statuses.flatMap(({ progress }) => (progress === undefined ? [] : [progress.done]))
  expect(told).toEqual(told.toSorted((a, b) => a - b))
})

test("a device that was away takes many packs in a few at a time", async () => {
  const bucket = memoryBucket()
  const [bench, other] = [createBench({}), createBench({ seed: 2 })]
  const inner = memory(bucket)
  // Nobody makes a base.
  const gateway: Gateway = {
    ...inner,
    put: (key, ...rest) =>
      /\/p\/[12]\//.test(key) ? Promise.reject(new FixpointError("REMOTE_QUOTA")) : inner.put(key, ...rest),
  }
  const { usage } = remoteOf(bucket)
  const writer = await attach(await bench.open(), { gateway, usage })
  await bench.world.advance(5_000)
  const reader = await attach(await other.open(), { gateway, usage })
  await other.world.advance(5_000)
  reader.link.pause()
  for (let i = 0; i < documents; i++) await writer.engine.write([numbered(i)])
  await bench.world.advance(5_000)
  const packs = (await inner.list("")).keys.filter(({ key }) => key.includes("/p/0/"))
  const bytes = packs.reduce((sum, { size }) => sum + size, 0)
  // More than the doorbell tells of.
  expect(packs.length).toBeGreaterThan(18)
  expect(writer.link.status()).toMatchObject({ pending: 0, lastError: undefined })
  const applied = () => reader.events.filter(({ event }) => event === "applied").length
  const before = applied()
  reader.link.resume()
  await other.world.advance(5_000)
  expect(await countOf(reader.engine, all)).toBe(documents)
  expect(reader.link.status()).toMatchObject({ pending: 0, lastError: undefined })
  expect(applied() - before).toBeGreaterThan(bytes / 2048)
})

test("what several wrote in answer to each other is fetched about once by a device that was away", async () => {
  const bucket = memoryBucket()
  const inner = memory(bucket)
  const asked: string[] = []
  // Nobody makes a base.
  const gateway: Gateway = {
    ...inner,
    put: (key, ...rest) =>
      /\/p\/[12]\//.test(key) ? Promise.reject(new FixpointError("REMOTE_QUOTA")) : inner.put(key, ...rest),
    get(key, options) {
      asked.push(key)
      return inner.get(key, options)
    },
  }
  const { usage } = remoteOf(bucket)
  const benches = [1, 2, 3].map((seed) => createBench({ seed }))
  const settle = async (): Promise<void> => {
    for (const { world } of benches) await world.advance(5_000)
  }
  const devices = []
  for (const bench of benches) devices.push(await attach(await bench.open(), { gateway, usage }))
  await settle()
  await settle()
  const [reader, ...writers] = devices as [(typeof devices)[number], ...typeof devices]
  reader.link.pause()
  for (let i = 0; i < 160; i++) {
    const { engine, link } = writers[i % 2]!
    await link.sync()
    await engine.write([numbered(i)])
    await link.sync()
  }
  const packs = (await inner.list("")).keys.filter(({ key }) => key.includes("/p/0/")).length
  expect(packs).toBeGreaterThan(160)
  asked.length = 0
  reader.link.resume()
  await settle()
  expect(await countOf(reader.engine, all)).toBe(160)
  expect(asked.filter((key) => key.includes("/p/0/")).length).toBeLessThan(1.5 * packs)
})

test("a download that breaks off is ended by the next round, and what had come stays", async () => {
  const { bucket } = await filledBucket()
  const bench = createBench({ seed: 2 })
  const inner = memory(bucket)
  let left = 4
  const gateway: Gateway = {
    ...inner,
    get: (key, options) => (partName.test(key) && left-- <= 0 ? new Promise(() => undefined) : inner.get(key, options)),
  }
  const late = await attach(await bench.open(), { gateway, usage: remoteOf(bucket).usage })
  await bench.world.advance(3_000)
  const some = await countOf(late.engine, all)
  expect(some).toBeGreaterThan(0)
  expect(some).toBeLessThan(documents)
  void late.engine.close()
  await bench.world.advance(1_000)
  const again = await attach(await bench.open(), remoteOf(bucket))
  expect(await countOf(again.engine, all)).toBe(some)
  await bench.world.advance(5_000)
  expect(await countOf(again.engine, all)).toBe(documents)
})
