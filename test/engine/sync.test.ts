// Engines that sync through a bucket in memory, in virtual time: rounds, their pace and their tabs.
import type { EngineEvent, Gateway, Remote } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { memory, memoryBucket } from "@fixpoint/gateways/memory"
import { expect, test } from "vitest"
import { type Bench, createBench } from "./bench.ts"
import { attach as attachEngine, type Attached, put, remoteOf, textOf } from "./remotes.ts"

const attach = async (bench: Bench, remote: Remote): Promise<Attached> => attachEngine(await bench.open(), remote)

test("what one device writes another one shows, without being asked, and both have one digest", async () => {
  const bucket = memoryBucket()
  const bench = createBench({})
  const other = createBench({ seed: 2 })
  const a = await attach(bench, remoteOf(bucket))
  await bench.world.advance(1_000)
  const b = await attach(other, remoteOf(bucket))
  await other.world.advance(1_000)
  await put(a.engine, "x", { n: 1 })
  await bench.world.advance(1_000)
  expect(a.link.status()).toMatchObject({ state: "idle", pending: 0, lastError: undefined })
  await other.world.advance(10_000)
  expect(await textOf(b.engine, "x")).toBe('{"n":1}')
  await bench.world.advance(10_000)
  const [mine, theirs] = [await (await a.engine.sync()).digest(), await (await b.engine.sync()).digest()]
  expect(mine.digest).toBe(theirs.digest)
  await a.engine.close()
  await b.engine.close()
})

/** Lets worlds of devices go on together. */
async function pass(ms: number, ...benches: readonly Bench[]): Promise<void> {
  for (let left = ms; left > 0; left -= 250) for (const { world } of benches) await world.advance(Math.min(250, left))
}

const total = ({ link }: Attached) => {
  const { get, put, list } = link.status().requests
  return { get, put, list }
}

const since = (attached: Attached, before: ReturnType<typeof total>) => {
  const now = total(attached)
  return { get: now.get - before.get, put: now.put - before.put, list: now.list - before.list }
}

test("requests are what they cost: a look at nothing 1 GET, a write 2 PUTs, taking it in 3 GETs", async () => {
  const bucket = memoryBucket()
  const [one, other] = [createBench({}), createBench({ seed: 2 })]
  const [a, b] = [await attach(one, remoteOf(bucket)), await attach(other, remoteOf(bucket))]
  await put(a.engine, "x", { n: 1 })
  await pass(20_000, one, other)
  await put(b.engine, "y", { n: 1 })
  await pass(20_000, one, other)
  const idle = total(a)
  await a.link.sync()
  expect(since(a, idle)).toEqual({ get: 1, put: 0, list: 0 })
  const [writer, reader] = [total(a), total(b)]
  await put(a.engine, "x", { n: 2 })
  await a.link.sync()
  await b.link.sync()
  expect(since(a, writer)).toEqual({ get: 1, put: 2, list: 0 })
  expect(since(b, reader)).toEqual({ get: 3, put: 0, list: 0 })
  expect(await textOf(b.engine, "x")).toBe('{"n":2}')
})

test("looks are frequent while somebody works, rare when nobody does, and rarer when nobody looks", async () => {
  const bench = createBench({})
  const a = await attach(bench, remoteOf(memoryBucket()))
  await put(a.engine, "x", {})
  await bench.world.advance(10_000)
  const gets = async (ms: number) => {
    const before = a.link.status().requests.get
    await bench.world.advance(ms)
    return a.link.status().requests.get - before
  }
  expect(await gets(40_000)).toBe(10)
  await bench.world.advance(60_000)
  // One of the looks is at the whole bucket.
  expect(await gets(10 * 60_000)).toBe(20 + 2)
  ;(await a.engine.sync()).attend(false)
  await bench.world.advance(60_000)
  expect(await gets(60 * 60_000)).toBeLessThanOrEqual(12 + 7)
})

test("of two tabs one syncs, and publishes what the other wrote; both know how it stands", async () => {
  const bench = createBench({})
  const bucket = memoryBucket()
  const first = await attach(bench, remoteOf(bucket))
  const second = await attach(bench, remoteOf(bucket))
  await bench.world.advance(30_000)
  const before = total(second)
  await put(second.engine, "x", {})
  const done = (await second.engine.sync()).synced(undefined).then(() => "synced")
  await bench.world.advance(2_000)
  expect(await Promise.race([done, Promise.resolve("not yet")])).toBe("synced")
  await put(second.engine, "y", {})
  expect(second.link.status().pending).toBe(1)
  await bench.world.advance(2_000)
  expect(second.link.status().pending).toBe(0)
  await bench.world.advance(120_000)
  // The call for `synced` made one round, its first, which published; all others were the first tab's.
  expect(since(second, before)).toEqual({ get: 4, put: 2, list: 2 })
  expect(second.link.status().lastSyncAt).toBe(first.link.status().lastSyncAt)
  await first.engine.close()
  const later = total(second)
  await bench.world.advance(120_000)
  expect(since(second, later).get).toBeGreaterThan(2)
})

test("a tab whose sync hangs is stood in for, and nothing is written twice", async () => {
  const bench = createBench({})
  const bucket = memoryBucket()
  const hung = { is: false }
  const inner = memory(bucket)
  const never = new Promise<never>(() => undefined)
  const gateway: Gateway = { ...inner, get: (...args) => (hung.is ? never : inner.get(...args)) }
  const usage = remoteOf(bucket).usage
  const first = await attach(bench, { gateway, usage })
  await bench.world.advance(5_000)
  const second = await attach(bench, remoteOf(bucket))
  await bench.world.advance(30_000)
  hung.is = true
  first.link.sync().catch(() => undefined)
  await bench.world.advance(1_000)
  await put(second.engine, "x", { n: 1 })
  await bench.world.advance(10_000)
  expect(second.link.status().pending).toBe(0)
  const late = createBench({ seed: 9 })
  const reader = await attach(late, remoteOf(bucket))
  await late.world.advance(5_000)
  expect(await textOf(reader.engine, "x")).toBe('{"n":1}')
})

test.each([
  ["REMOTE_UNAVAILABLE", "backoff", true],
  ["REMOTE_THROTTLED", "backoff", true],
  ["REMOTE_AUTH", "auth", false],
  ["REMOTE_NO_BUCKET", "stopped", false],
] as const)("%s puts a link into the state %s", async (code, state, comesBack) => {
  const bench = createBench({})
  const held: { error?: FixpointError } = {}
  const bucket = memoryBucket()
  const a = await attach(
    bench,
    remoteOf(bucket, () => held.error),
  )
  await bench.world.advance(5_000)
  held.error = new FixpointError(code)
  await put(a.engine, "x", {})
  await bench.world.advance(1_000)
  expect(a.link.status()).toMatchObject({ state, pending: 1, lastError: { code } })
  const calls = total(a).get
  await bench.world.advance(60 * 60_000)
  const more = total(a).get - calls
  if (comesBack) {
    expect(more).toBeGreaterThan(5)
    expect(more).toBeLessThan(60)
  } else expect(more).toBe(0)
  delete held.error
  if (comesBack) await bench.world.advance(6 * 60_000)
  else {
    a.link.resume()
    await bench.world.advance(5_000)
  }
  expect(a.link.status()).toMatchObject({ state: "idle", pending: 0, lastError: undefined })
})

test("a conflict is told once in every tab that is open, whichever of them synced", async () => {
  const bucket = memoryBucket()
  const bench = createBench({ seed: 21 })
  const peer = createBench({ seed: 22 })
  const one = await attach(bench, remoteOf(bucket))
  const other = await bench.open()
  const heard: EngineEvent[] = []
  other.on((event) => void heard.push(event))
  const two = await attach(peer, remoteOf(bucket))
  await put(one.engine, "a", { n: 0 })
  await one.link.sync()
  await two.link.sync()
  await put(one.engine, "a", { n: 1 })
  await put(two.engine, "a", { n: 2 })
  await two.link.sync()
  await one.link.sync()
  await bench.settle()
  const conflicts = (events: readonly EngineEvent[]) =>
    events.flatMap((told) => (told.event === "conflict" ? [told.conflict] : []))
  expect(conflicts(one.events)).toMatchObject([{ collection: "docs", id: "a", path: "n" }])
  expect(conflicts(heard)).toEqual(conflicts(one.events))
})
