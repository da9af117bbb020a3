// Devices that sync through one bucket, as an application has them: two labels of memory are two devices.
import { memory, memoryBucket, type MemoryBucket } from "@fixpoint/gateways/memory"
import { counter, type Database, fixpoint, isFixpointError, keys, mv, set, collection } from "fixpoint/edge"
import { afterEach, expect, test, vi } from "vitest"

interface Todo {
  _id?: string
  title?: string
  done?: boolean
  votes?: number
  labels?: string[]
}

const collections = { todos: collection<Todo>({ fields: { votes: counter(), labels: set() } }) }
const key = keys.raw(new Uint8Array(32).fill(7))
const open = new Set<{ close(): Promise<void> }>()

function device(name: string, label: string, bucket?: MemoryBucket) {
  const db = fixpoint(name, {
    collections,
    keys: key,
    storage: { memory: label },
    ...(bucket && { sync: memory(bucket) }),
  })
  open.add(db)
  return db
}

type Device = ReturnType<typeof device>

afterEach(async () => {
  for (const db of open) await db.close()
  open.clear()
})

const fresh = () => crypto.randomUUID()

/** Lets all devices publish, and then take in what the others published. */
async function meet(...links: readonly { sync(): Promise<void> }[]): Promise<void> {
  for (let round = 0; round < 2; round++) for (const link of links) await link.sync()
}

async function expectConverged(first: Device, ...others: readonly Device[]): Promise<void> {
  for (const other of others) {
    expect(await first.hasConverged(other as unknown as Database<never>)).toBe(true)
    expect(await first.hasConverged(await other.digest())).toBe(true)
  }
}

test("two devices converge by themselves, and a write resolves as synced once the bucket has it", async () => {
  const name = fresh()
  const bucket = memoryBucket()
  const [alice, bob] = [device(name, "alice", bucket), device(name, "bob", bucket)]
  const receipt = await alice.collections.todos.put({ _id: "a", title: "milk", done: false })
  await alice.synced(receipt)
  await new Promise<void>((resolve) => {
    const stop = bob.collections.todos.where({}).watch((docs) => {
      if (docs.length === 0) return
      stop()
      resolve()
    })
    void bob.synced()
  })
  // Live results come first: what they show is stored a moment later.
  await vi.waitFor(async () => expect(await bob.collections.todos.get("a")).toMatchObject({ title: "milk" }))
  await expectConverged(alice, bob)
})

test("what two devices wrote apart both survives: fields, counters, sets; and deletion wins over an edit", async () => {
  const name = fresh()
  const bucket = memoryBucket()
  const [alice, bob] = [device(name, "alice"), device(name, "bob")]
  const [a, b] = [alice.attach(memory(bucket)), bob.attach(memory(bucket))]
  const conflicts: unknown[] = []
  alice.on("conflict", (conflict) => conflicts.push(conflict))
  const [todos, theirs] = [alice.collections.todos, bob.collections.todos]
  await todos.putMany([
    { _id: "a", title: "milk", done: false, votes: 1, labels: ["x"] },
    { _id: "b", title: "bread" },
  ])
  await meet(a, b)
  await todos.patch("a", { title: "oat milk" })
  await todos.increment("a", "votes", 2)
  await todos.add("a", "labels", "mine")
  await todos.patch("b", { done: true })
  await theirs.patch("a", { done: true })
  await theirs.increment("a", "votes", 10)
  await theirs.add("a", "labels", "theirs")
  await theirs.delete("b")
  await meet(a, b)
  const expected = { title: "oat milk", done: true, votes: 13, labels: ["mine", "theirs", "x"] }
  expect(await todos.get("a")).toMatchObject(expected)
  expect(await theirs.get("a")).toMatchObject(expected)
  expect(await todos.get("b")).toBeUndefined()
  expect(await theirs.get("b")).toBeUndefined()
  expect(conflicts).toMatchObject([{ collection: "todos", id: "b", path: "" }])
  await expectConverged(alice, bob)
  expect(a.status).toMatchObject({ state: "idle", pending: 0, lastError: undefined })
  expect(a.status.requests.put).toBeGreaterThan(0)
  expect(a.status.cost).toBeGreaterThan(0)
})

test("what gave way is listed with its value on both devices, and choosing it ends the conflict on both", async () => {
  const name = fresh()
  const bucket = memoryBucket()
  const [alice, bob] = [device(name, "alice"), device(name, "bob")]
  const [a, b] = [alice.attach(memory(bucket)), bob.attach(memory(bucket))]
  const [todos, theirs] = [alice.collections.todos, bob.collections.todos]
  await todos.putMany([
    { _id: "a", title: "milk" },
    { _id: "b", title: "bread", done: false },
  ])
  await meet(a, b)
  const due = new Date(1_765_000_000_000)
  const untyped = (alice as unknown as Database).collection("todos")
  await untyped.patch("a", { "at.due": due })
  await todos.patch("b", { done: true })
  await new Promise((resolve) => setTimeout(resolve, 2))
  await (bob as unknown as Database).collection("todos").patch("a", { "at.due": new Date(0) })
  await theirs.delete("b")
  await meet(a, b)
  const [lost, ...others] = await untyped.conflicts("a")
  expect(others).toEqual([])
  expect(lost).toMatchObject({ path: "at.due", isDocument: false, winner: new Date(0), loser: due })
  expect(lost?.authors.loser).toMatchObject({ at: expect.any(Date), stamp: lost?.stamps.loser })
  expect(lost?.authors.winner.actor).not.toBe(lost?.authors.loser.actor)
  expect(await bob.collection("todos").conflicts("a")).toEqual([lost])
  const [edited] = await todos.conflicts("b")
  expect(edited).toMatchObject({ path: "", isDocument: true, winner: undefined })
  expect(edited?.loser).toEqual({ _id: "b", title: "bread", done: true })
  if (lost === undefined || edited === undefined) return
  expect(await untyped.resolve("a", lost, "loser")).toMatchObject({ ids: ["a"] })
  await todos.resolve("b", edited, "loser", { durability: "strict" })
  await meet(a, b)
  for (const one of [todos, theirs]) {
    expect(await one.get("a")).toEqual({ _id: "a", title: "milk", at: { due } })
    expect(await one.get("b")).toEqual({ _id: "b", title: "bread", done: true })
    expect([...(await one.conflicts("a")), ...(await one.conflicts("b"))]).toEqual([])
  }
  await expectConverged(alice, bob)
})

test("a field that keeps siblings shows what two wrote at once, is found by each, and is decided by one write", async () => {
  const [name, bucket] = [fresh(), memoryBucket()]
  interface Note {
    _id?: string
    title?: readonly string[]
  }
  const notes = collection<Note>({ fields: { title: mv() }, indexes: ["title[]"] })
  const devices = ["alice", "bob"].map((label) => {
    const db = fixpoint(name, { collections: { notes }, keys: key, storage: { memory: label } })
    open.add(db)
    return db
  })
  const links = devices.map((db) => db.attach(memory(bucket)))
  const [mine, theirs] = devices.map((db) => db.collections.notes) as [Notes, Notes]
  type Notes = (typeof devices)[number]["collections"]["notes"]
  await mine.put({ _id: "a", title: ["milk"] })
  await meet(...links)
  await mine.patch("a", { title: ["oat milk"] })
  await new Promise((resolve) => setTimeout(resolve, 2))
  await theirs.put({ _id: "a", title: ["soy milk"] })
  await meet(...links)
  for (const one of [mine, theirs]) {
    const note = await one.get("a")
    expect(note).toEqual({ _id: "a", title: ["soy milk", "oat milk"] })
    for (const title of note?.title ?? []) expect(await one.where({ title: { has: title } }).ids()).toEqual(["a"])
    expect(await one.conflicts("a")).toEqual([])
  }
  await theirs.update("a", (note) => note)
  await mine.update("a", ({ title = [], ...note }) => ({ ...note, title: title.slice(1) }))
  await meet(...links)
  for (const one of [mine, theirs]) expect(await one.get("a")).toEqual({ _id: "a", title: ["oat milk"] })
})

test("a device that was offline for long, and a late third one, end as the others", async () => {
  const name = fresh()
  const bucket = memoryBucket()
  const [alice, bob] = [device(name, "alice"), device(name, "bob")]
  const a = alice.attach(memory(bucket))
  const b = bob.attach(memory(bucket))
  await alice.collections.todos.put({ _id: "a", title: "one" })
  await meet(a, b)
  b.pause()
  expect(b.status.state).toBe("stopped")
  for (let n = 0; n < 50; n++) {
    await alice.collections.todos.put({ _id: `a${n}`, title: `a ${n}` })
    await bob.collections.todos.put({ _id: `b${n}`, title: `b ${n}` })
    if (n % 10 === 0) await a.sync()
  }
  b.resume()
  const carol = device(name, "carol", bucket)
  await carol.collections.todos.put({ _id: "c", title: "before the rest" })
  await carol.synced()
  await meet(b, a)
  const c = carol.attach(memory(bucket))
  await meet(c, a, b)
  for (const db of [alice, bob, carol]) expect(await db.collections.todos.where({}).count()).toBe(102)
  await expectConverged(alice, bob, carol)
})

test("five devices that write the same documents converge", async () => {
  const name = fresh()
  const bucket = memoryBucket()
  const devices = ["a", "b", "c", "d", "e"].map((label) => device(name, label))
  const links = devices.map((db) => db.attach(memory(bucket)))
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      devices.map(async (db, i) => {
        await db.collections.todos.put({ _id: "shared", title: `${i} ${round}` })
        await db.collections.todos.put({ _id: `own ${i}`, title: `${round}` })
        await db.collections.todos.increment("own 0", "votes", 1).catch(() => undefined)
      }),
    )
    await Promise.all(links.map((link) => link.sync()))
  }
  await meet(...links)
  for (const db of devices) expect(await db.collections.todos.where({}).count()).toBe(6)
  const [first, ...others] = devices
  await expectConverged(first!, ...others)
})

test("a bucket that was emptied is filled again by any device", async () => {
  const name = fresh()
  const bucket = memoryBucket()
  const [alice, bob] = [device(name, "alice"), device(name, "bob")]
  const [a, b] = [alice.attach(memory(bucket)), bob.attach(memory(bucket))]
  await alice.collections.todos.putMany(Array.from({ length: 20 }, (_, n) => ({ _id: `${n}`, title: `${n}` })))
  await meet(a, b)
  bucket.objects.clear()
  await bob.collections.todos.put({ _id: "later", title: "later" })
  // A new link looks at the whole bucket at once; others do now and then.
  await b.detach()
  await meet(bob.attach(memory(bucket)), a)
  const carol = device(name, "carol")
  await meet(carol.attach(memory(bucket)))
  expect(await carol.collections.todos.where({}).count()).toBe(21)
})

test("without a bucket nothing is synced, and it says so", async () => {
  const alice = device(fresh(), "alice")
  await alice.put({ _id: "a" })
  expect(isFixpointError(await alice.synced().catch((error: unknown) => error), "SYNC_OFF")).toBe(true)
  const link = alice.attach(memory())
  await alice.synced()
  await link.detach()
  expect(isFixpointError(await alice.synced().catch((error: unknown) => error), "SYNC_OFF")).toBe(true)
  expect(isFixpointError(await link.sync().catch((error: unknown) => error), "SYNC_OFF")).toBe(true)
})

test("a bucket that a newcomer has begun anew is told, and adopted with all that each device has", async () => {
  const name = fresh()
  const bucket = memoryBucket()
  const alice = device(name, "alice")
  const link = alice.attach(memory(bucket))
  await alice.collections.todos.put({ _id: "a", title: "milk" })
  await link.sync()
  const { keys: stored } = await memory(bucket).list("")
  for (const { key } of stored) await memory(bucket).delete(key)
  const bob = device(name, "bob")
  const other = bob.attach(memory(bucket))
  await bob.collections.todos.put({ _id: "b", title: "bread" })
  await other.sync()
  const error: unknown = await link.sync().catch((thrown: unknown) => thrown)
  expect(isFixpointError(error, "REMOTE_LOST") && error.message).toContain("link.adopt()")
  await link.adopt()
  await meet(link, other)
  for (const db of [alice, bob])
    expect((await db.collections.todos.where({}).all()).map(({ title }) => title)).toEqual(["milk", "bread"])
  await expectConverged(alice, bob)
})
