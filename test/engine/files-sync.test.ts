// Files between devices, through a bucket in memory: what is sent when, what is fetched when, and what damage is told as.
import type { Gateway, Remote } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { type MemoryBucket, memoryBucket } from "@fixpoint/gateways/memory"
import { expect, test } from "vitest"
import { listIntervalMs } from "../../packages/core/src/base/limits.ts"
import { createBench } from "./bench.ts"
import { addFile, ask, bytesOf, chunkBytes, flipOn, nameFiles, piecesOn, readChunk, readFile } from "./file-place.ts"
import { attach, remoteOf } from "./remotes.ts"

/** A remote that keeps the names of what was put, without the space, and of the files that were fetched. */
function watchedRemote(bucket: MemoryBucket, fail: (name: string) => boolean = () => false) {
  const { gateway, usage } = remoteOf(bucket)
  const put: string[] = []
  const fetched: string[] = []
  const nameOf = (key: string): string => key.slice(key.indexOf("/") + 1)
  const watched: Gateway = {
    ...gateway,
    async get(key, options) {
      if (nameOf(key).startsWith("b/")) fetched.push(nameOf(key))
      return await gateway.get(key, options)
    },
    async put(key, body, options) {
      if (fail(nameOf(key))) throw new FixpointError("REMOTE_UNAVAILABLE")
      put.push(nameOf(key))
      return await gateway.put(key, body, options)
    },
  }
  const remote: Remote = { gateway: watched, usage }
  const files = () => put.filter((name) => name.startsWith("b/"))
  return { remote, put, fetched, files }
}

const size = 5 * chunkBytes + 7

test("a file is in the bucket before the pack that names it, and comes to others chunk by chunk, when it is read", async () => {
  const bucket = memoryBucket()
  const [one, other] = [createBench({}), createBench({ seed: 2 })]
  const [from, to] = [watchedRemote(bucket), watchedRemote(bucket)]
  const a = await attach(await one.open(), from.remote)
  await a.link.sync()
  const bytes = bytesOf(size, 1)
  const file = await addFile(a.engine, "x", bytes)
  const before = from.put.length
  await a.link.sync()
  const sent = from.put.slice(before)
  expect(
    sent.slice(0, 7).every((name) => name.startsWith("b/")),
    sent.join(),
  ).toBe(true)
  expect(sent[6], "the index comes last").toBe(`b/${file[0]}`)
  expect(sent[7]).toMatch(/^p\/0\//)

  const b = await attach(await other.open(), to.remote)
  await b.link.sync()
  expect(to.fetched).toEqual([])
  const fourth = await readChunk(b.engine, file, 3)
  expect(Buffer.compare(fourth, bytes.subarray(3 * chunkBytes, 4 * chunkBytes))).toBe(0)
  expect(to.fetched, "the index, and the chunk").toHaveLength(2)
  expect(Buffer.compare(await readFile(b.engine, file), Buffer.from(bytes))).toBe(0)
  expect(new Set(to.fetched).size, "each once").toBe(to.fetched.length)
  expect(to.fetched).toHaveLength(7)
  await b.link.detach()
  expect(Buffer.compare(await readFile(b.engine, file), Buffer.from(bytes)), "it is here now").toBe(0)
  for (const { engine } of [a, b]) await engine.close()
})

test("what was found in a bucket is given, also when the bucket cannot be asked what it can do", async () => {
  const bucket = memoryBucket()
  const [one, other] = [createBench({}), createBench({ seed: 2 })]
  const { remote } = watchedRemote(bucket)
  let isAsked = true
  const capabilities: Gateway["capabilities"] = async (options) => {
    if (!isAsked) throw new FixpointError("REMOTE_UNAVAILABLE")
    return await remote.gateway.capabilities(options)
  }
  const a = await attach(await one.open(), remote)
  await a.link.sync()
  const bytes = bytesOf(size, 1)
  const file = await addFile(a.engine, "x", bytes)
  await a.link.sync()
  const b = await attach(await other.open(), { ...remote, gateway: { ...remote.gateway, capabilities } })
  await b.link.sync()
  isAsked = false
  expect(Buffer.compare(await readFile(b.engine, file), Buffer.from(bytes))).toBe(0)
  for (const { engine } of [a, b]) await engine.close()
})

test("so is one that is named while the device registers, by its first pack", async () => {
  const bucket = memoryBucket()
  const from = watchedRemote(bucket)
  const engine = await createBench({}).open()
  const { gateway } = from.remote
  let file: Promise<unknown> | undefined
  const whenLogBegins: Gateway = {
    ...gateway,
    async put(key, body, options) {
      if (key.includes("/c/")) await (file ??= addFile(engine, "x", bytesOf(7, 1)))
      return await gateway.put(key, body, options)
    },
  }
  const { link } = await attach(engine, { ...from.remote, gateway: whenLogBegins })
  await link.sync()
  expect(file).toBeDefined()
  const [piece] = from.files()
  expect(piece).toBeDefined()
  expect(from.put.indexOf(piece ?? "")).toBeLessThan(from.put.findIndex((name) => name.startsWith("p/0/")))
  await engine.close()
})

test("what a bucket has lost of files comes back from who has them, though nobody writes", async () => {
  const bucket = memoryBucket()
  const from = watchedRemote(bucket)
  const bench = createBench({})
  const { engine, link } = await attach(await bench.open(), from.remote)
  await addFile(engine, "x", bytesOf(7, 1))
  await link.sync()
  bucket.objects.clear()
  await bench.world.advance(listIntervalMs)
  await link.sync()
  expect([...bucket.objects.keys()].filter((key) => key.includes("/b/"))).toHaveLength(1)
  await engine.close()
})

test("a content that the database has costs no upload, wherever it is put again", async () => {
  const bucket = memoryBucket()
  const [one, other] = [createBench({}), createBench({ seed: 2 })]
  const [from, to] = [watchedRemote(bucket), watchedRemote(bucket)]
  const a = await attach(await one.open(), from.remote)
  const bytes = bytesOf(2 * chunkBytes, 1)
  const file = await addFile(a.engine, "x", bytes)
  await a.link.sync()
  expect(from.files()).toHaveLength(3)
  expect((await addFile(a.engine, "y", bytes))[0]).toBe(file[0])
  await a.link.sync()
  expect(from.files()).toHaveLength(3)

  const b = await attach(await other.open(), to.remote)
  await b.link.sync()
  expect((await addFile(b.engine, "z", bytes))[0], "known by its digest, without a chunk of it").toBe(file[0])
  await b.link.sync()
  expect(to.files()).toEqual([])
  await b.link.detach()
  expect(Buffer.compare(await readFile(b.engine, file), Buffer.from(bytes)), "what was put here is here").toBe(0)
  expect(to.fetched).toEqual([])
  expect((await b.engine.check({ deep: true })).findings).toEqual([])
  await a.link.sync()
  expect((await a.engine.get("docs", ["z"]))[0]?.text).toContain(file[0])
  for (const { engine } of [a, b]) await engine.close()
})

test("an upload that is killed in the middle goes on where it was", async () => {
  const bucket = memoryBucket()
  const bench = createBench({})
  let left = 15
  const broken = watchedRemote(bucket, (name) => name.startsWith("b/") && left-- <= 0)
  const killed = await attach(await bench.open(), broken.remote)
  const bytes = bytesOf(20 * chunkBytes, 1)
  const file = await addFile(killed.engine, "x", bytes)
  await expect(killed.link.sync()).rejects.toThrow("REMOTE_UNAVAILABLE")
  expect(broken.files()).toHaveLength(15)
  expect(
    broken.put.filter((name) => name.startsWith("p/0/")),
    "nothing names what is not there",
  ).toHaveLength(1)

  bench.world.locks.abandonAll()
  const again = watchedRemote(bucket)
  const next = await attach(await bench.open(), again.remote)
  await next.link.sync()
  expect(again.files(), "of 21 pieces 12 were known to be there").toHaveLength(9)
  expect([...bucket.objects.keys()].filter((key) => key.includes("/b/"))).toHaveLength(21)
  const reader = await attach(await createBench({ seed: 2 }).open(), remoteOf(bucket))
  await reader.link.sync()
  expect(Buffer.compare(await readFile(reader.engine, file), Buffer.from(bytes))).toBe(0)
  for (const { engine } of [next, reader]) await engine.close()
}, 60_000)

test("what a bucket has changed is told, and what is damaged here is healed from there", async () => {
  const bucket = memoryBucket()
  const [one, other] = [createBench({}), createBench({ seed: 2 })]
  const a = await attach(await one.open(), remoteOf(bucket))
  const bytes = bytesOf(chunkBytes + 1, 1)
  const file = await addFile(a.engine, "x", bytes)
  await a.link.sync()
  const whole = new Map(bucket.objects)
  const chunks = [...bucket.objects.keys()].filter((key) => key.includes("/b/"))
  const b = await attach(await other.open(), remoteOf(bucket))
  await b.link.sync()
  for (const key of chunks) {
    const { body, etag } = whole.get(key)!
    bucket.objects.set(key, { body: body.map((byte, i) => (i === 9 ? byte ^ 1 : byte)), etag })
  }
  await expect(readFile(b.engine, file)).rejects.toThrow("FILE_CORRUPT")
  for (const key of chunks) bucket.objects.delete(key)
  await expect(readFile(b.engine, file)).rejects.toThrow("FILE_MISSING")
  for (const key of chunks) bucket.objects.set(key, whole.get(key)!)
  expect(Buffer.compare(await readFile(b.engine, file), Buffer.from(bytes))).toBe(0)

  for (const piece of piecesOn(one.disk)) flipOn(one.disk, piece)
  expect((await a.engine.check({ deep: true })).ok).toBe(false)
  expect(Buffer.compare(await readFile(a.engine, file), Buffer.from(bytes)), "the index was in memory").toBe(0)
  const fresh = await attach(await one.open(), remoteOf(bucket))
  expect(Buffer.compare(await readFile(fresh.engine, file), Buffer.from(bytes))).toBe(0)
  expect((await a.engine.check({ deep: true })).findings).toEqual([])
  for (const { engine } of [a, b, fresh]) await engine.close()
})

test("a file that is damaged before it is sent is told, and holds up nothing else", async () => {
  const bucket = memoryBucket()
  const bench = createBench({})
  const a = await attach(await bench.open(), remoteOf(bucket))
  const file = await addFile(a.engine, "x", bytesOf(2 * chunkBytes, 1))
  const [first] = piecesOn(bench.disk)
  flipOn(bench.disk, first!)
  await a.link.sync()
  const codes = a.events.flatMap((event) => (event.event === "error" ? [event.error.code] : []))
  expect(codes).toEqual(["FILE_CORRUPT"])
  expect(bucket.objects.has(`${file[0]}`)).toBe(false)
  const b = await attach(await createBench({ seed: 2 }).open(), remoteOf(bucket))
  await b.link.sync()
  expect((await b.engine.get("docs", ["x"]))[0]?.text).toContain(file[0])
  await expect(readFile(b.engine, file)).rejects.toThrow("FILE_MISSING")
  for (const { engine } of [a, b]) await engine.close()
})

test("a file of another device is collected here when no document names it, and can still be named anew", async () => {
  const bucket = memoryBucket()
  const [one, other] = [createBench({}), createBench({ seed: 2 })]
  const a = await attach(await one.open(), remoteOf(bucket))
  const b = await attach(await other.open(), remoteOf(bucket))
  const file = await addFile(a.engine, "x", bytesOf(9, 1))
  await a.link.sync()
  await b.link.sync()
  await readFile(b.engine, file)
  expect(piecesOn(other.disk)).toHaveLength(1)
  await a.engine.write([{ op: "delete", collection: "docs", id: "x" }])
  await a.link.sync()
  await b.link.sync()
  await b.engine.compact()
  expect(piecesOn(other.disk)).toEqual([])
  await nameFiles(b.engine, "y", file)
  expect(await readFile(b.engine, file)).toEqual(Buffer.from(bytesOf(9, 1)))
  await ask(b.engine, "release", file[0])
  for (const { engine } of [a, b]) await engine.close()
})
