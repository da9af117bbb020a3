/** Compares what is stored with where it came from, record by record. Reads everything, writes nothing. */
import { type City, openSource, toCities } from "./cities.ts"
import type { CityDatabase } from "./database.ts"

/** What a comparison found. */
export interface Comparison {
  readonly counted: number
  readonly same: number
  readonly edited: number
  readonly missing: number
  readonly wrong: number
  readonly ms: number
}

const fixed = ["country", "region", "kind"] as const

/** Whether the stored record is the source's: the same, an edited one, or something that no edit makes. */
function judge(stored: City | undefined, source: City): "same" | "edited" | "missing" | "wrong" {
  if (!stored) return "missing"
  const { lat, lon } = stored.loc
  const intact =
    fixed.every((field) => stored[field] === source[field]) && lat === source.loc.lat && lon === source.loc.lon
  if (!intact || stored._id !== source._id) return "wrong"
  const { note, visited } = stored
  const asBefore =
    stored.name === source.name &&
    stored.key === source.key &&
    stored.population === source.population &&
    stored.size === source.size
  return asBefore && note === undefined && visited === undefined ? "same" : "edited"
}

/** Counts the stored cities and compares each with its line in the data set. */
export async function compareWithSource(
  { collections: { cities } }: CityDatabase,
  told: (done: number, total: number) => void,
): Promise<Comparison> {
  const started = performance.now()
  const result = { same: 0, edited: 0, missing: 0, wrong: 0 }
  const { head, batches } = await openSource(4_000)
  let done = 0
  for await (const lines of batches) {
    const batch = await toCities(lines)
    const stored = await cities.getMany(batch.map(({ _id }) => _id))
    batch.forEach((source, index) => result[judge(stored[index], source)]++)
    done += batch.length
    told(done, head.total)
  }
  const counted = await cities.where().count()
  return { ...result, counted, ms: performance.now() - started }
}
