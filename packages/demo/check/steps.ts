/** What the check looks at, one function a step. Owns: their order, and the steps of one device. A step fails by throwing, and gives figures if it holds. */
import { mkdir, rm } from "node:fs/promises"
import { join, relative } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { databaseFolder, filesIn } from "../../../test/harness/profile-files.ts"
import { across, apart, firstContact, late } from "./device-steps.ts"
import { note, notePast } from "./note-steps.ts"
import { facets, fullScan, pages, query, search } from "./query-steps.ts"
import { median, same } from "./report.ts"
import { count, expectShown, ms, openBeside, passOn, question, type Scene, unreadableIn } from "./scene.ts"

const tabRounds = 5
const screenQuestion = { text: "los a" }

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
  ["second device", firstContact],
  ["across", across],
  ["apart", apart],
  ["note", note],
  ["past of a note", notePast],
  ["late device", late],
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

/** The browser is dead and all of its files are there. */
async function unreadable(scene: Scene): Promise<string> {
  return unreadableIn(filesIn(databaseFolder("chromium", scene.drive.profile, "127.0.0.1", scene.port)), scene)
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
  scene.note = note
  return `${opened} All ${expected} edits with a receipt are there`
}

async function verify({ page }: Scene): Promise<string> {
  const { figures, text } = await page.chore("check")
  if (figures["findings"] !== 0) throw new Error(text)
  return text
}

interface Screen {
  readonly name: string
  /** Where it is not the page that has been open. */
  readonly page?: string
  readonly scheme: "light" | "dark"
  readonly width: number
  readonly height: number
  readonly scale: number
}

const screens: readonly Screen[] = [
  { name: "demo-light", scheme: "light", width: 1440, height: 1000, scale: 1 },
  { name: "demo-dark", scheme: "dark", width: 1440, height: 1000, scale: 1 },
  { name: "demo-phone", scheme: "dark", width: 390, height: 844, scale: 2 },
  { name: "demo-both", page: "both.html", scheme: "dark", width: 1600, height: 1000, scale: 1 },
  { name: "demo-note", page: "both.html?note", scheme: "light", width: 1600, height: 900, scale: 1 },
]

async function screenshots({ page, drive, home }: Scene): Promise<string> {
  const root = join(import.meta.dirname, "../../..")
  const folder = join(import.meta.dirname, "../out")
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await page.fill("note", "Ibirapuera in the morning, Rua Augusta at night.")
  await page.save()
  await page.ask(screenQuestion)
  await page.tab.read("document.activeElement.blur()")
  const saved: string[] = []
  for (const { name, page: other, scheme, ...size } of screens) {
    const tab = other === undefined ? page.tab : await drive.openTab(new URL(other, home).href)
    if (other !== undefined) await tab.until("both devices are open", `document.body.dataset.ready === "2"`)
    await tab.scheme(scheme)
    await tab.screen(size)
    // The map is painted a few milliseconds a frame.
    await delay(700)
    const file = join(folder, `${name}.png`)
    await tab.screenshot(file)
    saved.push(relative(root, file))
  }
  return saved.join(" ")
}
