// Somebody has been at the files of the database: what opens then says so, is not empty, and gives no byte that nobody wrote.
import { join } from "node:path"
import { expect } from "vitest"
import { type EngineRun, testEngines } from "../harness/engine-tests.ts"
import type { Browser } from "../harness/launch.ts"
import { copyFolder, databaseFolder } from "../harness/profile-files.ts"
import { Site } from "../harness/site.ts"
import { launchTabs } from "../harness/tab-processes.ts"
import { type FileDamage, fileDamages } from "./file-damage.ts"
import { documentCount, type Inspection } from "./inspection.ts"
import type { PageCommands } from "./page/e2e-page.ts"

/** A storage that does not answer is given up by the engine after a while, and asked again by the next call. */
const inspectLimitMs = 60_000

/** Each damage has an origin of its own, and so files of its own, in one profile: many fit into one run of a browser. */
const hostOf = ({ name }: FileDamage) => `${name}.localhost`

/** How often a browser is started for one session, at most. */
const startsMax = 3

type DamageTab = ReturnType<Site<PageCommands>["tab"]>
type Numbered = readonly [at: number, damage: FileDamage]
const namesOf = (some: readonly Numbered[]) => some.map(([, { name }]) => name).join(", ")

class Profile {
  readonly #run: EngineRun
  readonly #site: Site<PageCommands>
  readonly #damages: readonly FileDamage[]
  #browser: Browser | undefined

  private constructor(run: EngineRun, site: Site<PageCommands>, damages: readonly FileDamage[]) {
    this.#run = run
    this.#site = site
    this.#damages = damages
  }

  static async open(run: EngineRun, damages: readonly FileDamage[]): Promise<Profile> {
    const site = await Site.open<PageCommands>(new URL("page", import.meta.url).pathname)
    run.finally(() => site.close())
    const profile = new Profile(run, site, damages)
    run.finally(async () => profile.#browser?.crash())
    return profile
  }

  /**
   * Works on every damage in a tab of its own, two at a time. A browser that dies of what it finds is started again for those that
   * are left: Firefox does now and then, by an assertion of its own.
   */
  async session<T>(work: (tab: DamageTab, damage: FileDamage) => Promise<T>): Promise<T[]> {
    const results: T[] = []
    let left: Numbered[] = [...this.#damages.entries()]
    for (let start = 0; start < startsMax && left.length > 0; start++) {
      left = await this.#sitting(left, async (tab, [at, damage]) => {
        results[at] = await work(tab, damage)
      })
      if (left.length > 0) this.#run.note(`  ${this.#run.engine} died, and left ${namesOf(left)}`)
    }
    expect(namesOf(left), "left by a browser that died again and again").toBe("")
    return results
  }

  /** One run of the browser; gives what it left undone as it died. */
  async #sitting(
    some: readonly Numbered[],
    work: (tab: DamageTab, one: Numbered) => Promise<void>,
  ): Promise<Numbered[]> {
    const tabs = some.map(([, { name }]) => this.#site.tab(name))
    const opened = tabs.map((tab) => tab.opened())
    const urls = some.map(([, damage]) => this.#site.url(damage.name, hostOf(damage)))
    const folder = join(this.#run.folder, "profile")
    const { browser } = await launchTabs(this.#run.engine, folder, urls)
    this.#browser = browser
    await Promise.all(opened)
    const life = { isOver: browser.process.exitCode !== null || browser.process.signalCode !== null }
    browser.process.once("exit", () => {
      life.isOver = true
      for (const tab of tabs) tab.lose("the browser has ended")
    })
    const left: Numbered[] = []
    const queue = [...some.entries()]
    const worker = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [n, one] = next
        const tab = tabs[n]
        if (life.isOver) left.push(one)
        else if (tab)
          await work(tab, one).catch((error: unknown) => {
            if (!life.isOver) throw error
            left.push(one)
          })
      }
    }
    await Promise.all([worker(), worker()])
    await browser.stop()
    for (const tab of tabs) tab.lose()
    return left
  }

  /** Where the browser keeps the database of a damage. */
  files(damage: FileDamage): string {
    return databaseFolder(this.#run.engine, join(this.#run.folder, "profile"), hostOf(damage), this.#site.port)
  }

  /** A copy of those files from before the last document was written. */
  older(damage: FileDamage): string {
    return join(this.#run.folder, "older", damage.name)
  }
}

const wordsOf = ({ state, persistence, read, current, codes, findings }: Inspection) => {
  const reasons = [...new Set([...codes, ...findings])]
  const where = persistence === "indexeddb" ? "" : ` in ${persistence}`
  return `${state}${where} ${current}/${read} ${reasons.join("+") || "nothing found"}`
}

const reported = ({ codes, findings }: Inspection) => [...codes, ...findings]

/** What must not be, whatever has happened to the files. A storage that came back shorter is reported once, and continued. */
function faults({ name }: FileDamage, looks: readonly Inspection[]): string[] {
  let isContinued = false
  return looks.flatMap((seen) => {
    const { failed, read, current, wrong, uncoded } = seen
    const missing = current < documentCount && reported(seen).length === 0 && !isContinued
    isContinued ||= reported(seen).includes("STORE_ROLLED_BACK")
    return [
      ...(wrong.length > 0 ? [`wrong bytes in ${wrong.join(", ")}`] : []),
      ...(uncoded.length > 0 ? [`failures without a code: ${uncoded.join("; ")}`] : []),
      ...(failed === 0 && read === 0 && !isContinued ? ["an empty database where data was"] : []),
      ...(missing ? ["data is missing, and nothing says so"] : []),
    ].map((fault) => `${name}: ${fault} (${wordsOf(seen)})`)
  })
}

/** What opening must give on top of that, where what the platform makes of a damage is known. */
function unexpected({ name, expect: expected }: FileDamage, seen: Inspection): string[] {
  const found = reported(seen)
  if (expected === undefined) return []
  if (expected === "nothing")
    return found.length === 0 && seen.current === documentCount ? [] : [`${name}: ${wordsOf(seen)}`]
  return found.includes(expected) ? [] : [`${name}: not ${expected} but ${wordsOf(seen)}`]
}

testEngines("damaged files give a coded finding, never an empty database, never wrong bytes", async (run) => {
  const damages = fileDamages(run.engine)
  const profile = await Profile.open(run, damages)
  await profile.session((tab, { size }) => tab.call("damageBuild", "d", size))
  for (const damage of damages) copyFolder(profile.files(damage), profile.older(damage))
  await profile.session((tab, { size }) => tab.call("damageTouch", "d", size))
  for (const damage of damages) damage.apply(profile.files(damage), profile.older(damage))

  // Chromium reports some damages once, and begins an empty database at the second look.
  const first = await profile.session(async (tab, { size }) => [
    await tab.callWithin(inspectLimitMs, "damageInspect", "d", size),
    await tab.callWithin(inspectLimitMs, "damageInspect", "d", size),
  ])
  const later = await profile.session(async (tab, { size }) => ({
    seen: await tab.callWithin(inspectLimitMs, "damageInspect", "d", size),
    anew: await tab.callWithin(inspectLimitMs, "damageStartAnew", "d"),
  }))
  const looks = damages.map((damage, at) => ({
    damage,
    seen: [...(first[at] ?? []), ...later.slice(at, at + 1).map(({ seen }) => seen)],
  }))
  for (const { damage, seen } of looks) {
    const times = seen.map(({ ms }) => ms).join(" ")
    run.note(`  ${damage.name}: ${[...new Set(seen.map(wordsOf))].join(" → ")}; in ms ${times}`)
  }
  expect([
    ...looks.flatMap(({ damage, seen }) => seen.slice(0, 1).flatMap((look) => unexpected(damage, look))),
    ...looks.flatMap(({ damage, seen }) => faults(damage, seen)),
  ]).toEqual([])
  expect(
    later.map(({ anew }, at) => `${damages[at]?.name}: ${anew}`),
    "destroyed and begun anew",
  ).toEqual(damages.map(({ name, removable = true }) => `${name}: ${removable ? "ready 1" : "STORE_UNREADABLE"}`))
})
