/** TanStack DB with its IndexedDB collection: rows in memory, loaded at the start; each mutation is stored in the background. */
import * as tanstack from "@tanstack/db"
import type { Person } from "../documents.ts"
import { counted, skipped } from "./answer-pages.ts"
import type { Database, Driver, Opening } from "./driver.ts"

type People = tanstack.Collection<Person, string>

/** Rows come with fields of the library's own, which begin with a dollar sign. */
const personOf = (row: Person): Person =>
  Object.fromEntries(Object.entries(row).filter(([field]) => !field.startsWith("$"))) as unknown as Person
const allOf = (rows: readonly Person[]): Person[] => rows.map(personOf)

async function database({ name, isIndexed }: Opening): Promise<Database> {
  const db = await tanstack.createIndexedDB({ name, version: 1, stores: ["people"] })
  const options = tanstack.indexedDBCollectionOptions<Person, string>({ db, name: "people", getKey: ({ _id }) => _id })
  const people = tanstack.createCollection({ ...options, startSync: true }) as unknown as People
  if (isIndexed) {
    people.createIndex((row) => row.age, { indexType: tanstack.BTreeIndex })
    people.createIndex((row) => row.city, { indexType: tanstack.BTreeIndex })
  }
  await people.preload()
  const get = (id: string) => {
    const row = people.get(id)
    return row && personOf(row)
  }
  const insert = async (added: Person | Person[]) => void (await people.insert(added).isPersisted.promise)
  const change = async (changes: readonly (readonly [string, object])[]) => {
    const ids = changes.map(([id]) => id)
    const written = people.update(ids, (drafts) => {
      for (const [at, draft] of drafts.entries()) Object.assign(draft, changes[at]?.[1])
    })
    await written.isPersisted.promise
  }
  return {
    ready: async () => undefined,
    insertMany: (added) => insert([...added]),
    putMany: (changed) => change(changed.map((person) => [person._id, person])),
    put: insert,
    patchMany: (patches) => change(patches.map(({ id, changes }) => [id, changes])),
    get: async (id) => get(id),
    getMany: async (ids) => ids.map(get),
    scan: async ({ city, olderThan }) =>
      allOf(
        await tanstack.queryOnce((q) =>
          q
            .from({ p: people })
            .where(({ p }) => tanstack.and(tanstack.eq(p.city, city), tanstack.gt(p.age, olderThan))),
        ),
      ),
    count: async () => people.size,
    ofAge: async (age) =>
      allOf(await tanstack.queryOnce((q) => q.from({ p: people }).where(({ p }) => tanstack.eq(p.age, age)))),
    fromAge: async (from, limit) => {
      const above = new tanstack.Query().from({ p: people }).where(({ p }) => tanstack.gte(p.age, from))
      return allOf(await tanstack.queryOnce({ query: above.orderBy(({ p }) => p.age).limit(limit) }))
    },
    async page(wanted) {
      const found = new tanstack.Query()
        .from({ p: people })
        .where(({ p }) => tanstack.and(tanstack.eq(p.city, wanted.city), tanstack.gt(p.age, wanted.olderThan)))
      const inOrder = found.orderBy(({ p }) => p.created).limit(wanted.size)
      return counted(wanted, allOf(await tanstack.queryOnce({ query: inOrder.offset(skipped(wanted)) })))
    },
    watchCity(city, listener) {
      const found = tanstack.createLiveQueryCollection((q) =>
        q.from({ p: people }).where(({ p }) => tanstack.eq(p.city, city)),
      )
      const tell = () => listener(allOf(found.toArray as Person[]))
      const subscription = found.subscribeChanges(tell)
      void found.preload().then(tell)
      return () => subscription.unsubscribe()
    },
  }
}

export const driver: Driver = { open: database }
