/** PGlite on IndexedDB with relaxed durability unless strict is asked for, and its live extension. */
import { PGlite } from "@electric-sql/pglite"
import { live } from "@electric-sql/pglite/live"
import type { Person } from "../documents.ts"
import { counted, skipped } from "./answer-pages.ts"
import type { Database, Driver, Opening } from "./driver.ts"
import * as table from "./people-table.ts"

const createSearch = "create index if not exists names on people using gin (to_tsvector('simple', name))"
/** Postgres takes 65,535 parameters a statement. */
const batch = 9_000

const dollars = (sql: string) => sql.replaceAll("?", "$")

async function database({ name, durability, isIndexed, isSearched }: Opening): Promise<Database> {
  const relaxedDurability = durability === "relaxed"
  const db = await PGlite.create(`idb://${name}`, { relaxedDurability, extensions: { live } })
  await db.exec(
    [table.createTable, ...(isIndexed ? [table.createIndexes] : []), ...(isSearched ? [createSearch] : [])].join(";"),
  )
  const select = async (sql: string, ...values: readonly unknown[]) =>
    (await db.query<table.PersonRow>(dollars(sql), [...values])).rows.map(table.personOf)
  const insert = (people: readonly Person[], otherwise = "") =>
    db.transaction(async (tx) => {
      for (let from = 0; from < people.length; from += batch) {
        const rows = people.slice(from, from + batch).map(table.valuesOf)
        const places = rows.map(
          (row, at) => `(${row.map((_, column) => `$${at * row.length + column + 1}`).join(", ")})`,
        )
        await tx.query(`insert into people (${table.columns}) values ${places.join(", ")} ${otherwise}`, rows.flat())
      }
    })
  return {
    ready: async () => undefined,
    insertMany: async (people) => insert(people),
    putMany: (people) => insert(people, `on conflict (_id) do update set ${table.replaceAll}`),
    put: (person) => insert([person]),
    patchMany: (patches) =>
      db.transaction(async (tx) => {
        for (const { id, changes } of patches) {
          const set = Object.keys(changes).map((field, at) => `${field} = $${at + 2}`)
          await tx.query(`update people set ${set.join(", ")} where _id = $1`, [id, ...Object.values(changes)])
        }
      }),
    get: async (id) => (await select(table.selects.get, id))[0],
    async getMany(ids) {
      const found = new Map(
        (await select("select * from people where _id = any(?1)", ids)).map((one) => [one._id, one]),
      )
      return ids.map((id) => found.get(id))
    },
    scan: ({ city, olderThan }) => select(table.selects.scan, city, olderThan),
    count: async () => Number((await db.query<{ n: number }>(table.selects.count)).rows[0]?.n),
    ofAge: (age) => select(table.selects.ofAge, age),
    fromAge: (age, limit) => select(table.selects.fromAge, age, limit),
    page: async (wanted) =>
      counted(wanted, await select(table.selects.page, wanted.city, wanted.olderThan, wanted.size, skipped(wanted))),
    search: (word, limit) =>
      select(
        "select * from people where to_tsvector('simple', name) @@ to_tsquery('simple', ?1) limit ?2",
        word,
        limit,
      ),
    watchCity(city, listener) {
      const watched = db.live.query<table.PersonRow>(dollars(table.selects.ofCity), [city], ({ rows }) =>
        listener(rows.map(table.personOf)),
      )
      return () => void watched.then(({ unsubscribe }) => unsubscribe())
    },
  }
}

export const driver: Driver = { open: database }
