/**
 * Drives the demo in Chromium as a reader would, and holds what it shows against the data set. Owns: the order of the steps.
 * Invariant: it ends within its limit and leaves nothing running; every figure it prints was measured in this run.
 */
import { randomUUID } from "node:crypto"
import { setTimeout as delay } from "node:timers/promises"
import { Drive } from "./drive.ts"
import { answer, readCities } from "./expected.ts"
import { Report } from "./report.ts"
import { question, type Scene } from "./scene.ts"
import { steps } from "./steps.ts"

const limitMs = 1_200_000

/** What the check is given: how the page is served, and where its lines go. */
export interface Surroundings {
  serve(names: readonly string[]): Promise<{
    readonly devices: readonly { readonly url: string; readonly port: number }[]
    /** Where the bucket's objects are. */
    readonly folder: string
    close(): Promise<void>
  }>
  say(line: string): void
}

/** Runs all steps; gives whether all of it holds. */
export async function check({ serve, say }: Surroundings): Promise<boolean> {
  const report = new Report(say)
  const cities = await readCities()
  const site = await serve(["A", "B", "C"])
  const [home, ...others] = site.devices
  if (!home) throw new Error("no device is served")
  const drive = await Drive.start(home.url)
  const over = new AbortController()
  try {
    const [city] = answer(cities, question)
    if (!city) throw new Error("The data set has no city to edit")
    const page = await drive.openPage()
    const secret = `meet-${randomUUID()}`
    const start = { page, population: city.population, note: "" }
    const scene: Scene = {
      drive,
      cities,
      city,
      secret,
      port: home.port,
      home: home.url,
      others,
      bucket: site.folder,
      ...start,
    }
    const late = delay(limitMs, undefined, { signal: over.signal }).then(() => {
      throw new Error(`the check did not end within ${limitMs / 1_000} s`)
    })
    late.catch(() => undefined)
    for (const [name, step] of steps) await report.step(name, () => Promise.race([step(scene), late]))
    if (report.failed) await complain(scene.page, say)
  } finally {
    over.abort()
    await drive.end()
    await site.close()
  }
  return report.sum()
}

/** What the page itself says after a failure; it may be past answering. */
async function complain(page: Scene["page"], say: (line: string) => void): Promise<void> {
  const silence = delay(3_000, "nothing: it does not answer", { ref: false })
  say(`The page says:\n  ${await Promise.race([page.complaints().catch(String), silence])}`)
}
