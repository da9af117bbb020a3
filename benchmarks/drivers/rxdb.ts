/** RxDB on its Dexie storage, as its documentation advises: bulkInsert, bulkUpsert, incrementalPatch, findByIds, find, find().$. */
import { createRxDatabase, type RxCollection, type RxDocument, type RxJsonSchema } from "rxdb/plugins/core"
import { getRxStorageDexie } from "rxdb/plugins/storage-dexie"
import type { Person } from "../documents.ts"
import { counted, skipped } from "./answer-pages.ts"
import type { Database, Driver, Opening } from "./driver.ts"

const text = { type: "string" } as const
const short = { type: "string", maxLength: 40 } as const
const age = { type: "integer", minimum: 0, maximum: 255, multipleOf: 1 } as const
const address = { type: "object", properties: { street: text, zip: text, country: text } } as const
const tags = { type: "array", items: text } as const
const properties = { _id: short, name: text, age, city: short, tags, created: short, address }

const schemaOf = (isIndexed: boolean): RxJsonSchema<Person> => ({
  version: 0,
  primaryKey: "_id",
  type: "object",
  properties,
  required: ["_id", "name", "age", "city", "tags", "created", "address"],
  ...(isIndexed ? { indexes: ["age", ["city", "created"]] } : {}),
})

const jsonOf = (document: RxDocument<Person>): Person => document.toMutableJSON() as Person
const allOf = (documents: readonly RxDocument<Person>[]): Person[] => documents.map(jsonOf)

async function database({ name, isIndexed }: Opening): Promise<Database> {
  // One tab owns it here: no leader is elected and no channel opened.
  const db = await createRxDatabase({ name, storage: getRxStorageDexie(), multiInstance: false })
  const collections = await db.addCollections({ people: { schema: schemaOf(isIndexed) } })
  const people = collections["people"] as RxCollection<Person>
  const expectNone = ({ error }: { readonly error: readonly unknown[] }) => {
    if (error.length > 0) throw new Error(`${error.length} documents were refused`)
  }
  const byIds = (ids: readonly string[]) => people.findByIds([...ids]).exec()
  return {
    ready: async () => undefined,
    insertMany: async (added) => expectNone(await people.bulkInsert([...added])),
    putMany: async (changed) => expectNone(await people.bulkUpsert([...changed])),
    put: async (person) => void (await people.insert(person)),
    async patchMany(patches) {
      const stored = await byIds(patches.map(({ id }) => id))
      await Promise.all(patches.map(async ({ id, changes }) => stored.get(id)?.incrementalPatch(changes)))
    },
    async get(id) {
      const found = await people.findOne(id).exec()
      return found ? jsonOf(found) : undefined
    },
    async getMany(ids) {
      const stored = await byIds(ids)
      return ids.map((id) => stored.get(id)).map((found) => (found ? jsonOf(found) : undefined))
    },
    scan: async ({ city, olderThan }) =>
      allOf(await people.find({ selector: { city: { $eq: city }, age: { $gt: olderThan } } }).exec()),
    count: () => people.count().exec(),
    ofAge: async (wanted) => allOf(await people.find({ selector: { age: { $eq: wanted } } }).exec()),
    fromAge: async (from, limit) =>
      allOf(await people.find({ selector: { age: { $gte: from } }, sort: [{ age: "asc" }], limit }).exec()),
    async page(wanted) {
      const selector = { city: { $eq: wanted.city }, age: { $gt: wanted.olderThan } }
      const query = { selector, sort: [{ created: "asc" as const }], skip: skipped(wanted), limit: wanted.size }
      return counted(wanted, allOf(await people.find(query).exec()))
    },
    watchCity(city, listener) {
      const found = people.find({ selector: { city: { $eq: city } } }).$
      const subscription = found.subscribe((documents) => listener(allOf(documents)))
      return () => subscription.unsubscribe()
    },
  }
}

export const driver: Driver = { open: database }
