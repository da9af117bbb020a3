// The power goes in mid-write: what was acknowledged as strict is there, what was relaxed is at most as old as promised.
import { setTimeout as delay } from "node:timers/promises"
import { expect, test } from "vitest"
import * as limits from "../../packages/core/src/base/limits.ts"
import { type EngineRun, testEngines } from "../harness/engine-tests.ts"
import { type Browser, launch } from "../harness/launch.ts"
import { LoopDisk, noLoopDisk } from "../harness/loop-disk.ts"
import { Site } from "../harness/site.ts"
import type { PageCommands } from "./page/e2e-page.ts"
import type { KillNews, KillReport, WriterName } from "./page/kill.ts"

const trials = Number(process.env["FP_POWER_CUTS"] ?? 1)
const reason = noLoopDisk()
if (reason) process.stdout.write(`power cut: left out, ${reason}\n`)

/** A strict barrier begins within this time of a relaxed commit. */
const windowMs = limits.barrierDelayMaxMs
/** What the sync itself may take on a slow, busy disk. */
const syncMs = 500
const writers: WriterName[] = ["group", "insert", "votes"]
const small = { load: "small", writers } as const

const seen = ({ lost, torn, findings, state, persistence, error }: KillReport) => ({
  lost,
  torn,
  findings,
  state,
  persistence,
  error,
})
const clean = { lost: [], torn: [], findings: [], state: "ready", persistence: "indexeddb", error: undefined }

/** One browser's database on a disk that can be cut. */
class Trial {
  readonly #run: EngineRun
  readonly #site: Site<PageCommands>
  readonly #disk: LoopDisk
  #browser: Browser | undefined
  #news: KillNews[] = []

  private constructor(run: EngineRun, site: Site<PageCommands>, disk: LoopDisk) {
    this.#run = run
    this.#site = site
    this.#disk = disk
    site.onAck = (_, message) => this.#news.push(message as KillNews)
  }

  static async open(run: EngineRun): Promise<Trial> {
    const site = await Site.open<PageCommands>(new URL("page", import.meta.url).pathname)
    run.finally(() => site.close())
    const disk = await LoopDisk.create(run.folder, "base.img")
    run.finally(() => disk.unmount())
    const trial = new Trial(run, site, disk)
    run.finally(async () => trial.#browser?.crash())
    return trial
  }

  get tab() {
    return this.#site.tab("power")
  }

  /** Starts the browser on an image and checks what its database holds against what was acknowledged up to `until`. */
  async start(image: string, until = Infinity): Promise<KillReport> {
    this.#disk.mount(image)
    const opened = this.tab.opened()
    this.#browser = await launch(this.#run.engine, `${this.#disk.path}/profile`, this.#site.url("power"))
    await opened
    return this.tab.call("killVerify", this.acknowledged(until))
  }

  /** The greatest numbers acknowledged up to a moment. */
  acknowledged(until: number): Record<string, number> {
    const numbers: Record<string, number> = {}
    for (const { at, acknowledged, failure } of this.#news) {
      if (failure) throw new Error(failure.message)
      for (const [name, n] of Object.entries(acknowledged))
        if (at <= until) numbers[name] = Math.max(numbers[name] ?? 0, n)
    }
    return numbers
  }

  /** Ends the browser in order, and the disk with it. */
  async shutDown(): Promise<void> {
    await this.#browser?.stop()
    this.tab.lose()
    await this.#disk.unmount()
  }

  /** Cuts the power: gives the moment of it, and leaves what the disk then held in `to`. */
  async cut(from: string, to: string): Promise<number> {
    const at = Date.now()
    this.#browser?.freeze()
    this.#disk.copy(from, to)
    await this.#browser?.crash()
    this.tab.lose()
    await this.#disk.unmount()
    return at
  }

  /** Begins again with the disk as it was when `acknowledged` was all that there was. */
  rewind(acknowledged: Record<string, number>): void {
    this.#disk.copy("base.img", "trial.img")
    this.#news = [{ at: 0, acknowledged }]
  }
}

/** Numbers by which what is there falls short of what was acknowledged. */
const shortfall = (acknowledged: Record<string, number>, { reached }: KillReport) =>
  Object.entries(acknowledged).map(([name, n]) => `${name} ${n - (reached[name] ?? 0)} of ${n}`)

async function relaxedStream(trial: Trial, { note }: EngineRun): Promise<void> {
  const { reached } = await trial.start("trial.img")
  await trial.tab.call("killWrite", { durability: "relaxed", ...small }, reached)
  await delay(2 * windowMs + Math.random() * 500)
  const at = await trial.cut("trial.img", "cut.img")
  const all = trial.acknowledged(at)
  const report = await trial.start("cut.img", at - windowMs - syncMs)
  expect(seen(report), "relaxed: what is older than the window is there").toEqual(clean)
  note(`  relaxed: lost ${shortfall(all, report).join(", ")}, none older than ${windowMs + syncMs} ms`)
  await trial.shutDown()
}

async function strictThenQuiet(trial: Trial, { note }: EngineRun): Promise<void> {
  let { reached } = await trial.start("trial.img")
  await trial.tab.call("killWrite", { durability: "relaxed", ...small, commits: 20 }, reached)
  await delay(limits.barrierDelayMs + syncMs)
  reached = trial.acknowledged(Infinity)
  const afterBurst = await trial.cut("trial.img", "quiet.img")
  expect(seen(await trial.start("quiet.img", afterBurst)), "relaxed, then quiet: all of it is there").toEqual(clean)
  await trial.tab.call("killWrite", { durability: "strict", ...small }, reached)
  await delay(700 + Math.random() * 500)
  const at = await trial.cut("quiet.img", "cut.img")
  expect(seen(await trial.start("cut.img", at)), "strict: all of it is there").toEqual(clean)
  note(`  strict: lost none of ${JSON.stringify(trial.acknowledged(at))}`)
  await trial.shutDown()
}

if (reason) test.skipIf(reason)(`power cut: ${reason}`, () => undefined)
else
  testEngines(`${trials} power cuts in each mode`, async (run) => {
    const trial = await Trial.open(run)
    const { reached } = await trial.start("base.img")
    await trial.tab.call("killWrite", { durability: "strict", ...small, commits: 3 }, reached)
    await trial.shutDown()
    const base = trial.acknowledged(Infinity)
    for (let count = 0; count < trials; count++)
      for (const scenario of [relaxedStream, strictThenQuiet]) {
        trial.rewind(base)
        await scenario(trial, run)
      }
  })
