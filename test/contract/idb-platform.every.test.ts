// What IndexedDB does under a store: deletions, upgrades, hangs, foreign databases, lost data.
import { expect, onTestFinished, test, vi } from "vitest"
import { silentLogger } from "../../packages/core/src/base/log.ts"
import { contiguousRuns } from "../../packages/core/src/lsm/idb-requests.ts"
import { deleteIdbStore, openIdbStore } from "../../packages/core/src/lsm/idb-store.ts"
import { timers } from "./timers.ts"

const bytes = new Uint8Array([1, 2, 3])
const identity = { format: 1, suite: 1, databaseId: "0".repeat(32) }
const genesis = { identity, keys: { a: 1 }, manifest: { version: 1, bytes } }
const append = (n: number) => ({ durability: "relaxed", append: { n, bytes } }) as const

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

/** A name of its own, and what it stands for in IndexedDB; removed at the end. */
function freshName(): { name: string; stored: string } {
  const name = crypto.randomUUID()
  onTestFinished(() => deleteIdbStore({ name, timers }))
  return { name, stored: `fp/${name}` }
}

/** A connection as another program would hold it: it lets nobody delete or upgrade. */
async function holdOpen(stored: string, version?: number, upgrade: (db: IDBDatabase) => void = () => undefined) {
  const request = indexedDB.open(stored, version)
  request.onupgradeneeded = () => upgrade(request.result)
  const db = await settled(request)
  onTestFinished(() => db.close())
  return db
}

/** Whether a database of that name has ever been made. WebKit lists one whose making was aborted, with version 0. */
const exists = async (stored: string) =>
  (await indexedDB.databases()).some(({ name, version }) => name === stored && version !== 0)

/** Timers whose time passes when the test says so. */
function manualTimers() {
  const waiting = new Set<() => void>()
  const after = (_: number, run: () => void) => {
    waiting.add(run)
    return () => waiting.delete(run)
  }
  const pass = () => {
    for (const run of Array.from(waiting)) {
      waiting.delete(run)
      run()
    }
  }
  return { timers: { after }, pass, waiting }
}

test("destroying a store closes the others, which never make the database anew", async () => {
  const { name, stored } = freshName()
  const [store, other] = [await openIdbStore({ name, timers }), await openIdbStore({ name, timers })]
  await store.create(genesis)
  await store.destroy()
  expect(await exists(stored)).toBe(false)
  await expect(other.readHeader()).rejects.toMatchObject({ code: "CLOSED" })
  await expect(other.commit(append(1))).rejects.toMatchObject({ code: "CLOSED" })
  expect(await exists(stored)).toBe(false)
  await other.close()
})

test("a database that vanishes under a store is reported as lost", async () => {
  const { name, stored } = freshName()
  const store = await openIdbStore({ name, timers })
  await store.create(genesis)
  // The upgrade of another program ends the connection; what it leaves behind is deleted before the next call.
  const foreign = await holdOpen(stored, 2)
  foreign.close()
  await settled(indexedDB.deleteDatabase(stored))
  await expect(store.readHeader()).rejects.toMatchObject({ code: "STORE_LOST" })
  expect(await exists(stored)).toBe(false)
  await store.close()
})

test("a connection that was ended is opened again by the next call", async () => {
  const { name, stored } = freshName()
  const store = await openIdbStore({ name, timers })
  await store.create(genesis)
  const request = indexedDB.open(stored, 2)
  request.onupgradeneeded = () => request.transaction?.abort()
  await expect(settled(request)).rejects.toThrow()
  expect(await store.commit(append(1))).toBe("committed")
  expect((await store.readHeader()).head).toBe(1)
  await store.close()
})

test("a database of a newer version is STORE_NEWER, at open and under an open store", async () => {
  const { name, stored } = freshName()
  const store = await openIdbStore({ name, timers })
  await store.create(genesis)
  const newer = await holdOpen(stored, 2)
  await expect(store.readHeader()).rejects.toMatchObject({ code: "STORE_NEWER" })
  await expect(openIdbStore({ name, timers })).rejects.toMatchObject({ code: "STORE_NEWER" })
  newer.close()
  await store.close()
})

test("a database without its stores is torn", async () => {
  const { name, stored } = freshName()
  const foreign = await holdOpen(stored, 1, (db) => void db.createObjectStore("log"))
  foreign.close()
  await expect(openIdbStore({ name, timers })).rejects.toMatchObject({
    code: "STORE_TORN",
    details: { stores: ["log"] },
  })
})

test("an identity record of something else is FORMAT_UNKNOWN", async () => {
  const { name, stored } = freshName()
  const store = await openIdbStore({ name, timers })
  const db = await holdOpen(stored)
  await settled(db.transaction("meta", "readwrite").objectStore("meta").put("something", "identity"))
  db.close()
  await expect(store.readHeader()).rejects.toMatchObject({ code: "FORMAT_UNKNOWN" })
  await store.close()
})

test("what is not bytes any more is given as no bytes, which no authentication accepts", async () => {
  const { name, stored } = freshName()
  const store = await openIdbStore({ name, timers })
  const db = await holdOpen(stored)
  const tx = db.transaction(["log", "blk", "meta"], "readwrite")
  tx.objectStore("log").put("text", 1)
  tx.objectStore("blk").put(7, 0)
  await settled(tx.objectStore("meta").put(null, "manifest"))
  db.close()
  expect(await store.readLog(0, 1)).toEqual([{ n: 1, bytes: new Uint8Array() }])
  expect(await store.readBlocks([{ segment: 0, index: 0 }])).toEqual([new Uint8Array()])
  expect(await store.readManifest()).toEqual({ version: 0, bytes: new Uint8Array() })
  await store.close()
})

test("deleting what is not there makes nothing", async () => {
  const { name, stored } = freshName()
  await deleteIdbStore({ name, timers })
  expect(await exists(stored)).toBe(false)
})

test("a deletion that another program blocks is STORE_BLOCKED, and an opening behind it STORE_TIMEOUT", async () => {
  const { name, stored } = freshName()
  const holder = await holdOpen(stored)
  const clock = manualTimers()
  const blocked = new Promise<void>((resolve) => {
    const request = indexedDB.deleteDatabase(stored)
    request.onblocked = () => resolve()
  })
  await blocked
  const opening = openIdbStore({ name, timers: clock.timers })
  opening.catch(() => undefined)
  const deleting = deleteIdbStore({ name, timers: clock.timers })
  deleting.catch(() => undefined)
  await expect.poll(() => clock.waiting.size).toBe(2)
  clock.pass()
  clock.pass()
  await expect(opening).rejects.toMatchObject({ code: "STORE_TIMEOUT" })
  await expect(deleting).rejects.toMatchObject({ kind: "unavailable" })
  holder.close()
  // The opening came too late, and leaves nothing behind.
  await expect.poll(() => exists(stored)).toBe(false)
})

test("a commit that gets no answer is STORE_TIMEOUT; it was sent as a whole, and ends by itself", async () => {
  const { name, stored } = freshName()
  const clock = manualTimers()
  const opening = openIdbStore({ name, timers: clock.timers })
  const store = await opening
  const holder = await holdOpen(stored)
  const state = { isHeld: true }
  const log = holder.transaction("log", "readwrite").objectStore("log")
  // Requests without end keep the transaction alive, as a tab that is frozen in the middle of one does.
  const goOn = () => {
    if (state.isHeld) log.get(1).onsuccess = goOn
  }
  goOn()
  const writing = store.commit(append(1))
  writing.catch(() => undefined)
  await expect.poll(() => clock.waiting.size).toBe(1)
  clock.pass()
  expect(clock.waiting.size).toBe(1)
  clock.pass()
  await expect(writing).rejects.toMatchObject({ code: "STORE_TIMEOUT" })
  state.isHeld = false
  expect(await store.readLog(0, 10)).toEqual([{ n: 1, bytes }])
  expect(await store.commit(append(1))).toBe("outrun")
  expect(await store.commit(append(2))).toBe("committed")
  await store.close()
})

test("a view is stored without the buffer behind it", async () => {
  const { name, stored } = freshName()
  const store = await openIdbStore({ name, timers })
  const view = new Uint8Array(10_000).subarray(5, 8)
  await store.commit({
    durability: "relaxed",
    append: { n: 1, bytes: view },
    blocks: [{ segment: 1, index: 1, bytes: view }],
  })
  const db = await holdOpen(stored)
  const tx = db.transaction(["log", "blk"])
  const values = await Promise.all([tx.objectStore("log").get(1), tx.objectStore("blk").get(1_048_577)].map(settled))
  expect(values.map((value: Uint8Array) => value.buffer.byteLength)).toEqual([3, 3])
  db.close()
  await store.close()
})

test("each barrier stores another value, as one that changes nothing is not synced", async () => {
  const { name, stored } = freshName()
  const [store, other] = [await openIdbStore({ name, timers }), await openIdbStore({ name, timers })]
  const db = await holdOpen(stored)
  const seen = new Set<unknown>()
  for (const one of [store, store, other, other]) {
    await one.commit({ durability: "strict" })
    seen.add(await settled(db.transaction("meta").objectStore("meta").get("barrier")))
  }
  expect(seen.size).toBe(4)
  db.close()
  await Promise.all([store.close(), other.close()])
})

test("what the platform told of lost data is told until the database is destroyed", async () => {
  const { name, stored } = freshName()
  const open = indexedDB.open.bind(indexedDB)
  indexedDB.open = (...args) => {
    const request = open(...args)
    const told = { dataLoss: { value: "total" }, dataLossMessage: { value: "checksum mismatch" } }
    request.addEventListener("upgradeneeded", (event) => Object.defineProperties(event, told))
    return request
  }
  const store = await openIdbStore({ name, timers }).finally(() => {
    indexedDB.open = open
  })
  expect(store.dataLoss).toBe("checksum mismatch")
  await store.close()
  const again = await openIdbStore({ name, timers })
  await again.readHeader()
  expect(again.dataLoss).toBe("checksum mismatch")
  await again.destroy()
  expect(await exists(stored)).toBe(false)
  const fresh = await openIdbStore({ name, timers })
  await fresh.readHeader()
  expect(fresh.dataLoss).toBeUndefined()
  await fresh.close()
})

test("a transaction of several values is not told to commit: Firefox would keep some when it cannot keep all", async () => {
  const { name } = freshName()
  const store = await openIdbStore({ name, timers })
  const told: number[] = []
  const writes = new Map<IDBTransaction, number>()
  const stores = IDBObjectStore.prototype
  const originals = { put: stores.put, add: stores.add, delete: stores.delete }
  const { commit } = IDBTransaction.prototype
  const counting = (method: (this: IDBObjectStore, ...args: never[]) => IDBRequest) =>
    function counted(this: IDBObjectStore, ...args: never[]): never {
      writes.set(this.transaction, (writes.get(this.transaction) ?? 0) + 1)
      return method.apply(this, args) as never
    }
  IDBTransaction.prototype.commit = function noted() {
    told.push(writes.get(this) ?? 0)
    commit.call(this)
  }
  Object.assign(stores, {
    put: counting(originals.put),
    add: counting(originals.add),
    delete: counting(originals.delete),
  })
  try {
    await store.create(genesis)
    const blocks = [0, 1].map((index) => ({ segment: 1, index, bytes }))
    for (const [i, length] of [3, 60_001, 200_000, 480_001].entries())
      expect(await store.commit({ durability: "relaxed", append: { n: i + 1, bytes: new Uint8Array(length) } })).toBe(
        "committed",
      )
    expect(await store.commit(append(1))).toBe("outrun")
    expect(await store.commit(append(9))).toBe("outrun")
    await store.commit({ durability: "relaxed", blocks, manifest: { version: 2, bytes } })
    await store.commit({ durability: "relaxed", trimLogThrough: 2, dropSegments: [1] })
    await store.commit({ durability: "strict" })
    await store.putKeys({})
    await store.readLog(0, 10)
  } finally {
    Object.assign(stores, originals)
    IDBTransaction.prototype.commit = commit
  }
  expect(Math.max(...told)).toBe(1)
  expect(told.filter((count) => count === 1).length).toBeGreaterThan(5)
  await store.close()
})

test("names of blocks are read in runs of neighbours", () => {
  expect(contiguousRuns([5, 3, 4, 9, 4, 11])).toEqual([
    { first: 3, count: 3 },
    { first: 9, count: 1 },
    { first: 11, count: 1 },
  ])
  const long = contiguousRuns(Array.from({ length: 20 }, (_, i) => i))
  expect(long.reduce((sum, { count }) => sum + count, 0)).toBe(20)
  expect(long.length).toBe(3)
})

test("where the platform's log is turned, the first write waits for it, and nothing of it stays", async () => {
  const { name, stored } = freshName()
  const store = await openIdbStore({ name, timers, turnsLog: true })
  await store.create(genesis)
  await store.commit(append(1))
  expect(await store.readLog(0, 1)).toHaveLength(1)
  await store.close()
  expect(await exists(`fp-turn/${name}`)).toBe(false)
  await deleteIdbStore({ name, timers, turnsLog: true })
  expect(await exists(stored)).toBe(false)
})

test("a store that is only read, for however long, leaves the platform's log as it is", async () => {
  const { name } = freshName()
  const { timers: manual, pass } = manualTimers()
  const opened = vi.spyOn(indexedDB, "open")
  onTestFinished(() => void vi.restoreAllMocks())
  const store = await openIdbStore({ name, timers: manual, turnsLog: true })
  expect(await store.readHeader()).toMatchObject({ head: 0 })
  pass()
  expect(await store.readLog(0, 1)).toEqual([])
  await store.close()
  expect(opened.mock.calls.map(([of]) => of)).not.toContain(`fp-turn/${name}`)
})

test("a log that cannot be turned does not keep a write for ever", async () => {
  const { name } = freshName()
  const holder = await holdOpen(`fp-turn/${name}`)
  const { timers: manual, pass } = manualTimers()
  const state = { isGivenUp: false }
  const log = { ...silentLogger, warn: () => void (state.isGivenUp = true) }
  const store = await openIdbStore({ name, timers: manual, turnsLog: true, log })
  const creating = store.create(genesis)
  while (!state.isGivenUp) {
    pass()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await expect(creating).resolves.toBe("committed")
  holder.close()
  await store.close()
})

test("a write that is under way when its store closes waits for the turn as well", async () => {
  const { name } = freshName()
  const before = await openIdbStore({ name, timers })
  await before.create(genesis)
  await before.close()
  const made: string[] = []
  const open = indexedDB.open.bind(indexedDB)
  vi.spyOn(indexedDB, "open").mockImplementation((...args) => {
    made.push(args[0])
    return open(...args)
  })
  onTestFinished(() => void vi.restoreAllMocks())
  const store = await openIdbStore({ name, timers, turnsLog: true })
  const writing = store.commit(append(1))
  await store.close()
  expect(await writing).toBe("committed")
  expect(made).toContain(`fp-turn/${name}`)
})
