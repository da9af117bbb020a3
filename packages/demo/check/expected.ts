/** What the data set itself answers, worked out without the database: the check's other opinion. Pure once read. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { type City, foldName, toCity } from "../src/cities.ts"

/** A search as the page's form puts it. */
export interface Question {
  readonly begins: string
  readonly country: string
  readonly people: number
}

/** How many cities a search must find, and the largest of them. */
export interface Expected {
  readonly found: number
  readonly largest: City
}

/** All cities of the prepared data set. */
export async function readCities(): Promise<readonly City[]> {
  const text = await readFile(join(import.meta.dirname, "../.cache/public/cities.ndjson"), "utf8")
  return text.trim().split("\n").slice(1).map(toCity)
}

/** The answer to a search that finds something. */
export function answer(cities: readonly City[], { begins, country, people }: Question): Expected {
  const key = foldName(begins)
  const found = cities.filter(
    (city) => city.key.startsWith(key) && (country === "" || city.country === country) && city.population >= people,
  )
  const [first, ...others] = found
  if (!first) throw new Error(`The data set has no city that begins with ${begins}`)
  const largest = others.reduce((most, city) => (city.population > most.population ? city : most), first)
  return { found: found.length, largest }
}
