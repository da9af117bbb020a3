/** What the check looks at, one function a step. Owns: the expectations. A step fails by throwing, and gives figures if it holds. */
import { mkdir, readFile, rm } from "node:fs/promises"
import { join, relative } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { databaseFolder, filesIn } from "../../../test/harness/profile-files.ts"
import type { City } from "../src/cities.ts"
import type { Drive } from "./drive.ts"
import { answer, counts } from "./expected.ts"
import type { Page } from "./page.ts"
import { median, same } from "./report.ts"

/** Everything that the steps share. */
export interface Scene {
  readonly drive: Drive
  readonly cities: readonly City[]
  /** The city that is edited. */
  readonly city: City
  readonly port: number
  /** A word that only this check has written, so that it can be looked for on the disk. */
  readonly secret: string
  page: Page
  population: number
  note: string
}

/** The search whose largest city is edited. */
export const question = { country: "BR", size: "7" }

const words = { text: "são jos" }
const screenQuestion = { text: "los a" }
const pageRows = 50
const tabRounds = 5
const count = (value: number) => value.toLocaleString("en")
const ms = (value: number) => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`

/** The steps in their order; each builds on those before. */
export const steps: readonly (readonly [name: string, step: (scene: Scene) => Promise<string>])[] = [
  ["open", open],
  ["import", importAll],
  ["compare", (scene) => compare(scene, 0)],
  ["query", query],
  ["facets", facets],
  ["pages", pages],
  ["search", search],
  ["full scan", fullScan],
  ["edit", edit],
  ["second tab", secondTab],
  ["reload", reload],
  ["kill -9", kill],
  ["unreadable", unreadable],
  ["reopen", reopen],
  ["verify", verify],
  ["compare again", (scene) => compare(scene, 1)],
  ["screenshots", screenshots],
]

async function open({ page }: Scene): Promise<string> {
  const state = await page.opened()
  same("The page says", state, "stored in IndexedDB")
  await page.counted(0)
  return `empty, ${state}`
}

async function importAll({ page, cities }: Scene): Promise<string> {
  const { done, added, ms: took, hold } = await page.import()
  same("Imported records", done, cities.length)
  same("Added records", added, cities.length)
  await page.counted(cities.length)
  const each = `${((1_000 * took) / added).toFixed(0)} µs each`
  return `${count(added)} records in ${(took / 1_000).toFixed(1)} s, ${each}; page held ${ms(hold)} at most`
}

async function compare({ page, cities }: Scene, edited: number): Promise<string> {
  const { figures, text } = await page.chore("compare")
  same("Counted records", figures["counted"], cities.length)
  same("Edited records", figures["edited"], edited)
  same("Records as in the source", figures["same"], cities.length - edited)
  return text
}

const ids = (cities: readonly { readonly _id: string }[]) => cities.map(({ _id }) => _id).join()

async function query({ page, cities }: Scene): Promise<string> {
  const told: string[] = []
  for (const [asked, index] of [
    [{}, "-population"],
    [{ country: "BR", size: "5" }, "country,-population"],
    [{ order: "key", country: "LV" }, undefined],
  ] as const) {
    const expected = answer(cities, asked)
    const found = await page.ask(asked)
    const what = JSON.stringify(asked)
    same(`Cities found for ${what}`, found.found, expected.length)
    same(`Warning for ${what}`, found.warning, "")
    if (index !== undefined) {
      same(`Index for ${what}`, found.index, index)
      same(
        `Rows of ${what}`,
        ids((await page.rows()).map(({ id: _id }) => ({ _id }))),
        ids(expected.slice(0, pageRows)),
      )
      if (found.rows > 2 * pageRows) throw new Error(`${found.rows} rows were read for one page`)
    }
    told.push(`${count(found.found)} by ${found.index}: ${found.entries} entries, ${found.rows} rows, ${ms(found.ms)}`)
  }
  return told.join("; ")
}

async function facets({ page, cities }: Scene): Promise<string> {
  await page.ask({})
  await page.facet("country", counts(cities, "country"))
  await page.facet("size", counts(cities, "size"))
  await page.ask(question)
  // A facet leaves out its own choice.
  await page.facet("country", counts(answer(cities, { size: question.size }), "country"))
  await page.facet("size", counts(answer(cities, { country: question.country }), "size"))
  return `${counts(cities, "country").size} countries and ${counts(cities, "size").size} sizes, counted as the data set has them`
}

async function pages({ page, cities }: Scene): Promise<string> {
  await page.ask({})
  for (const number of [1, 2]) {
    const from = number * pageRows
    await page.turn("after", from + 1)
    same(`Page ${number}`, (await page.rows()).map(({ id }) => id).join(), ids(cities.slice(from, from + pageRows)))
  }
  await page.turn("before", pageRows + 1)
  same("The page before", (await page.rows())[0]?.id, cities[pageRows]?._id)
  return "by cursors, there and back"
}

async function search({ page, cities }: Scene): Promise<string> {
  const expected = answer(cities, words)
  const { found, screen } = await page.ask(words)
  same(`Hits of "${words.text}"`, found, expected.length)
  const rows = await page.rows()
  const known = new Set(expected.map(({ _id }) => _id))
  const wrong = rows.find(({ id, marks }) => !known.has(id) || marks.length < 2)
  if (wrong) throw new Error(`${wrong.name} is not a hit that is marked`)
  await page.facet("country", counts(expected, "country"))
  return `"${words.text}": ${count(found)} hits after ${ms(screen)}, first ${rows[0]?.name}`
}

async function fullScan({ page, cities }: Scene): Promise<string> {
  const found = await page.ask({ order: "-loc.lat" })
  same("Warning", found.warning, cities.length > 50_000 ? "FULL_SCAN" : "")
  same("Index", found.index, "no index")
  same("Rows read", found.rows, cities.length)
  const northern = cities.reduce((most, city) => (city.loc.lat > most.loc.lat ? city : most))
  same("The northernmost", (await page.rows())[0]?.id, northern._id)
  return `told: ${count(found.rows)} rows in ${ms(found.ms)}`
}

async function edit(scene: Scene): Promise<string> {
  const { page, city, secret } = scene
  await page.ask(question)
  const before = await page.choose(city._id)
  same("The form shows the population", before.population, city.population)
  scene.population = city.population + 1
  scene.note = `${secret}-edit`
  await page.fill("population", String(scene.population))
  await page.fill("note", scene.note)
  const { ms: took } = await page.save()
  await page.sees(city._id, scene.population)
  return `${city.name}: population and note stored in ${ms(took)}, and the list shows it`
}

/** Opens the demo in another tab, with the same city on the screen. */
async function openBeside({ drive, cities, city }: Scene): Promise<Page> {
  const page = await drive.openPage()
  await page.opened()
  await page.counted(cities.length)
  await page.ask(question)
  await page.choose(city._id)
  return page
}

/** An edit in one tab, seen in the other: from the click to the changed row, in ms. */
async function passOn(from: Page, to: Page, scene: Scene): Promise<number> {
  scene.population++
  await from.fill("population", String(scene.population))
  const seen = to.sees(scene.city._id, scene.population)
  const [{ at }, then] = await Promise.all([from.save(), seen])
  return then - at
}

async function secondTab(scene: Scene): Promise<string> {
  const { page, secret } = scene
  const other = await openBeside(scene)
  const delays: number[] = []
  for (let round = 0; round < tabRounds; round++) {
    delays.push(await passOn(page, other, scene))
    delays.push(await passOn(other, page, scene))
  }
  // A field that is being edited here outlives the other tab's edit of another field, and both are stored.
  scene.note = `${secret}-beside`
  await page.fill("note", scene.note)
  await passOn(other, page, scene)
  await page.save()
  const noted = `document.querySelector("#record").elements.note.value === ${JSON.stringify(scene.note)}`
  await other.tab.until("the other tab shows the note", noted)
  await expectShown(other, scene)
  await other.tab.close()
  const last = Math.max(...delays)
  return `${delays.length} edits seen by the other tab after ${ms(median(delays))} (median), ${ms(last)} at most; fields merge`
}

async function expectShown(page: Page, { population, note }: Scene): Promise<void> {
  const shown = await page.shown()
  same("Population", shown.population, population)
  same("Note", shown.note, note)
}

/** Waits for a page that has just been opened; gives how long it says that opening took. */
async function findAgain(scene: Scene): Promise<string> {
  const { page, cities, city } = scene
  same("The page says", await page.opened(), "stored in IndexedDB")
  await page.counted(cities.length)
  const opened = await page.tab.text("#caption")
  await page.ask(question)
  await page.choose(city._id)
  return opened
}

async function reload(scene: Scene): Promise<string> {
  await scene.page.tab.reload()
  const opened = await findAgain(scene)
  await expectShown(scene.page, scene)
  return `${opened} ${count(scene.cities.length)} records, edit is there`
}

/** Edits one after the other until the browser is killed in the middle of one; `note` is the last one with a receipt. */
async function kill(scene: Scene): Promise<string> {
  const { drive, page, secret } = scene
  let done = 0
  let killed = false
  const edits = async () => {
    while (!killed) {
      await page.note(`${secret}-kill-${done + 1}`)
      done++
    }
  }
  const running = edits()
  // The edit that is under way at the kill gets no answer.
  running.catch(() => undefined)
  await Promise.race([running, delay(700 + Math.random() * 600)])
  const acknowledged = done
  killed = true
  await drive.kill()
  if (acknowledged === 0) throw new Error("no edit was stored before the kill")
  scene.note = `${secret}-kill-${acknowledged}`
  return `while edit ${acknowledged + 1} was under way; ${acknowledged} had a receipt`
}

/** The browser is dead and all of its files are there: none may hold what was written. */
async function unreadable({ drive, cities, secret, city, port }: Scene): Promise<string> {
  const files = filesIn(databaseFolder("chromium", drive.profile, "127.0.0.1", port))
  const words = [secret, city.name, "population"].flatMap((word) => [Buffer.from(word), Buffer.from(word, "utf16le")])
  let bytes = 0
  for (const file of files) {
    const stored = await readFile(file)
    bytes += stored.length
    const word = words.find((one) => stored.includes(one))
    if (word) throw new Error(`${relative(drive.profile, file)} can be read: ${word.toString()}`)
  }
  if (bytes < 20 * cities.length) throw new Error(`only ${bytes} bytes of IndexedDB were found`)
  return `no name, field or note in ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB`
}

async function reopen(scene: Scene): Promise<string> {
  await scene.drive.launch()
  scene.page = await scene.drive.openPage()
  const opened = await findAgain(scene)
  const { note, population } = await scene.page.shown()
  const place = (text: string) => Number(text.slice(text.lastIndexOf("-") + 1))
  const stored = note.startsWith(`${scene.secret}-kill-`) ? place(note) : 0
  // The edit that was under way may be there as a whole or not at all.
  const expected = place(scene.note)
  if (stored !== expected && stored !== expected + 1)
    throw new Error(`edit ${stored} is stored, ${expected} had a receipt`)
  same("Population", population, scene.population)
  return `${opened} All ${expected} edits with a receipt are there`
}

async function verify({ page }: Scene): Promise<string> {
  const { figures, text } = await page.chore("check")
  if (figures["findings"] !== 0) throw new Error(text)
  return text
}

const screens = [
  { name: "demo-light", scheme: "light", width: 1440, height: 1000, scale: 1 },
  { name: "demo-dark", scheme: "dark", width: 1440, height: 1000, scale: 1 },
  { name: "demo-phone", scheme: "dark", width: 390, height: 844, scale: 2 },
] as const

async function screenshots({ page }: Scene): Promise<string> {
  const root = join(import.meta.dirname, "../../..")
  const folder = join(import.meta.dirname, "../out")
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await page.fill("note", "Ibirapuera in the morning, Rua Augusta at night.")
  await page.save()
  await page.ask(screenQuestion)
  await page.tab.read("document.activeElement.blur()")
  const saved: string[] = []
  for (const { name, scheme, ...size } of screens) {
    await page.tab.scheme(scheme)
    await page.tab.screen(size)
    // The map is painted a few milliseconds a frame.
    await delay(700)
    const file = join(folder, `${name}.png`)
    await page.tab.screenshot(file)
    saved.push(relative(root, file))
  }
  return saved.join(" ")
}
