/** Evolu on the web, as its documentation advises: a schema, upserts with ids made from strings, queries by Kysely; no relay. */
import * as common from "@evolu/common"
import { evoluWebDeps } from "@evolu/web"
import type { Person } from "../documents.ts"
import { counted, skipped } from "./answer-pages.ts"
import type { Database, Driver, Opening } from "./driver.ts"
import { nestedAsText, type PersonRow, personOf } from "./people-table.ts"

const text = common.NonEmptyString
const fields = { key: text, name: text, age: common.Number, city: text, tags: text, created: text, address: text }
const schema = { people: { id: common.id("People"), ...fields } }
const columns = ["key", "name", "age", "city", "tags", "created", "address"] as const

type Kept = Partial<Person> & { readonly _id: string }

const idOf = (key: string) => common.createIdFromString<"People">(key)
function evoluOf({ name, isIndexed }: Opening) {
  return common.createEvolu(evoluWebDeps)(schema, {
    name: common.SimpleName.orThrow(name),
    transports: [],
    indexes: (create) => {
      const byAge = create("people_age").on("people").column("age")
      return isIndexed ? [byAge, create("people_city").on("people").columns(["city", "created"])] : []
    },
  })
}

function database(opening: Opening): Database {
  const evolu = evoluOf(opening)
  type Build = Parameters<typeof evolu.createQuery>[0]
  const everyone = (db: Parameters<Build>[0]) => db.selectFrom("people").select(columns)
  type Everyone = ReturnType<typeof everyone>
  const queryOf = (build: (all: Everyone) => unknown) =>
    evolu.createQuery((db) => build(everyone(db)) as ReturnType<Build>)
  const peopleOf = (rows: readonly unknown[]) =>
    (rows as (PersonRow & { key: string })[]).map(({ key, ...row }) => personOf({ ...row, _id: key }))
  const select = async (build: (all: Everyone) => unknown) => peopleOf(await evolu.loadQuery(queryOf(build)))
  const ofCity = (all: Everyone, city: string) => all.where("city", "=", city as never)
  const write = (kind: "upsert" | "update", kept: readonly Kept[]) =>
    new Promise<void>((resolve, reject) => {
      for (const [at, { _id, ...changes }] of kept.entries()) {
        const row = { id: idOf(_id), ...(kind === "upsert" && { key: _id }), ...nestedAsText(changes) } as never
        const { ok } = evolu[kind]("people", row, at === kept.length - 1 ? { onComplete: resolve } : {})
        if (!ok) reject(new Error(`${_id} was refused`))
      }
    })
  const getMany = async (keys: readonly string[]) => {
    const found = new Map((await select((all) => all.where("id", "in", keys.map(idOf)))).map((one) => [one._id, one]))
    return keys.map((key) => found.get(key))
  }
  return {
    ready: async () => void (await evolu.appOwner),
    insertMany: (added) => write("upsert", added),
    putMany: (changed) => write("upsert", changed),
    put: (person) => write("upsert", [person]),
    patchMany: (patches) =>
      write(
        "update",
        patches.map(({ id: _id, changes }) => ({ _id, ...changes })),
      ),
    get: async (key) => (await select((all) => all.where("id", "=", idOf(key))))[0],
    getMany,
    scan: ({ city, olderThan }) => select((all) => ofCity(all, city).where("age", ">", olderThan)),
    count: async () => (await select((all) => all)).length,
    ofAge: (age) => select((all) => all.where("age", "=", age)),
    fromAge: (age, limit) => select((all) => all.where("age", ">=", age).orderBy("age").limit(limit)),
    async page(wanted) {
      const inOrder = (all: Everyone) => ofCity(all, wanted.city).where("age", ">", wanted.olderThan).orderBy("created")
      return counted(wanted, await select((all) => inOrder(all).limit(wanted.size).offset(skipped(wanted))))
    },
    watchCity(city, listener) {
      const query: common.Query = queryOf((all) => ofCity(all, city))
      const stop = evolu.subscribeQuery(query)(() => listener(peopleOf(evolu.getQueryRows(query))))
      void evolu.loadQuery(query).then((found) => listener(peopleOf(found)))
      return stop
    },
  }
}

export const driver: Driver = { open: database }
