/**
 * The records of the demo: what a city is, how a line of the data set becomes one, and the packed points of the map.
 * Invariant: the same line gives the same document, on every device.
 */

/** A city as it is stored. `key` is the name as lists by name compare it. */
export interface City {
  readonly _id: string
  readonly name: string
  readonly key: string
  readonly country: string
  readonly region: string
  readonly kind: string
  readonly population: number
  /** The key of its size. */
  readonly size: number
  readonly loc: { readonly lat: number; readonly lon: number }
  readonly note?: string
  readonly visited?: boolean
}

/** The points of one batch of the import, so that the map needs no scan of the cities. */
export interface Tile {
  readonly _id: string
  readonly points: Uint8Array
}

/** What was imported: the data set's name and how many cities it has. */
export interface Source {
  readonly _id: string
  readonly name: string
  readonly total: number
}

/** The head line of the data set. */
export interface SourceHead {
  readonly source: string
  readonly total: number
}

const letters: Readonly<Record<string, string>> = {
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ı: "i",
}
const marks = /[\p{M}\u02BB\u02BC\u2018\u2019']/gu

/** A name without marks and case: "São Paulo" as "sao paulo". */
export function foldName(name: string): string {
  const plain = name.normalize("NFD").replace(marks, "").toLowerCase()
  return plain.replace(/[øłđðþßæœı]/g, (letter) => letters[letter] ?? letter)
}

/** Sizes of cities, the largest first. */
export const sizes = [
  { key: 7, name: "10 million and more", range: { gte: 10_000_000 } },
  { key: 6, name: "1 to 10 million", range: { gte: 1_000_000, lt: 10_000_000 } },
  { key: 5, name: "100,000 to a million", range: { gte: 100_000, lt: 1_000_000 } },
  { key: 4, name: "10,000 to 100,000", range: { gte: 10_000, lt: 100_000 } },
  { key: 3, name: "1,000 to 10,000", range: { gte: 1_000, lt: 10_000 } },
  { key: 0, name: "less, or not known", range: { lt: 1_000 } },
] as const

/** The key of the size of a city. */
export const sizeOf = (population: number): number =>
  sizes.find(({ range }) => "gte" in range && population >= range.gte)?.key ?? 0

type Line = [string, string, string, string, string, number, number, number]

/** The city of a line of the data set. */
export function toCity(line: string): City {
  const [_id, name, country, region, kind, population, lat, lon] = JSON.parse(line) as Line
  const size = sizeOf(population)
  return { _id, name, key: foldName(name), country, region, kind, population, size, loc: { lat, lon } }
}

/** Lines that are read in one go: a millisecond or two. */
const stride = 256

/** The cities of many lines, with the page free in between. */
export async function toCities(lines: readonly string[]): Promise<City[]> {
  const cities: City[] = []
  for (let at = 0; at < lines.length; at += stride) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve))
    cities.push(...lines.slice(at, at + stride).map(toCity))
  }
  return cities
}

/** The lines of the data set as the server gives them. */
async function* readLines(signal: AbortSignal | undefined): AsyncGenerator<string[]> {
  const response = await fetch("/cities.ndjson", signal ? { signal } : {})
  if (!response.ok || !response.body) throw new Error(`The data set is not there (HTTP ${response.status})`)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ""
  for (;;) {
    const { done, value = "" } = await reader.read()
    if (done) break
    const lines = (rest + value).split("\n")
    rest = lines.pop() ?? ""
    yield lines
  }
}

/** The data set: its head, and then the lines of its cities in batches. */
export async function openSource(
  size: number,
  signal?: AbortSignal,
): Promise<{ head: SourceHead; batches: AsyncGenerator<string[]> }> {
  const chunks = readLines(signal)
  const first = await chunks.next()
  const [headLine = "{}", ...lines] = first.done ? [] : first.value
  async function* batches(): AsyncGenerator<string[]> {
    let batch = lines
    for (;;) {
      while (batch.length >= size) yield batch.splice(0, size)
      const next = await chunks.next()
      if (next.done) break
      batch = batch.concat(next.value)
    }
    if (batch.length > 0) yield batch
  }
  return { head: JSON.parse(headLine) as SourceHead, batches: batches() }
}

/** The head of the data set alone. */
export async function readHead(): Promise<SourceHead> {
  const enough = new AbortController()
  const { head } = await openSource(1, enough.signal)
  enough.abort()
  return head
}

/** Bytes of one point: longitude and latitude in 16 bits each, and the number of digits of its population. */
const pointBytes = 5

/** The points of cities as bytes. */
export function packPoints(cities: readonly City[]): Uint8Array {
  const packed = new Uint8Array(cities.length * pointBytes)
  const view = new DataView(packed.buffer)
  cities.forEach(({ loc, population }, index) => {
    const at = index * pointBytes
    view.setInt16(at, Math.round(loc.lon * 182))
    view.setInt16(at + 2, Math.round(loc.lat * 364))
    packed[at + 4] = population > 0 ? Math.floor(Math.log10(population)) : 0
  })
  return packed
}

/** Calls `visit` for each packed point. */
export function eachPoint(packed: Uint8Array, visit: (lon: number, lat: number, digits: number) => void): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  for (let at = 0; at + pointBytes <= packed.length; at += pointBytes)
    visit(view.getInt16(at) / 182, view.getInt16(at + 2) / 364, view.getUint8(at + 4))
}

const kinds: Readonly<Record<string, string>> = {
  PPLC: "capital",
  PPLCH: "former capital",
  PPLA: "seat of a region",
  PPLG: "seat of government",
  PPLX: "part of a city",
  PPLF: "farm village",
  PPLL: "locality",
  PPLR: "religious place",
  PPLS: "group of places",
  PPLQ: "abandoned",
  PPLW: "destroyed",
  PPLH: "historical",
  STLMT: "settlement",
}

/** A GeoNames feature code in words. */
export const kindInWords = (code: string): string =>
  kinds[code] ?? (code.startsWith("PPLA") ? "seat of a district" : "town")

const names = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" })

/** A country's name for its code. */
export const countryName = (code: string): string => (/^[A-Z]{2}$/.test(code) ? (names.of(code) ?? code) : code)

/** A place as people write it: 56.9° N, 24.1° E. */
export const placeInWords = ({ lat, lon }: City["loc"]): string =>
  `${Math.abs(lat).toFixed(1)}° ${lat < 0 ? "S" : "N"}, ${Math.abs(lon).toFixed(1)}° ${lon < 0 ? "W" : "E"}`
