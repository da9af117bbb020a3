/** Fixpoint as an application has it: the engine in a worker, encryption on, the device's own key. */
import { fixpoint } from "fixpoint"
import type { Person } from "../documents.ts"
import type { Database, Driver, Durability, Patch } from "./driver.ts"

function database(durability: Durability): Database {
  const db = fixpoint("bench", { durability })
  const people = db.collection<Person>("people")
  const patchAll = async (patches: readonly Patch[]) => {
    await db.transaction(async (tx) => {
      const stored = tx.collection<Person>("people")
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
    watchCity: (city, listener) => people.where({ city }).watch(listener),
  }
}

export const driver: Driver = { open: database }
