/** The demo's database: one name, three collections, a key that stays on this device. Owns: how it is opened. */
import { collection, fixpoint, keys } from "fixpoint"
import type { City, Source, Tile } from "./cities.ts"

/** Opens the database; it is ready once `ready()` resolves. */
export const openDatabase = () =>
  fixpoint("cities", {
    collections: { cities: collection<City>(), tiles: collection<Tile>(), sources: collection<Source>() },
    keys: keys.device(),
  })

/** The open database with its collections. */
export type CityDatabase = ReturnType<typeof openDatabase>
