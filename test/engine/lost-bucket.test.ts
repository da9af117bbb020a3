// A bucket that was emptied and begun anew by a device that knew nothing of it: who knew it stops, and how it goes on.
import type { Gateway, Remote } from "@fixpoint/core"
import { memory, memoryBucket, type MemoryBucket } from "@fixpoint/gateways/memory"
import { expect, test } from "vitest"
import { type Bench, createBench } from "./bench.ts"
import { attach as attachEngine, type Attached, put, remoteOf, textOf } from "./remotes.ts"

const attach = async (bench: Bench, remote: Remote): Promise<Attached> => attachEngine(await bench.open(), remote)

/** A bucket as a remote of another name. */
function named(bucket: MemoryBucket, name: string): Remote {
  const remote = remoteOf(bucket)
  return { ...remote, gateway: { ...remote.gateway, name } }
}

async function empty(gateway: Gateway): Promise<void> {
  const { keys } = await gateway.list("")
  for (const { key } of keys) await gateway.delete(key)
}

/** Two devices that had shared a bucket, and a third one that has begun it anew since it was emptied. */
async function split() {
  const bucket = memoryBucket()
  const benches = [1, 2, 3].map((seed) => createBench({ seed })) as [Bench, Bench, Bench]
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 500) for (const { world } of benches) await world.advance(500)
  }
  const a = await attach(benches[0], remoteOf(bucket))
  await put(a.engine, "x", { by: "a" })
  await a.link.sync()
  const b = await attach(benches[1], remoteOf(bucket))
  await put(b.engine, "y", { by: "b" })
  await b.link.sync()
  await a.link.sync()
  await empty(memory(bucket))
  const c = await attach(benches[2], remoteOf(bucket))
  await put(c.engine, "z", { by: "c" })
  await c.link.sync()
  await expect(a.link.sync()).rejects.toMatchObject({ code: "REMOTE_LOST" })
  await expect(b.link.sync()).rejects.toMatchObject({ code: "REMOTE_LOST" })
  return { bucket, benches, pass, a, b, c }
}

const all = async ({ engine }: { engine: Attached["engine"] }) =>
  await Promise.all(["x", "y", "z"].map((id) => textOf(engine, id)))

const whole = ['{"by":"a"}', '{"by":"b"}', '{"by":"c"}']

test("another place takes all that each of them has", async () => {
  const { a, b, c } = await split()
  const fresh = memoryBucket()
  const links = []
  for (const device of [a, b, c]) {
    await device.link.detach()
    links.push((await attachEngine(device.engine, named(fresh, "elsewhere"))).link)
  }
  for (let round = 0; round < 2; round++) for (const link of links) await link.sync()
  for (const device of [a, b, c]) expect(await all(device)).toEqual(whole)
  const digests = await Promise.all([a, b, c].map(async ({ engine }) => (await (await engine.sync()).digest()).digest))
  expect(new Set(digests).size).toBe(1)
})

test("so does the bucket itself, once it is adopted, in every tab and in the next session", async () => {
  const { a, b, c, bucket, benches } = await split()
  const second = await attach(benches[0], remoteOf(bucket))
  await expect(second.link.sync()).rejects.toMatchObject({ code: "REMOTE_LOST" })
  await a.link.adopt()
  await b.link.adopt()
  for (let round = 0; round < 2; round++) for (const { link } of [c, a, b, second]) await link.sync()
  for (const device of [a, b, c, second]) expect(await all(device)).toEqual(whole)
  await put(second.engine, "x", { by: "another tab" })
  await second.link.sync()
  await c.link.sync()
  expect(await textOf(c.engine, "x")).toBe('{"by":"another tab"}')
  for (const { engine } of [a, second]) await engine.close()
  const next = await attach(benches[0], remoteOf(bucket))
  await put(next.engine, "y", { by: "next" })
  await next.link.sync()
  await c.link.sync()
  expect(await textOf(c.engine, "y")).toBe('{"by":"next"}')
})

test("a tab that was at work with the bucket of before goes on with the one that another tab has adopted", async () => {
  const { a, c, bucket, benches } = await split()
  await empty(memory(bucket))
  const elsewhere = memoryBucket()
  const [one, two] = [await attach(benches[0], named(elsewhere, "e")), await attach(benches[0], named(elsewhere, "e"))]
  await one.link.sync()
  await two.link.sync()
  await a.link.detach()
  await empty(memory(elsewhere))
  const stranger = await attachEngine(c.engine, named(elsewhere, "e"))
  await stranger.link.sync()
  await one.link.adopt()
  await put(two.engine, "y", { by: "two" })
  await two.link.sync()
  await one.link.sync()
  await stranger.link.sync()
  expect(await textOf(c.engine, "y")).toBe('{"by":"two"}')
  expect(await textOf(two.engine, "z")).toBe('{"by":"c"}')
  for (const { engine } of [one, two]) await engine.close()
  const next = await attach(benches[0], named(elsewhere, "e"))
  await next.link.sync()
  expect(next.link.status().lastError).toBeUndefined()
})

test("a bucket that is what it was is adopted without a loss", async () => {
  const bucket = memoryBucket()
  const bench = createBench({ seed: 4 })
  const { engine, link } = await attach(bench, remoteOf(bucket))
  await put(engine, "x", { by: "a" })
  await link.sync()
  await link.adopt()
  await put(engine, "y", { by: "a" })
  await link.sync()
  const other = await attach(createBench({ seed: 5 }), remoteOf(bucket))
  await other.link.sync()
  expect((await all(other)).slice(0, 2)).toEqual(['{"by":"a"}', '{"by":"a"}'])
})
