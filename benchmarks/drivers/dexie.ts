/** Dexie, as its documentation advises: bulkAdd, bulkPut, bulkUpdate, bulkGet, filter, transaction and liveQuery. */
import { Dexie, liveQuery, type Table } from "dexie"
import { isWanted, type Person } from "../documents.ts"
import type { Database, Driver, Durability } from "./driver.ts"

function database(schema: string, durability: Durability): Database {
  const hasCityIndex = schema.includes("city")
  const db = new Dexie("bench", { chromeTransactionDurability: durability })
  db.version(1).stores({ people: schema })
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
    watchCity(city, listener) {
      const found = () =>
        hasCityIndex ? people.where("city").equals(city) : people.filter((person) => person.city === city)
      const subscription = liveQuery(() => found().toArray()).subscribe(listener)
      return () => subscription.unsubscribe()
    },
  }
}

/** Only the primary key, as many fields as the other systems of this comparison index. */
export const plain: Driver = { open: (durability) => database("_id", durability) }

/** With the secondary indexes that an application would declare for these documents. */
export const indexed: Driver = { open: (durability) => database("_id, age, city, *tags", durability) }
