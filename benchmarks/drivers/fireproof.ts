/** Fireproof as its documentation advises: put, bulk, get, query by field or map function, subscribe. */
import { type DocWithId, fireproof } from "@fireproof/core"
import { isWanted, type Person } from "../documents.ts"
import { sortedPageOf } from "./answer-pages.ts"
import type { Database, Driver, Opening } from "./driver.ts"

/** A copy without what the library puts into it. */
const personOf = ({ _id, name, age, city, tags, created, address }: DocWithId<Person>): Person => ({
  _id,
  name,
  age,
  city,
  tags,
  created,
  address,
})

function database({ name }: Opening): Database {
  const db = fireproof(name)
  const get = async (id: string) => personOf(await db.get<Person>(id))
  const all = async () => (await db.allDocs<Person>()).rows.map(({ value }) => personOf(value))
  const bulk = async (people: readonly Person[]) => void (await db.bulk<Person>([...people]))
  const ofCity = async (city: string) => {
    const { docs } = await db.query<Person, string>("city", { key: city })
    return (docs as DocWithId<Person>[]).map(personOf)
  }
  return {
    ready: () => db.ready(),
    insertMany: bulk,
    putMany: bulk,
    put: async (person) => void (await db.put<Person>(person)),
    patchMany: async (patches) =>
      bulk(await Promise.all(patches.map(async ({ id, changes }) => ({ ...(await get(id)), ...changes })))),
    get,
    getMany: (ids) => Promise.all(ids.map(get)),
    scan: async (wanted) => (await all()).filter((person) => isWanted(wanted, person)),
    count: async () => (await all()).length,
    async ofAge(age) {
      const { docs } = await db.query<Person, number>("age", { key: age })
      return (docs as DocWithId<Person>[]).map(personOf)
    },
    async fromAge(age, limit) {
      const { docs } = await db.query<Person, number>("age", { range: [age, 255], limit })
      return (docs as DocWithId<Person>[]).map(personOf)
    },
    page: async (wanted) => sortedPageOf(wanted, await ofCity(wanted.city)),
    watchCity(city, listener) {
      const tell = async () => listener(await ofCity(city))
      void tell()
      return db.subscribe(() => void tell(), true)
    },
  }
}

export const driver: Driver = { open: database }
