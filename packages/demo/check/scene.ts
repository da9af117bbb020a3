/** What the steps of the check share. Owns: the scene, and what several steps do in it. */
import { readFile } from "node:fs/promises"
import type { City } from "../src/cities.ts"
import type { Drive } from "./drive.ts"
import type { Page } from "./page.ts"
import { same } from "./report.ts"

/** The question whose largest city is edited. */
export const question = { country: "BR", size: "7" }

export const count = (value: number): string => value.toLocaleString("en")
export const ms = (value: number): string => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`

/** Everything that the steps share. */
export interface Scene {
  readonly drive: Drive
  readonly cities: readonly City[]
  /** The city that is edited. */
  readonly city: City
  readonly port: number
  /** The address of the first device. */
  readonly home: string
  /** The other devices, which are not open yet. */
  readonly others: readonly { readonly url: string }[]
  /** The folder of the bucket. */
  readonly bucket: string
  /** A word that only this check has written, so that it can be looked for on the disk. */
  readonly secret: string
  page: Page
  population: number
  note: string
}

/** Opens the demo in another tab, or as another device, with the same city on the screen. */
export async function openBeside({ drive, cities, city }: Scene, url?: string): Promise<Page> {
  const page = await drive.openPage(url)
  await page.opened()
  await page.counted(cities.length)
  if (url !== undefined) await page.inStep()
  await page.ask(question)
  await page.choose(city._id)
  return page
}

/** An edit in one tab, seen in the other: from the click to the changed row, in ms. */
export async function passOn(from: Page, to: Page, scene: Scene): Promise<number> {
  scene.population++
  await from.fill("population", String(scene.population))
  const seen = to.sees(scene.city._id, scene.population)
  const [{ at }, then] = await Promise.all([from.save(), seen])
  return then - at
}

/** Fails unless a page shows the city as it was edited last. */
export async function expectShown(page: Page, { population, note }: Scene): Promise<void> {
  const shown = await page.shown()
  same("Population", shown.population, population)
  same("Note", shown.note, note)
}

/** The address of another device. */
export function otherOf({ others }: Scene, place: number): string {
  const other = others[place]
  if (!other) throw new Error(`no device ${place} is served`)
  return other.url
}

/** Fails if one of the files holds anything that was written; they must be large enough to hold it. */
export async function unreadableIn(files: readonly string[], { cities, secret, city }: Scene): Promise<string> {
  const words = [secret, city.name, "population"].flatMap((word) => [Buffer.from(word), Buffer.from(word, "utf16le")])
  let bytes = 0
  for (const file of files) {
    const stored = await readFile(file)
    bytes += stored.length
    const word = words.find((one) => stored.includes(one))
    if (word) throw new Error(`${file} can be read: ${word.toString()}`)
  }
  if (bytes < 20 * cities.length) throw new Error(`only ${bytes} bytes were found`)
  return `no name, field or note in ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB`
}
