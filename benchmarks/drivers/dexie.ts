/** Dexie, as its documentation advises: bulkAdd, bulkPut, bulkUpdate, bulkGet, filter, transaction and liveQuery. */
import { Dexie, liveQuery, type Table } from "dexie"
import { isWanted, type Person } from "../documents.ts"
import { counted, skipped } from "./answer-pages.ts"
import type { Database, Driver, Opening } from "./driver.ts"

function database({ name, durability, isIndexed }: Opening): Database {
  const db = new Dexie(name, { chromeTransactionDurability: durability })
  db.version(1).stores({ people: isIndexed ? "_id, age, [city+created], *tags" : "_id" })
  const people: Table<Person, string> = db.table("people")
  return {
    ready: async () => void (await db.open()),
    insertMany: async (added) => void (await people.bulkAdd(added)),
    putMany: async (changed) => void (await people.bulkPut(changed)),
    put: async (person) => void (await people.put(person)),
    patchMany: async (patches) =>
      void (await people.bulkUpdate(patches.map(({ id, changes }) => ({ key: id, changes })))),
    patchEach: (patches) =>
      db.transaction("rw", people, async () => {
        await Promise.all(patches.map(({ id, changes }) => people.update(id, changes)))
      }),
    get: (id) => people.get(id),
    getMany: (ids) => people.bulkGet([...ids]),
    scan: (wanted) => people.filter((person) => isWanted(wanted, person)).toArray(),
    count: () => people.count(),
    ofAge: (age) => people.where("age").equals(age).toArray(),
    fromAge: (age, limit) => people.where("age").aboveOrEqual(age).limit(limit).toArray(),
    async page(wanted) {
      const ofCity = people.where("[city+created]").between([wanted.city, Dexie.minKey], [wanted.city, Dexie.maxKey])
      const found = ofCity.filter((person) => isWanted(wanted, person))
      return counted(wanted, await found.offset(skipped(wanted)).limit(wanted.size).toArray())
    },
    watchCity(city, listener) {
      const subscription = liveQuery(() => people.where("city").equals(city).toArray()).subscribe(listener)
      return () => subscription.unsubscribe()
    },
  }
}

export const driver: Driver = { open: database }
