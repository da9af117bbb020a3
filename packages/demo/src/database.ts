/** The demo's database: its collections, by what they are found, and its key. Owns: how it is opened. */
import { collection, fixpoint, keys } from "fixpoint"
import type { City, Source, Tile } from "./cities.ts"

const cities = collection<City>({
  indexes: ["-population", "key", ["country", "-population"], { on: "visited", where: { visited: true } }],
  search: ["name"],
})

/** Opens the database with a key that all devices have; it is ready once `ready()` resolves. */
export const openDatabase = (key: Uint8Array) =>
  fixpoint("world", {
    collections: { cities, tiles: collection<Tile>(), sources: collection<Source>() },
    keys: keys.raw(key),
  })

/** The open database with its collections. */
export type CityDatabase = ReturnType<typeof openDatabase>
