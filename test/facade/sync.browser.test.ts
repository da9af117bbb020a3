// Sync from a page: the engine in its worker reaches gateways that stay on the page, and those that are described.
import { memory, memoryBucket } from "@fixpoint/gateways/memory"
import { type Database, fixpoint, isFixpointError, keys } from "fixpoint"
import { expect, test, vi } from "vitest"

const key = keys.raw(new Uint8Array(32).fill(3))

test("a worker and an engine in the page are two devices of one bucket, whose gateway stays on the page", async () => {
  const name = crypto.randomUUID()
  const bucket = memoryBucket()
  const mine = fixpoint(name, { keys: key, sync: memory(bucket) })
  const theirs = fixpoint(name, { keys: key, storage: { memory: "other" } })
  const link = theirs.attach(memory(bucket))
  await mine.put({ _id: "a", n: 1 })
  await mine.synced()
  await link.sync()
  expect(await theirs.get("a")).toMatchObject({ n: 1 })
  await theirs.put({ _id: "b", n: 2 })
  await theirs.synced()
  await mine.synced()
  await vi.waitFor(async () => expect(await mine.get("b")).toMatchObject({ n: 2 }), { timeout: 10_000 })
  expect(await mine.hasConverged(theirs as unknown as Database<never>)).toBe(true)
  expect([...bucket.objects.keys()].length).toBeGreaterThan(2)
  await theirs.close()
  await mine.destroy()
})

test("a gateway that no worker knows is refused with its kind, and the database works on", async () => {
  const db = fixpoint(crypto.randomUUID(), { keys: key })
  const told = vi.fn()
  db.on("sync", told)
  const link = db.attach({ name: "mine", description: { kind: "unheard-of", settings: {} } })
  const error = await link.sync().catch((thrown: unknown) => thrown)
  expect(isFixpointError(error, "INVALID_ARGUMENT")).toBe(true)
  expect(link.status).toMatchObject({ state: "stopped", remote: "mine", lastError: { code: "INVALID_ARGUMENT" } })
  expect(told).toHaveBeenCalled()
  await db.put({ _id: "a" })
  await db.destroy()
})

test("a function among the settings of a described gateway is called on the page", async () => {
  const db = fixpoint(crypto.randomUUID(), { keys: key })
  const headers = vi.fn(() => ({ authorization: "Bearer x" }))
  // Nobody listens there: the call for the headers comes first.
  const url = "http://127.0.0.1:9/"
  const link = db.attach({ name: "http", description: { kind: "http", settings: { url, headers } } })
  const error = await link.sync().catch((thrown: unknown) => thrown)
  expect(isFixpointError(error)).toBe(true)
  expect(headers).toHaveBeenCalled()
  await db.destroy()
})
