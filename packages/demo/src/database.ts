/** The demo's database: its collections, by what they are found, and its key. Owns: how it is opened. */
import { collection, fixpoint, keys } from "fixpoint"
import type { City, Source, Tile } from "./cities.ts"

const cities = collection<City>({
  indexes: ["-population", "key", ["country", "-population"], { on: "visited", where: { visited: true } }],
  search: ["name"],
})

/** Opens the database; it is ready once `ready()` resolves. */
export const openDatabase = () =>
  fixpoint("cities", {
    collections: { cities, tiles: collection<Tile>(), sources: collection<Source>() },
    keys: keys.device(),
  })

/** The open database with its collections. */
export type CityDatabase = ReturnType<typeof openDatabase>
