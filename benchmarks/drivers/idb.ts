/** Raw IndexedDB through `idb`: one record a document. Close to what the platform itself costs a main thread. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb"
import { isWanted, type Person } from "../documents.ts"
import { pageOf } from "./answer-pages.ts"
import type { Database, Driver, Durability, Patch } from "./driver.ts"

interface Schema extends DBSchema {
  people: { key: string; value: Person; indexes: { age: number; city: [string, string]; tags: string } }
}

function database(db: IDBPDatabase<Schema>, durability: Durability): Database {
  const write = () => db.transaction("people", "readwrite", { durability })
  const putMany = async (people: readonly Person[]) => {
    const { store, done } = write()
    for (const person of people) void store.put(person)
    await done
  }
  return {
    ready: async () => undefined,
    async insertMany(people) {
      const { store, done } = write()
      for (const person of people) void store.add(person)
      await done
    },
    putMany,
    put: (person) => putMany([person]),
    async patchMany(patches) {
      const { store, done } = write()
      const stored = await Promise.all(patches.map(({ id }) => store.get(id)))
      for (const [at, { changes }] of patches.entries()) void store.put({ ...(stored[at] as Person), ...changes })
      await done
    },
    async patchEach(patches) {
      const { store, done } = write()
      const update = async ({ id, changes }: Patch) => {
        const stored = await store.get(id)
        if (stored) await store.put({ ...stored, ...changes })
      }
      await Promise.all([...patches.map(update), done])
    },
    get: (id) => db.get("people", id),
    getMany(ids) {
      const { store } = db.transaction("people")
      return Promise.all(ids.map((id) => store.get(id)))
    },
    scan: async (wanted) => (await db.getAll("people")).filter((person) => isWanted(wanted, person)),
    count: () => db.count("people"),
    ofAge: (age) => db.getAllFromIndex("people", "age", age),
    fromAge: (age, limit) => db.getAllFromIndex("people", "age", IDBKeyRange.lowerBound(age), limit),
    async page(wanted) {
      const ofCity = IDBKeyRange.bound([wanted.city], [wanted.city, []])
      return pageOf(wanted, await db.getAllFromIndex("people", "city", ofCity))
    },
  }
}

export const driver: Driver = {
  async open({ name, durability, isIndexed }) {
    const db = await openDB<Schema>(name, 1, {
      upgrade(opened) {
        const people = opened.createObjectStore("people", { keyPath: "_id" })
        if (!isIndexed) return
        people.createIndex("age", "age")
        people.createIndex("city", ["city", "created"])
        people.createIndex("tags", "tags", { multiEntry: true })
      },
    })
    return database(db, durability)
  },
}
