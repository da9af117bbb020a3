// Four tabs write at once to one database; one is frozen for a while, one is killed. There is no leader, and nobody waits for either.
import { setTimeout as delay } from "node:timers/promises"
import { expect } from "vitest"
import { type EngineRun, testEngines } from "../harness/engine-tests.ts"
import { Site } from "../harness/site.ts"
import { launchTabs, processOf, type TabbedBrowser } from "../harness/tab-processes.ts"
import type { PageCommands } from "./page/e2e-page.ts"
import type { TabCounts, TabNews, TabReport } from "./page/tabs.ts"

const seed = Number(process.env["FP_SEED"] ?? Date.now() % 1_000_000)
const freezes = Number(process.env["FP_FREEZES"] ?? 3)
/** How many more writes a tab that nobody stopped must get through while another one is stopped. */
const progress = 40
const hungMs = 25_000

/** The moment of a freeze or a kill: anything in the first few commits after the last look. */
const moment = (count: number) => delay(((seed + 1) * (count + 1) * 7_919) % 120)

const total = (counts: TabCounts[string] = {}) => Object.values(counts).reduce((sum, n) => sum + n, 0)

/** Four tabs of one browser, and what they were told was stored. */
class Tabs {
  readonly site: Site<PageCommands>
  readonly tabbed: TabbedBrowser
  readonly counts: Record<string, TabCounts[string]> = {}
  readonly failures: string[] = []
  #heard = (): void => undefined

  private constructor(site: Site<PageCommands>, tabbed: TabbedBrowser) {
    this.site = site
    this.tabbed = tabbed
    site.onAck = (tab, message) => {
      const { counts, failure } = message as TabNews
      if (failure) this.failures.push(failure)
      if (counts) this.counts[tab] = counts
      this.#heard()
    }
  }

  static async open({ engine, folder, finally: at }: EngineRun, names: readonly string[]): Promise<Tabs> {
    const site = await Site.open<PageCommands>(new URL("page", import.meta.url).pathname)
    at(() => site.close())
    const opened = names.map((name) => site.tab(name).opened())
    const tabbed = await launchTabs(
      engine,
      folder,
      names.map((name) => site.url(name)),
    )
    at(() => tabbed.browser.crash())
    await Promise.all(opened)
    return new Tabs(site, tabbed)
  }

  /** The process of each tab. */
  async processes(names: readonly string[]): Promise<Map<string, number>> {
    const pids = new Map<string, number>()
    for (const name of names)
      pids.set(name, await processOf(this.tabbed.browser, () => this.site.tab(name).call("spin", 200)))
    expect(new Set(pids.values()).size, "each tab has a process of its own").toBe(names.length)
    return pids
  }

  /** Resolves when each of `names` has got `more` writes acknowledged from now on. */
  async advance(names: readonly string[], more: number, phase: string): Promise<void> {
    const goals = names.map((name) => ({ name, goal: total(this.counts[name]) + more }))
    const behind = () => goals.filter(({ name, goal }) => total(this.counts[name]) < goal).map(({ name }) => name)
    const end = Date.now() + hungMs
    while (behind().length > 0) {
      expect(this.failures).toEqual([])
      expect(Date.now(), `${phase}: ${behind().join(" and ")} must go on`).toBeLessThan(end)
      const heard = new Promise<void>((resolve) => {
        this.#heard = resolve
      })
      await Promise.race([heard, delay(500, undefined, { ref: false })])
    }
  }
}

const clean = { lost: [], torn: [], findings: [], state: "ready" }
const seen = ({ lost, torn, findings, state }: TabReport) => ({
  lost,
  torn,
  findings: findings.filter((finding) => !finding.startsWith("BLOCK_UNREFERENCED")),
  state,
})

/** Every tab sees one and the same, which holds all that was acknowledged to any. Tabs look at each other's commits in their own time. */
async function converge(tabs: Tabs, names: readonly string[]): Promise<TabReport> {
  const end = Date.now() + hungMs
  for (;;) {
    const reports = await Promise.all(names.map((name) => tabs.site.tab(name).call("tabsReport", tabs.counts)))
    const digests = new Set(reports.flatMap(({ digest, live }) => [digest, live]))
    const [first] = reports
    if (digests.size === 1 && first) {
      for (const [at, report] of reports.entries()) expect(seen(report), `tab ${names[at]}`).toEqual(clean)
      return first
    }
    expect(Date.now(), `tabs must converge: ${JSON.stringify(reports)}`).toBeLessThan(end)
    await delay(100)
  }
}

testEngines("four tabs write at once, one is frozen, one is killed", async (run) => {
  const { note } = run
  const tabs = await Tabs.open(run, ["a", "b", "c", "d"])
  const { browser, pipe, targets } = tabs.tabbed
  const pids = await tabs.processes(["a", "b", "c", "d"])
  const pid = (name: string) => pids.get(name) ?? 0
  const call = (name: string) => tabs.site.tab(name)
  await call("a").call("tabsOpen", "a", true)
  for (const name of ["b", "c", "d"]) await call(name).call("tabsOpen", name, false)
  for (const name of ["a", "b", "c", "d"]) await call(name).call("tabsWrite")
  await tabs.advance(["a", "b", "c", "d"], progress, "all write")

  // The first tab is the one that would lead, if any did.
  for (let count = 0; count < freezes; count++) {
    await moment(count)
    browser.signalOne(pid("a"), "SIGSTOP")
    await tabs.advance(["b", "c", "d"], progress, `freeze ${count} of seed ${seed}`)
    browser.signalOne(pid("a"), "SIGCONT")
    await tabs.advance(["a", "b", "c", "d"], progress, `after freeze ${count} of seed ${seed}`)
  }
  const target = targets[0]
  if (pipe && target) {
    await pipe.setLifecycle(target, "frozen")
    await tabs.advance(["b", "c", "d"], progress, "frozen by the browser")
    await pipe.setLifecycle(target, "active")
    await tabs.advance(["a"], progress, "thawed by the browser")
  }
  await moment(freezes)
  browser.signalOne(pid("a"), "SIGSTOP")
  browser.signalOne(pid("b"), "SIGKILL")
  call("b").lose()
  await tabs.advance(["c", "d"], progress, `one frozen and one killed, seed ${seed}`)
  browser.signalOne(pid("a"), "SIGCONT")
  await tabs.advance(["a", "c", "d"], progress, "the frozen one is back")

  let refused = 0
  for (const name of ["a", "c", "d"]) {
    const stopped = await call(name).call("tabsStop")
    tabs.counts[name] = stopped.counts
    refused += stopped.refused
  }
  expect(tabs.failures).toEqual([])
  const { documents } = await converge(tabs, ["a", "c", "d"])
  const totals = Object.entries(tabs.counts).map(([name, counts]) => `${name} ${total(counts)}`)
  note(
    `  acknowledged: ${totals.join(", ")}; read-modify-writes refused ${refused}; documents ${documents}; seed ${seed}`,
  )
})
