/** PouchDB with pouchdb-find, as its guides advise: bulkDocs, allDocs with keys, createIndex and find, the changes feed. */
import PouchDB from "pouchdb-browser"
import PouchFind from "pouchdb-find"
import { isWanted, type Person } from "../documents.ts"
import { counted, skipped } from "./answer-pages.ts"
import type { Database, Driver, Opening } from "./driver.ts"

PouchDB.plugin(PouchFind)

type Stored = Person & { readonly _rev: string }

const indexes = [["age"], ["city", "created"]]
/** `find` gives 25 unless told. */
const all = 2 ** 30

const personOf = ({ _rev, ...person }: Stored): Person => person

async function database({ name, isIndexed }: Opening): Promise<Database> {
  const db = new PouchDB<Person>(name)
  if (isIndexed) for (const fields of indexes) await db.createIndex({ index: { fields } })
  const rows = async (keys?: readonly string[]) => {
    const { rows: found } = await db.allDocs({ include_docs: true, ...(keys && { keys }) })
    return found.flatMap(({ doc }) => (doc ? [doc] : []))
  }
  const find = async (request: object) => (await db.find({ limit: all, ...request })).docs.map(personOf)
  const bulk = async (docs: readonly object[]) => {
    const refused = (await db.bulkDocs(docs)).filter((answer) => "error" in answer)
    if (refused.length > 0) throw new Error(`${refused.length} documents were refused`)
  }
  const changed = async (ids: readonly string[], change: (stored: Stored, at: number) => object) =>
    bulk((await rows(ids)).map(change))
  return {
    ready: async () => void (await db.info()),
    insertMany: bulk,
    putMany: (people) =>
      changed(
        people.map(({ _id }) => _id),
        ({ _rev }, at) => ({ ...people[at], _rev }),
      ),
    put: async (person) => void (await db.put(person)),
    patchMany: (patches) =>
      changed(
        patches.map(({ id }) => id),
        (stored, at) => ({ ...stored, ...patches[at]?.changes }),
      ),
    get: async (id) => personOf(await db.get(id)),
    getMany: async (ids) => (await rows(ids)).map(personOf),
    scan: async (wanted) => (await rows()).filter((person) => isWanted(wanted, person)).map(personOf),
    count: async () => (await db.info()).doc_count - (isIndexed ? indexes.length : 0),
    ofAge: (age) => find({ selector: { age } }),
    fromAge: (age, limit) => find({ selector: { age: { $gte: age } }, sort: ["age"], limit }),
    async page(wanted) {
      const { city, olderThan, size } = wanted
      const selector = { city, created: { $gte: null }, age: { $gt: olderThan } }
      const people = await find({ selector, sort: ["city", "created"], skip: skipped(wanted), limit: size })
      return counted(wanted, people)
    },
    watchCity(city, listener) {
      const tell = async () => listener(await find({ selector: { city } }))
      const changes = db.changes({ live: true, since: "now" }).on("change", () => void tell())
      void tell()
      return () => changes.cancel()
    },
  }
}

export const driver: Driver = { open: database }
