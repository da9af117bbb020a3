/** The demo's database: its collections, by what they are found, and its key. Owns: how it is opened. */
import { type Attachment, collection, fixpoint, keys, xml } from "fixpoint"
import type { City, Source, Tile } from "./cities.ts"

/** A note that several devices write in at once: its text is shown as markup. */
export interface Note {
  readonly _id: string
  readonly title?: string
  readonly body?: string
  readonly photo?: Attachment
}

const notes = collection<Note>({ fields: { body: xml() }, history: { keep: "30d" } })

const cities = collection<City>({
  indexes: ["-population", "key", ["country", "-population"], { on: "visited", where: { visited: true } }],
  search: ["name"],
})

/** Opens the database with a key that all devices have; it is ready once `ready()` resolves. */
export const openDatabase = (key: Uint8Array) =>
  fixpoint("world", {
    collections: { cities, notes, tiles: collection<Tile>(), sources: collection<Source>() },
    keys: keys.raw(key),
  })

/** The open database with its collections. */
export type CityDatabase = ReturnType<typeof openDatabase>
