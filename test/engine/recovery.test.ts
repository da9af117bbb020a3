// A device whose storage was wiped or put back comes back from the bucket, and shows no empty database meanwhile.
import { createMemoryDisk, createMemoryStore, type Gateway, type MemoryDisk, type Store } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { memoryBucket } from "@fixpoint/gateways/memory"
import { expect, test } from "vitest"
import { type Bench, createBench } from "./bench.ts"
import { attach, put, remoteOf, textOf } from "./remotes.ts"
import { openPage } from "./text-page.ts"

const kept = (seed: number) =>
  createBench({ seed, persistence: "fs", recovers: true, fields: { docs: { n: "counter" } } })

const wipe = ({ disk }: Bench) => void Object.assign(disk, createMemoryDisk())

const outcome = async (work: Promise<unknown>) =>
  await work.then(
    () => "done",
    (error: unknown) => (error as FixpointError).code,
  )

async function synced(bench: Bench, bucket = memoryBucket()) {
  const attached = await attach(await bench.open(), remoteOf(bucket))
  await put(attached.engine, "a", { x: 1 })
  await put(attached.engine, "b", { x: 1 })
  await bench.world.advance(5_000)
  return { bucket, ...attached }
}

test("a wiped device waits for the bucket and then shows what it had, under a new actor", async () => {
  const bench = kept(1)
  const { engine, bucket } = await synced(bench)
  const actor = engine.status().device
  await put(engine, "c", { x: "never sent" })
  await engine.close()
  wipe(bench)
  const back = bench.start()
  await bench.world.advance(0)
  const read = back.get("docs", ["a"])
  expect(back.status()).toMatchObject({ state: "opening", error: { code: "STORE_LOST" } })
  const { link } = await attach(back, remoteOf(bucket))
  await bench.world.advance(5_000)
  expect((await read)[0]?.text).toBe('{"x":1}')
  expect(back.status().state).toBe("ready")
  expect(await textOf(back, "c")).toBeUndefined()
  await put(back, "d", { x: 2 })
  await link.sync()
  expect((await (await back.sync()).digest()).versions).not.toHaveProperty(actor ?? "")
  await back.close()
  const again = await bench.open()
  expect(again.status()).toMatchObject({ state: "ready", error: undefined })
  expect(await textOf(again, "d")).toBe('{"x":2}')
})

test("as long as the bucket cannot be asked, a wiped device refuses every call, and it goes on where it was cut", async () => {
  const bench = kept(2)
  const { engine, bucket } = await synced(bench)
  await engine.close()
  wipe(bench)
  const back = bench.start()
  await attach(
    back,
    remoteOf(bucket, () => new FixpointError("REMOTE_UNAVAILABLE")),
  )
  const reads = [outcome(back.get("docs", ["a"])), outcome(put(back, "a", {}))]
  await bench.world.advance(5_000)
  expect(await Promise.all(reads)).toEqual(["STORE_LOST", "STORE_LOST"])
  await back.close()
  const again = bench.start()
  const { link } = await attach(again, remoteOf(bucket))
  await link.sync()
  expect(await textOf(again, "a")).toBe('{"x":1}')
})

test("when its store fails at the end of the round, a wiped device tells why, and comes back with the next one", async () => {
  let isFailing = false
  let firstAt: number | undefined
  const openStore = (disk: MemoryDisk): Store => {
    const store = createMemoryStore(disk)
    const { readPosition } = store
    store.readPosition = (...args) =>
      isFailing ? Promise.reject(new FixpointError("STORE_TIMEOUT")) : readPosition.apply(store, args)
    return store
  }
  const bench = createBench({ seed: 2, persistence: "fs", recovers: true, openStore })
  const { engine, bucket } = await synced(bench)
  await engine.close()
  wipe(bench)
  const back = bench.start()
  const read = outcome(back.get("docs", ["a"]))
  const link = (await back.sync()).attach(remoteOf(bucket), ({ lastSyncAt }) => {
    isFailing ||= lastSyncAt !== undefined && firstAt === undefined
    firstAt ??= lastSyncAt
  })
  await bench.world.advance(100)
  expect(await read).toBe("STORE_TIMEOUT")
  isFailing = false
  await link.sync()
  expect(await textOf(back, "a")).toBe('{"x":1}')
  await back.close()
})

test("a bucket that has nothing either brings nothing back", async () => {
  const bench = kept(3)
  const { engine } = await synced(bench)
  await engine.close()
  wipe(bench)
  const back = bench.start()
  const { link } = await attach(back, remoteOf(memoryBucket()))
  await link.sync()
  await bench.world.advance(1_000)
  expect(await outcome(back.get("docs", ["a"]))).toBe("STORE_LOST")
})

test("without a bucket a wiped place is no database", async () => {
  const bench = createBench({ persistence: "fs" })
  const engine = await bench.open()
  await put(engine, "a", {})
  await engine.close()
  wipe(bench)
  expect(await outcome(bench.start().ready())).toBe("STORE_LOST")
})

test("storage that was put back to an older state is healed, and what was written on top of it is published once", async () => {
  const bench = kept(4)
  const { engine, bucket, link } = await synced(bench)
  await put(engine, "n", { n: 5 })
  await link.sync()
  const older = createMemoryDisk(bench.disk)
  await engine.write([{ op: "increment", collection: "docs", id: "n", path: "n", by: 10 }])
  await put(engine, "later", { x: 1 })
  await link.sync()
  await engine.close()
  Object.assign(bench.disk, older)
  const back = await bench.open()
  expect(back.status().error?.code).toBe("STORE_ROLLED_BACK")
  await back.write([{ op: "increment", collection: "docs", id: "n", path: "n", by: 100 }])
  const { link: healed } = await attach(back, remoteOf(bucket))
  await healed.sync()
  await healed.sync()
  expect(await textOf(back, "n")).toBe('{"n":115}')
  expect(await textOf(back, "later")).toBe('{"x":1}')
  const other = createBench({ seed: 5, fields: { docs: { n: "counter" } } })
  const { link: reading, engine: reader } = await attach(await other.open(), remoteOf(bucket))
  await reading.sync()
  expect(await textOf(reader, "n")).toBe('{"n":115}')
  expect((await (await reader.sync()).digest()).digest).toBe((await (await back.sync()).digest()).digest)
})

test("storage that was put back keeps what it had not sent, and what was written on top of it: additions, and what was typed", async () => {
  const bench = createBench({
    seed: 6,
    persistence: "fs",
    recovers: true,
    fields: { notes: { n: "counter", body: "text" } },
  })
  const bucket = memoryBucket()
  const count = (by: number) => [{ op: "increment", collection: "notes", id: "a", path: "n", by }] as const
  const { engine, link } = await attach(await bench.open(), remoteOf(bucket))
  await engine.write([{ op: "put", collection: "notes", id: "a", text: '{"n":5}' }])
  await link.sync()
  link.pause()
  await engine.write(count(10))
  const page = await openPage(engine)
  page.body.insert(0, "never sent")
  await page.saved()
  const older = createMemoryDisk(bench.disk)
  await engine.write(count(1_000))
  await link.sync()
  await engine.close()
  Object.assign(bench.disk, older)

  const back = await bench.open()
  expect(back.status().error?.code).toBe("STORE_ROLLED_BACK")
  await back.write(count(100))
  const again = await openPage(back)
  again.body.insert(0, "on top, ")
  await again.saved()
  const { link: healed } = await attach(back, remoteOf(bucket))
  await healed.sync()
  await healed.sync()
  const [note] = await back.get("notes", ["a"])
  // The thousand was sent before it was lost here, with the ten below it: those two are one history, the hundred is of another.
  const { n, body } = JSON.parse(note?.text ?? "") as { n: number; body: unknown }
  expect({ n, body }).toEqual({ n: 1_125, body: "on top, never sent" })
})

test("storage that was put back with a pack that was cut and never sent says what was in it, and says nothing twice", async () => {
  const bench = kept(7)
  const bucket = memoryBucket()
  const remote = remoteOf(bucket)
  const isAway = { now: false }
  const gateway: Gateway = {
    ...remote.gateway,
    async put(key, body, options) {
      if (isAway.now && key.includes("/p/0/")) throw new FixpointError("REMOTE_UNAVAILABLE")
      return await remote.gateway.put(key, body, options)
    },
  }
  const { engine, link } = await attach(await bench.open(), { ...remote, gateway })
  await put(engine, "sent", { n: 1 })
  await link.sync()
  await link.sync()
  await engine.write([{ op: "increment", collection: "docs", id: "sent", path: "n", by: 10 }])
  isAway.now = true
  await expect(link.sync()).rejects.toThrow("REMOTE_UNAVAILABLE")
  const older = createMemoryDisk(bench.disk)
  await put(engine, "lost with its disk", {})
  await engine.close()
  Object.assign(bench.disk, older)

  const back = await bench.open()
  expect(back.status().error?.code).toBe("STORE_ROLLED_BACK")
  const { link: healed } = await attach(back, remoteOf(bucket))
  await healed.sync()
  await healed.sync()
  const other = createBench({ seed: 8, fields: { docs: { n: "counter" } } })
  const { link: reading, engine: reader } = await attach(await other.open(), remoteOf(bucket))
  await reading.sync()
  expect(await textOf(reader, "sent")).toBe('{"n":11}')
  expect(await textOf(back, "sent")).toBe('{"n":11}')
  expect((await (await reader.sync()).digest()).digest).toBe((await (await back.sync()).digest()).digest)
})
