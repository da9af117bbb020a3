/** What the data set itself answers, worked out without the database: the check's other opinion. Pure once read. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { type City, toCity } from "../src/cities.ts"

/** What the page's form asks. */
export interface Question {
  readonly text?: string
  readonly country?: string
  readonly size?: string
  readonly order?: string
}

/** All cities of the prepared data set. */
export async function readCities(): Promise<readonly City[]> {
  const text = await readFile(join(import.meta.dirname, "../.cache/public/cities.ndjson"), "utf8")
  return text.trim().split("\n").slice(1).map(toCity)
}

/** The words of a name, without case and marks. */
const wordsOf = (name: string): string[] =>
  name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? []

/** The cities that a question must find, largest first. */
export function answer(cities: readonly City[], { text = "", country = "", size = "" }: Question): readonly City[] {
  const wanted = wordsOf(text)
  const last = wanted.pop()
  return cities.filter((city) => {
    if ((country && city.country !== country) || (size && String(city.size) !== size)) return false
    if (last === undefined) return true
    const words = wordsOf(city.name)
    return words.some((word) => word.startsWith(last)) && wanted.every((one) => words.includes(one))
  })
}

/** How many cities there are of each value of a field. */
export function counts(cities: readonly City[], field: "country" | "size"): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const city of cities) found.set(String(city[field]), (found.get(String(city[field])) ?? 0) + 1)
  return found
}
