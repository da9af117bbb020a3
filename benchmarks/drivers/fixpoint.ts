/** Fixpoint as an application has it: the engine in a worker, encryption on, the device's own key. */
import { http } from "@fixpoint/gateways/http"
import { collection, fixpoint, keys, text } from "fixpoint"
import type { Person } from "../documents.ts"
import type { Database, Driver, Opening, Patch } from "./driver.ts"

const collectionOf = ({ isIndexed, isSearched }: Opening) =>
  collection<Person>({
    ...(isIndexed ? { indexes: ["age", ["city", "created"], "tags[]"] } : {}),
    ...(isSearched ? { search: ["name"] } : {}),
  })

function database(opening: Opening): Database {
  const db = fixpoint(opening.name, { durability: opening.durability, collections: { people: collectionOf(opening) } })
  const { people } = db.collections
  const patchAll = async (patches: readonly Patch[]) => {
    await db.transaction(async (tx) => {
      const stored = tx.collection("people")
      await Promise.all(patches.map(({ id, changes }) => stored.patch(id, changes)))
    })
  }
  return {
    async ready() {
      await db.ready()
      if (db.status.persistence !== "indexeddb") throw new Error(`it fell back to ${db.status.persistence}`)
    },
    insertMany: async (added) => void (await people.putMany(added)),
    putMany: async (changed) => void (await people.putMany(changed)),
    put: async (person) => void (await people.put(person)),
    patchMany: patchAll,
    patchEach: patchAll,
    get: (id) => people.get(id),
    getMany: (ids) => people.getMany(ids),
    scan: ({ city, olderThan }) => people.where({ city, age: { gt: olderThan } }).all(),
    count: () => people.where({}).count(),
    ofAge: (age) => people.where({ age }).all(),
    fromAge: (age, limit) =>
      people
        .where({ age: { gte: age } })
        .orderBy("age")
        .limit(limit)
        .all(),
    async page({ city, olderThan, size, after }) {
      const inOrder = people.where({ city, age: { gt: olderThan } }).orderBy("created")
      const { docs, next } = await inOrder.page(after === undefined ? { size } : { size, after: after as string })
      return { people: docs, next }
    },
    async indexesBuilt() {
      while ((await people.where({ age: 0 }).explain()).fullScan)
        await new Promise((resolve) => setTimeout(resolve, 50))
    },
    search: async (word, limit) => (await people.search(word, { limit, prefix: false })).map(({ doc }) => doc),
    watchCity: (city, listener) => people.where({ city }).watch(listener),
  }
}

/** All devices have one key, as after an invitation. */
const sharedKey = new Uint8Array(32).fill(7)

export const driver: Driver = {
  open: database,
  async openShared(name, bucketUrl) {
    const db = fixpoint(name, { keys: keys.raw(sharedKey), collections: { people: collection<Person>() } })
    await db.ready()
    const { people } = db.collections
    const link = db.attach(http({ url: bucketUrl }))
    return {
      insertMany: async (added) => void (await people.putMany(added)),
      patchMany: async (patches) => void (await people.patch(patches[0]?.id ?? "", patches[0]?.changes ?? {})),
      count: () => people.where({}).count(),
      some: (limit) => people.where({}).limit(limit).all(),
      watchCity: (city, listener) => people.where({ city }).watch(listener),
      sync: () => link.sync(),
      close: () => db.close(),
    }
  },
  async openText(name) {
    const notes = collection<{ _id: string; body: string }>({ fields: { body: text() } })
    const db = fixpoint(name, { collections: { notes } })
    const opened = await db.collections.notes.text("note", "body")
    return {
      insert: (at, added) => opened.ytext.insert(at, added),
      remove: (at, count) => opened.ytext.delete(at, count),
      value: () => opened.ytext.toJSON(),
      saved: () => opened.saved(),
    }
  },
}
