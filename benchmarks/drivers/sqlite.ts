/** SQLite's own WebAssembly build on its OPFS file system, in a worker, as its documentation has it. */
import type { Person } from "../documents.ts"
import { counted, skipped } from "./answer-pages.ts"
import type { Database, Driver, Opening } from "./driver.ts"
import * as table from "./people-table.ts"
import type { SqliteAnswer, SqliteCall } from "./sqlite-worker.ts"

const createSearch =
  "create virtual table if not exists names using fts5(name, content=people); create trigger if not exists named after insert " +
  "on people begin insert into names (rowid, name) values (new.rowid, new.name); end"

type Values = readonly (string | number)[]

function connection() {
  const worker = new Worker(new URL("sqlite-worker.ts", import.meta.url), { type: "module" })
  const waiting = new Map<number, { resolve(rows: table.PersonRow[]): void; reject(error: Error): void }>()
  let id = 0
  worker.addEventListener("message", ({ data }: MessageEvent<SqliteAnswer>) => {
    const call = waiting.get(data.id)
    waiting.delete(data.id)
    if (data.error === undefined) call?.resolve((data.rows ?? []) as unknown as table.PersonRow[])
    else call?.reject(new Error(data.error))
  })
  return (sql: string, values: readonly Values[], open?: SqliteCall["open"]) =>
    new Promise<table.PersonRow[]>((resolve, reject) => {
      waiting.set(++id, { resolve, reject })
      const call: SqliteCall = { id, sql, values, ...(open ? { open } : {}) }
      worker.postMessage(call)
    })
}

async function database({ name, durability, isIndexed, isSearched }: Opening): Promise<Database> {
  const run = connection()
  const synchronous = durability === "strict" ? "full" : "normal"
  const parts = [table.createTable, ...(isIndexed ? [table.createIndexes] : []), ...(isSearched ? [createSearch] : [])]
  await run(parts.join(";"), [], { name, synchronous })
  const select = async (sql: string, ...values: Values) => (await run(sql, [values])).map(table.personOf)
  const insert = (people: readonly Person[], otherwise = "") =>
    run(
      `insert into people (${table.columns}) values (?1, ?2, ?3, ?4, ?5, ?6, ?7) ${otherwise}`,
      people.map(table.valuesOf),
    )
  return {
    ready: async () => undefined,
    insertMany: async (people) => void (await insert(people)),
    putMany: async (people) => void (await insert(people, `on conflict (_id) do update set ${table.replaceAll}`)),
    put: async (person) => void (await insert([person])),
    async patchMany(patches) {
      const fields = Object.keys(patches[0]?.changes ?? {})
      const set = fields.map((field, at) => `${field} = ?${at + 2}`).join(", ")
      const values = patches.map(({ id, changes }) => [id, ...(Object.values(changes) as Values)])
      await run(`update people set ${set} where _id = ?1`, values)
    },
    get: async (id) => (await select(table.selects.get, id))[0],
    async getMany(ids) {
      const found = await run(
        table.selects.get,
        ids.map((id) => [id]),
      )
      const byId = new Map(found.map((row) => [row._id, table.personOf(row)]))
      return ids.map((id) => byId.get(id))
    },
    scan: ({ city, olderThan }) => select(table.selects.scan, city, olderThan),
    count: async () => ((await run(table.selects.count, [[]]))[0] as unknown as { n: number }).n,
    ofAge: (age) => select(table.selects.ofAge, age),
    fromAge: (age, limit) => select(table.selects.fromAge, age, limit),
    page: async (wanted) =>
      counted(wanted, await select(table.selects.page, wanted.city, wanted.olderThan, wanted.size, skipped(wanted))),
    search: (word, limit) =>
      select(
        "select people.* from names join people on people.rowid = names.rowid where names match ?1 limit ?2",
        word,
        limit,
      ),
  }
}

export const driver: Driver = { open: database }
