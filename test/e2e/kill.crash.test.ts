// kill -9 of the whole browser while it writes, ten times over one profile: nothing acknowledged is lost, nothing is torn.
import { setTimeout as delay } from "node:timers/promises"
import { expect } from "vitest"
import { testEngines } from "../harness/engine-tests.ts"
import { launch } from "../harness/launch.ts"
import { Site } from "../harness/site.ts"
import type { PageCommands } from "./page/e2e-page.ts"
import type { KillNews, KillReport, WriteMode } from "./page/kill.ts"

const cycles = Number(process.env["FP_KILL_CYCLES"] ?? 10)
const seed = Number(process.env["FP_SEED"] ?? Date.now() % 1_000_000)
const writers = ["group", "patch", "insert", "many", "votes", "flip"] as const
const loads = ["small", "compact", "bulk"] as const

/** What a clean database gives. A kill amid a compaction may leave a segment that nothing names, until the next one. */
const clean = { lost: [], torn: [], findings: [], state: "ready", persistence: "indexeddb", error: undefined }
const seen = ({ lost, torn, findings, state, persistence, error }: KillReport) => ({
  lost,
  torn,
  findings: findings.filter((finding) => !finding.startsWith("BLOCK_UNREFERENCED")),
  state,
  persistence,
  error,
})

/** The moment of the kill, in ms after the first acknowledgement: anything from in the first commits to a while later. */
const killAfter = (cycle: number) => 30 + (((seed + 1) * (cycle + 1) * 7_919) % 500)

testEngines(`${cycles} kills in mid-write lose and tear nothing`, async ({ engine, folder, note, finally: at }) => {
  const site = await Site.open<PageCommands>(new URL("page", import.meta.url).pathname)
  at(() => site.close())
  const tab = site.tab("kill")
  const acknowledged: Record<string, number> = {}
  const failures: string[] = []
  const heard = { resolve: (): void => undefined }
  site.onAck = (_, message) => {
    const { acknowledged: fresh, failure } = message as KillNews
    if (failure) failures.push(failure.message)
    for (const [name, n] of Object.entries(fresh)) acknowledged[name] = Math.max(acknowledged[name] ?? 0, n)
    heard.resolve()
  }
  const opens: number[] = []
  const segments: number[] = []
  for (let cycle = 0; cycle <= cycles; cycle++) {
    const opened = tab.opened()
    const browser = await launch(engine, folder, site.url("kill"))
    at(() => browser.crash())
    await opened
    const report = await tab.call("killVerify", { ...acknowledged })
    opens.push(report.openMs)
    segments.push(report.segments)
    expect(seen(report), `cycle ${cycle} of seed ${seed}: after ${JSON.stringify(acknowledged)}`).toEqual(clean)
    if (cycle < cycles) {
      const load = loads[cycle % loads.length] ?? "small"
      const mode: WriteMode = { durability: cycle % 4 === 3 ? "strict" : "relaxed", load, writers }
      const first = new Promise<void>((resolve) => Object.assign(heard, { resolve }))
      void tab.call("killWrite", mode, report.reached).catch(() => undefined)
      await first
      await delay(killAfter(cycle))
    }
    await browser.crash()
    tab.lose()
    expect(failures, `cycle ${cycle} of seed ${seed}`).toEqual([])
  }
  const commits = Object.entries(acknowledged).map(([name, n]) => `${name} ${n}`)
  note(`  acknowledged commits over ${cycles} kills: ${commits.join(", ")}; seed ${seed}`)
  note(`  open after a kill, ms: ${opens.join(" ")}; segments ${segments.join(" ")}`)
})
