/** Yjs with y-indexeddb: one Y.Doc, a Y.Map of plain objects in it; all in memory, every update a record. */
import { IndexeddbPersistence } from "y-indexeddb"
import { Doc } from "yjs"
import { isWanted, type Person } from "../documents.ts"
import { firstFromAge, sortedPageOf } from "./answer-pages.ts"
import type { Database, Driver, Opening } from "./driver.ts"

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

export const driver: Driver = {
  open: database,
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
