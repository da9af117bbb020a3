/** TinyBase with its IndexedDB persister: a store in memory, loaded whole at the start and saved whole after each write. */
import { createIndexes, createStore, type Row } from "tinybase"
import { createIndexedDbPersister } from "tinybase/persisters/persister-indexed-db"
import { isWanted, type Person } from "../documents.ts"
import { pageOf } from "./answer-pages.ts"
import type { Database, Driver, Opening } from "./driver.ts"

const rowOf = ({ _id, ...row }: Person): Row => row as unknown as Row
const rowsOf = (people: readonly Person[]) => Object.fromEntries(people.map((one) => [one._id, rowOf(one)]))

async function database({ name, isIndexed }: Opening): Promise<Database> {
  const store = createStore()
  const indexes = createIndexes(store)
  if (isIndexed) {
    indexes.setIndexDefinition("age", "people", "age")
    indexes.setIndexDefinition("city", "people", "city", "created")
    // One slice that holds all, in the order of their ages.
    indexes.setIndexDefinition("ages", "people", () => "", "age")
  }
  const persister = createIndexedDbPersister(store, name)
  await persister.load()
  const personOf = (id: string): Person => ({ _id: id, ...store.getRow("people", id) }) as unknown as Person
  const some = (ids: readonly string[]) => ids.map(personOf)
  const has = (id: string) => store.hasRow("people", id)
  const writeAll = async (work: () => void) => {
    store.transaction(work)
    await persister.save()
  }
  const putMany = (people: readonly Person[]) =>
    writeAll(() => {
      for (const one of people) store.setRow("people", one._id, rowOf(one))
    })
  return {
    ready: async () => undefined,
    insertMany: (people) =>
      writeAll(() => void store.setTable("people", { ...store.getTable("people"), ...rowsOf(people) })),
    putMany,
    put: (person) => putMany([person]),
    patchMany: (patches) =>
      writeAll(() => {
        for (const { id, changes } of patches) store.setPartialRow("people", id, changes as unknown as Row)
      }),
    get: async (id) => (has(id) ? personOf(id) : undefined),
    getMany: async (ids) => ids.map((id) => (has(id) ? personOf(id) : undefined)),
    scan: async (wanted) => some(store.getRowIds("people")).filter((person) => isWanted(wanted, person)),
    count: async () => store.getRowCount("people"),
    ofAge: async (age) => some(indexes.getSliceRowIds("age", String(age))),
    async fromAge(age, limit) {
      const inOrder = indexes.getSliceRowIds("ages", "")
      const first = inOrder.findIndex((id) => (store.getCell("people", id, "age") as number) >= age)
      return some(inOrder.slice(first, first + limit))
    },
    page: async (wanted) => pageOf(wanted, some(indexes.getSliceRowIds("city", wanted.city))),
    watchCity(city, listener) {
      const tell = () => listener(some(indexes.getSliceRowIds("city", city)))
      const id = indexes.addSliceRowIdsListener("city", city, tell)
      tell()
      return () => indexes.delListener(id)
    },
  }
}

export const driver: Driver = { open: database }
