/** Yjs with y-indexeddb: one Y.Doc, a Y.Map of plain objects in it; all in memory, every update a record. */
import { IndexeddbPersistence } from "y-indexeddb"
import { applyUpdate, Doc, mergeUpdates } from "yjs"
import { isWanted, type Person } from "../documents.ts"
import { firstFromAge, sortedPageOf } from "./answer-pages.ts"
import type { Database, Driver, Opening, SharedDevice } from "./driver.ts"

async function opened(name: string) {
  const doc = new Doc()
  const persistence = new IndexeddbPersistence(name, doc)
  await persistence.whenSynced
  // It tells nobody when an update is stored; a transaction that comes after it tells.
  const saved = () =>
    new Promise<void>((resolve, reject) => {
      const after = (persistence.db as IDBDatabase).transaction("updates", "readonly")
      after.objectStore("updates").count()
      after.oncomplete = () => resolve()
      after.onabort = () => reject(after.error ?? new Error("the transaction was aborted"))
    })
  return { doc, saved }
}

async function database({ name }: Opening): Promise<Database> {
  const { doc, saved } = await opened(name)
  const people = doc.getMap<Person>("people")
  const putMany = async (changed: readonly Person[]) => {
    doc.transact(() => {
      for (const one of changed) people.set(one._id, one)
    })
    await saved()
  }
  const filter = (test: (person: Person) => boolean) => [...people.values()].filter(test)
  return {
    ready: async () => undefined,
    insertMany: putMany,
    putMany,
    put: (person) => putMany([person]),
    patchMany: (patches) => putMany(patches.map(({ id, changes }) => ({ ...(people.get(id) as Person), ...changes }))),
    get: async (id) => people.get(id),
    getMany: async (ids) => ids.map((id) => people.get(id)),
    scan: async (wanted) => filter((person) => isWanted(wanted, person)),
    count: async () => people.size,
    ofAge: async (age) => filter((person) => person.age === age),
    fromAge: async (age, limit) => firstFromAge([...people.values()], age, limit),
    page: async (wanted) =>
      sortedPageOf(
        wanted,
        filter((person) => person.city === wanted.city),
      ),
    watchCity(city, listener) {
      const tell = () => listener(filter((person) => person.city === city))
      people.observe(tell)
      tell()
      return () => people.unobserve(tell)
    },
  }
}

/** Updates as objects: each device puts what it has written under a name of its own, and gets what it has not seen. */
async function shared(name: string, bucketUrl: string): Promise<SharedDevice> {
  const { doc, saved } = await opened(name)
  const people = doc.getMap<Person>("people")
  const seen = new Set<string>()
  let written: Uint8Array[] = []
  doc.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin !== "bucket" && !(origin instanceof IndexeddbPersistence)) written.push(update)
  })
  const all = async (change: () => void) => {
    doc.transact(change)
    await saved()
  }
  return {
    insertMany: (added) => all(() => added.forEach((one) => people.set(one._id, one))),
    patchMany: (patches) =>
      all(() => patches.forEach(({ id, changes }) => people.set(id, { ...(people.get(id) as Person), ...changes }))),
    count: async () => people.size,
    some: async (limit) => [...people.values()].slice(0, limit),
    watchCity(city, listener) {
      const tell = () => listener([...people.values()].filter((one) => one.city === city))
      people.observe(tell)
      return () => people.unobserve(tell)
    },
    async sync() {
      const { keys } = (await (await fetch(`${bucketUrl}?prefix=${name}/`)).json()) as { keys: { key: string }[] }
      for (const { key } of keys.filter((one) => !seen.has(one.key))) {
        applyUpdate(doc, new Uint8Array(await (await fetch(bucketUrl + key)).arrayBuffer()), "bucket")
        seen.add(key)
      }
      if (written.length === 0) return
      const [key, body] = [`${name}/${doc.clientID}-${Date.now()}`, mergeUpdates(written) as Uint8Array<ArrayBuffer>]
      written = []
      seen.add(key)
      const { ok, status } = await fetch(bucketUrl + key, { method: "PUT", body })
      if (!ok) throw new Error(`the server has refused an object: ${status}`)
      await saved()
    },
    close: async () => doc.destroy(),
  }
}

export const driver: Driver = {
  open: database,
  openShared: shared,
  async openText(name) {
    const { doc, saved } = await opened(name)
    const text = doc.getText("body")
    return {
      insert: (at, added) => text.insert(at, added),
      remove: (at, count) => text.delete(at, count),
      value: () => text.toJSON(),
      saved,
    }
  },
}
