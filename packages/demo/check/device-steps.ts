/** What the check looks at with several devices and their bucket. Owns: the expectations, and the other devices' tabs. */
import { filesIn } from "../../../test/harness/profile-files.ts"
import type { Page } from "./page.ts"
import { median, same } from "./report.ts"
import { count, expectShown, ms, openBeside, otherOf, passOn, question, type Scene, unreadableIn } from "./scene.ts"

const rounds = 3

/** The pages of the second device and of the third, as they are opened. */
const opened: Page[] = []

/** A device that has nothing is filled from the bucket. */
export async function firstContact(scene: Scene): Promise<string> {
  const { page, cities } = scene
  await page.sent()
  const began = performance.now()
  const second = await openBeside(scene, otherOf(scene, 0))
  const took = performance.now() - began
  opened.push(second)
  await expectShown(second, scene)
  const { figures } = await second.chore("compare")
  same("Records as in the source", figures["same"], cities.length - 1)
  const bytes = await second.received()
  return `${count(cities.length)} records after ${(took / 1_000).toFixed(1)} s, ${(bytes / 1e6).toFixed(2)} MB from the bucket`
}

/** What one device writes, the other shows. */
export async function across(scene: Scene): Promise<string> {
  const { page } = scene
  const second = pageAt(0)
  await page.ask(question)
  const delays: number[] = []
  for (let round = 0; round < rounds; round++) {
    delays.push(await passOn(page, second, scene))
    delays.push(await passOn(second, page, scene))
  }
  return `${delays.length} edits seen by the other device after ${ms(median(delays))} (median), ${ms(Math.max(...delays))} at most`
}

/** Both are offline and edit different fields of one city; both edits are there when they are back. */
export async function apart(scene: Scene): Promise<string> {
  const { page } = scene
  const second = pageAt(0)
  const before = { population: scene.population, note: scene.note }
  await page.goOnline(false)
  await second.goOnline(false)
  scene.population++
  scene.note = `${scene.secret}-apart`
  await page.fill("population", String(scene.population))
  await page.save()
  await second.fill("note", scene.note)
  await second.save()
  same("The population here", (await page.shown()).population, scene.population)
  same("The note here", (await page.shown()).note, before.note)
  same("The population there", (await second.shown()).population, before.population)
  await page.goOnline(true)
  await second.goOnline(true)
  await Promise.all([page.notes(scene.note), second.sees(scene.city._id, scene.population)])
  await expectShown(page, scene)
  await expectShown(second, scene)
  return "two fields of one city, edited on two devices without a link: both edits are on both"
}

/** A third device comes late, and has all of it; all three have the same digest, and the bucket can read none of it. */
export async function late(scene: Scene): Promise<string> {
  const third = await openBeside(scene, otherOf(scene, 1))
  opened.push(third)
  await expectShown(third, scene)
  const digests: unknown[] = []
  for (const page of [scene.page, ...opened]) {
    await page.chore("digest")
    digests.push(await page.tab.read(`document.querySelector("#storage-told").dataset.digest`))
  }
  same("The second digest", digests[1], digests[0])
  same("The third digest", digests[2], digests[0])
  const errors = await Promise.all([scene.page, ...opened].map((page) => page.errors()))
  const told = errors.flat().map((line) => `; log: ${line}`)
  return `shows both edits; three equal digests; in the bucket ${await unreadableIn(filesIn(scene.bucket), scene)}${told.join("")}`
}

function pageAt(place: number): Page {
  const page = opened[place]
  if (!page) throw new Error(`device ${place} is not open`)
  return page
}
