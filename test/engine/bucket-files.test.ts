// What becomes of the files of a bucket: those that nothing names go, when nobody can be about to name them; those that are lost
// come back. Days pass while all tabs are closed.
import type { Remote } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { type MemoryBucket, memoryBucket } from "@fixpoint/gateways/memory"
import { expect, test } from "vitest"
import {
  bucketFileRetentionMs,
  fileLookIntervalMs,
  fileLookRetryMs,
  fileRetentionMs,
} from "../../packages/core/src/base/limits.ts"
import { type BenchOptions, createBench } from "./bench.ts"
import { addFile, ask, bytesOf, chunkBytes, nameFiles, readFile } from "./file-place.ts"
import { attach, type Attached, put, remoteOf } from "./remotes.ts"

const dayMs = fileLookIntervalMs

/** A device at a bucket, and its days. */
function createDevice(seed: number, remote: Remote, options: BenchOptions = {}) {
  const bench = createBench({ seed, ...options })
  let now: Attached | undefined
  const open = async (): Promise<Attached> => (now ??= await attach(await bench.open(), remote))
  return {
    bench,
    /** A round; the tab is opened where it is not. */
    async sync(): Promise<Attached> {
      const attached = await open()
      await attached.link.sync()
      return attached
    },
    async close(): Promise<void> {
      await now?.engine.close()
      now = undefined
    },
  }
}

type Device = ReturnType<typeof createDevice>

async function pass(ms: number, ...devices: readonly Device[]): Promise<void> {
  for (const device of devices) await device.close()
  for (const { bench } of devices) await bench.world.advance(ms)
}

const piecesIn = ({ objects }: MemoryBucket): string[] => [...objects.keys()].filter((key) => key.includes("/b/"))

/** A bucket with a file of three chunks that was deleted, as both devices know, and that neither has any more. */
async function withDeletedFile(refusal?: () => FixpointError) {
  const bucket = memoryBucket()
  const remote = remoteOf(bucket)
  const deletes = async (key: string): Promise<void> => {
    if (refusal !== undefined) throw refusal()
    await remote.gateway.delete(key)
  }
  const first = { ...remote, gateway: { ...remote.gateway, delete: deletes } }
  const [a, b] = [createDevice(1, first), createDevice(2, remoteOf(bucket))]
  const { engine } = await a.sync()
  await b.sync()
  await addFile(engine, "x", bytesOf(2 * chunkBytes + 5, 1))
  await a.sync()
  await b.sync()
  await engine.write([{ op: "delete", collection: "docs", id: "x" }])
  await a.sync()
  await engine.compact()
  await (await b.sync()).engine.compact()
  expect(piecesIn(bucket)).toHaveLength(4)
  return { bucket, a, b }
}

test("what nothing names goes from a bucket after long, when everybody has told that they have seen as much", async () => {
  const { bucket, a, b } = await withDeletedFile()
  await pass(dayMs, a, b)
  await a.sync()
  await put((await b.sync()).engine, "other", { n: 1 })
  await b.sync()
  await pass(bucketFileRetentionMs - dayMs, a, b)
  await a.sync()
  expect(piecesIn(bucket), "not for long enough").toHaveLength(4)
  await pass(2 * dayMs, a, b)
  const { engine } = await a.sync()
  expect(piecesIn(bucket)).toEqual([])
  expect((await engine.check({ deep: true })).findings).toEqual([])
  await pass(dayMs, a, b)
})

test("it stays as long as somebody who may still write has not told that they have seen that", async () => {
  const { bucket, a, b } = await withDeletedFile()
  await pass(dayMs, a, b)
  await a.sync()
  await pass(2 * bucketFileRetentionMs, a, b)
  await a.sync()
  expect(piecesIn(bucket)).toHaveLength(4)
  await put((await b.sync()).engine, "other", { n: 1 })
  await b.sync()
  await pass(dayMs, a, b)
  await a.sync()
  expect(piecesIn(bucket)).toEqual([])
  await pass(0, a, b)
})

test("so it does when a device that was away has named it anew", async () => {
  const bucket = memoryBucket()
  const [a, b] = [createDevice(1, remoteOf(bucket)), createDevice(2, remoteOf(bucket))]
  const { engine } = await a.sync()
  const bytes = bytesOf(chunkBytes + 5, 1)
  const file = await addFile(engine, "x", bytes)
  await a.sync()
  const away = await b.sync()
  await put(away.engine, "other", { n: 1 })
  await b.sync()
  away.link.pause()
  expect((await addFile(away.engine, "y", bytes))[0], "a content that the bucket has").toBe(file[0])
  await a.sync()
  await engine.write([{ op: "delete", collection: "docs", id: "x" }])
  await a.sync()
  await engine.compact()
  await pass(dayMs, a, b)
  await a.sync()
  await pass(2 * bucketFileRetentionMs, a, b)
  await a.sync()
  expect(piecesIn(bucket)).toHaveLength(3)
  await b.sync()
  const late = await a.sync()
  expect(Buffer.compare(await readFile(late.engine, file), Buffer.from(bytes))).toBe(0)
  await pass(0, a, b)
})

/** Lets a year pass, with everybody telling what they have seen, and looks at the files from `finder`. */
async function outlive(finder: Device, ...others: readonly Device[]): Promise<void> {
  const all = [finder, ...others]
  for (let i = 0; i < 5; i++) {
    await pass(dayMs, ...all)
    await finder.sync()
    for (const other of others) {
      const { engine, link } = await other.sync()
      await put(engine, "other", { n: i })
      await link.sync()
      // What of a past is kept no longer goes with a compaction.
      await engine.compact()
    }
    await pass(2 * bucketFileRetentionMs, ...all)
    await (await finder.sync()).engine.compact()
  }
}

test("what lost against another value stays, for whoever knows it only as that", async () => {
  const bucket = memoryBucket()
  const [a, b] = [createDevice(1, remoteOf(bucket)), createDevice(2, remoteOf(bucket))]
  const { engine } = await a.sync()
  await put(engine, "x", {})
  await a.sync()
  const other = await b.sync()
  const file = await addFile(engine, "x", bytesOf(9, 1))
  await b.bench.world.advance(1000)
  await put(other.engine, "x", { files: 1 })
  await a.sync()
  await b.sync()
  await a.sync()
  const c = createDevice(3, remoteOf(bucket))
  expect((await (await c.sync()).engine.get("docs", ["x"]))[0]?.text).toBe('{"files":1}')
  await outlive(c, a, b)
  expect(piecesIn(bucket)).toHaveLength(1)
  expect(await readFile((await c.sync()).engine, file)).toEqual(Buffer.from(bytesOf(9, 1)))
  await pass(0, a, b, c)
})

test.each([
  ["forever", 1],
  ["30d", 0],
] as const)(
  "where a past is kept %s, another device may have one that names %i of its files",
  async (history, left) => {
    const bucket = memoryBucket()
    const [a, b] = [createDevice(1, remoteOf(bucket), { history }), createDevice(2, remoteOf(bucket), { history })]
    const { engine } = await a.sync()
    await addFile(engine, "x", bytesOf(9, 1))
    await a.sync()
    await engine.write([{ op: "delete", collection: "docs", id: "x" }])
    await a.sync()
    await (await b.sync()).engine.compact()
    await outlive(b, a)
    expect(piecesIn(bucket)).toHaveLength(left)
    await pass(0, a, b)
  },
)

test("what a bucket has lost of a file comes back within a day from who has it whole, though nobody writes", async () => {
  const bucket = memoryBucket()
  const a = createDevice(1, remoteOf(bucket))
  await addFile((await a.sync()).engine, "x", bytesOf(3 * chunkBytes, 1))
  await a.sync()
  const whole = piecesIn(bucket)
  expect(whole).toHaveLength(4)
  bucket.objects.delete(whole.at(-1)!)
  await pass(dayMs, a)
  await a.sync()
  expect(piecesIn(bucket).sort()).toEqual(whole.sort())
  await pass(0, a)
})

test("a look that fails is made again within an hour", async () => {
  const bucket = memoryBucket()
  const remote = remoteOf(bucket)
  let isBroken = true
  const list: typeof remote.gateway.list = async (...args) => {
    if (isBroken && args[0].includes("/b/")) throw new FixpointError("REMOTE_UNAVAILABLE")
    return await remote.gateway.list(...args)
  }
  const a = createDevice(1, { ...remote, gateway: { ...remote.gateway, list } })
  await addFile((await a.sync()).engine, "x", bytesOf(9, 1))
  await a.sync()
  for (const key of piecesIn(bucket)) bucket.objects.delete(key)
  await pass(dayMs, a)
  await a.sync()
  isBroken = false
  await a.sync()
  expect(piecesIn(bucket)).toEqual([])
  await a.bench.world.advance(fileLookRetryMs)
  await a.sync()
  expect(piecesIn(bucket)).toHaveLength(1)
  await pass(0, a)
})

test("so it does from who has put the same content, though another device was the first to", async () => {
  const bucket = memoryBucket()
  const [a, b] = [createDevice(1, remoteOf(bucket)), createDevice(2, remoteOf(bucket))]
  const bytes = bytesOf(9, 1)
  const file = await addFile((await a.sync()).engine, "x", bytes)
  await a.sync()
  await a.close()
  expect((await addFile((await b.sync()).engine, "y", bytes))[0]).toBe(file[0])
  await b.sync()
  await pass(dayMs, b)
  for (const key of piecesIn(bucket)) bucket.objects.delete(key)
  await b.sync()
  expect(piecesIn(bucket)).toHaveLength(1)
  await pass(0, b)
})

test("so it does where another device has healed the bucket before", async () => {
  const bucket = memoryBucket()
  const [a, b] = [createDevice(1, remoteOf(bucket)), createDevice(2, remoteOf(bucket))]
  await a.sync()
  const bytes = bytesOf(9, 1)
  const file = await addFile((await b.sync()).engine, "x", bytes)
  await b.sync()
  await a.sync()
  await pass(dayMs / 2, a, b)
  bucket.objects.clear()
  await a.sync()
  expect(bucket.objects.size).toBeGreaterThan(0)
  expect(piecesIn(bucket)).toEqual([])
  await b.sync()
  await pass(dayMs, a, b)
  await b.sync()
  expect(await readFile((await a.sync()).engine, file)).toEqual(Buffer.from(bytes))
  await pass(0, a, b)
})

test("of a file that is named again, the bucket is asked whether it still has it, before a pack names it", async () => {
  const bucket = memoryBucket()
  const remote = remoteOf(bucket)
  const a = createDevice(1, remote)
  const { engine } = await a.sync()
  const file = await addFile(engine, "x", bytesOf(9, 1))
  await a.sync()
  const nameAnew = async (): Promise<void> => {
    await engine.write([{ op: "delete", collection: "docs", id: "x" }])
    await a.sync()
    await ask(engine, "collect", fileRetentionMs)
    await nameFiles(engine, "x", file)
  }
  await nameAnew()
  const before = remote.usage().requests
  await a.sync()
  const { put: puts, list } = remote.usage().requests
  expect([puts - before.put, list - before.list], "the pack, and the doorbell").toEqual([2, 1])
  await nameAnew()
  for (const key of piecesIn(bucket)) bucket.objects.delete(key)
  await a.sync()
  expect(piecesIn(bucket)).toHaveLength(1)
  await pass(0, a)
})

test.each(["none", "forever"] as const)("what nothing names is not sent where a past is kept: %s", async (history) => {
  const bucket = memoryBucket()
  const a = createDevice(1, remoteOf(bucket), { history })
  const { engine } = await a.sync()
  const { cid } = (await ask(engine, "add", 1, new Blob([bytesOf(9, 1)]))) as { readonly cid: string }
  await ask(engine, "release", cid)
  await ask(engine, "collect", fileRetentionMs)
  await put(engine, "y", {})
  await a.sync()
  expect(piecesIn(bucket)).toEqual([])
  await pass(0, a)
})

test("where nobody may delete, rounds go on", async () => {
  const { bucket, a, b } = await withDeletedFile(() => new FixpointError("REMOTE_READ_ONLY"))
  await outlive(a, b)
  const { link } = await a.sync()
  expect(link.status()).toMatchObject({ state: "idle", lastError: undefined })
  expect(piecesIn(bucket)).toHaveLength(4)
  await pass(0, a, b)
})

test("a day costs one list", async () => {
  const bucket = memoryBucket()
  const remote = remoteOf(bucket)
  const lists: string[] = []
  const { gateway } = remote
  const watched: typeof gateway = {
    ...gateway,
    list: async (...args) => {
      lists.push(args[0].slice(args[0].indexOf("/")))
      return await gateway.list(...args)
    },
  }
  const a = createDevice(1, { ...remote, gateway: watched })
  await a.sync()
  await a.sync()
  expect(
    lists.filter((prefix) => prefix === "/b/"),
    "nothing at first",
  ).toEqual([])
  for (const ms of [dayMs, dayMs / 2, dayMs / 2]) {
    await pass(ms, a)
    await a.sync()
    await a.sync()
  }
  expect(lists.filter((prefix) => prefix === "/b/")).toHaveLength(2)
  await pass(0, a)
})
