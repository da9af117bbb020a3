// Chromium dies in the middle of an append to LevelDB's log, and starts again: what is written from then on must stay.
import { readdirSync, statSync, truncateSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import { type EngineRun, testEngines } from "../harness/engine-tests.ts"
import { type Browser, launch } from "../harness/launch.ts"
import { Site } from "../harness/site.ts"
import type { PageCommands } from "./page/e2e-page.ts"
import type { KillNews, KillReport } from "./page/kill.ts"

const mode = { durability: "strict", load: "small", writers: ["insert"], commits: 5 } as const
const clean = { lost: [], torn: [], findings: [], state: "ready" }
const seen = ({ lost, torn, findings, state }: KillReport) => ({ lost, torn, findings, state })

/** The log files of the origin's LevelDB, oldest first. */
function logsIn(profile: string): string[] {
  const base = join(profile, "Default", "IndexedDB")
  const folder = readdirSync(base).find((name) => name.endsWith(".leveldb")) ?? ""
  const logs = readdirSync(join(base, folder)).filter((name) => name.endsWith(".log"))
  return logs.toSorted().map((name) => join(base, folder, name))
}

/** Cuts the last record, as a browser leaves it that dies between two writes of one append. */
function tearLog(profile: string): void {
  const path = logsIn(profile).at(-1) ?? ""
  truncateSync(path, statSync(path).size - 3)
}

/** Starts the browser, checks what is there, and lets it write five more documents, which it then dies upon. */
async function session(run: EngineRun, site: Site<PageCommands>, acknowledged: Record<string, number>) {
  const opened = site.tab("torn").opened()
  const browser: Browser = await launch("chromium", run.folder, site.url("torn"))
  try {
    await opened
    const report = await site.tab("torn").call("killVerify", acknowledged)
    await site.tab("torn").call("killWrite", mode, report.reached)
    return report
  } finally {
    await browser.crash()
    site.tab("torn").lose()
  }
}

testEngines(
  "what is written behind half a record of LevelDB's log stays",
  async (run) => {
    const site = await Site.open<PageCommands>(new URL("page", import.meta.url).pathname)
    run.finally(() => site.close())
    const acknowledged: Record<string, number> = {}
    site.onAck = (_, message) => {
      const { failure, ...news } = message as KillNews
      if (failure) throw new Error(failure.message)
      Object.assign(acknowledged, news.acknowledged)
    }
    await session(run, site, {})
    tearLog(run.folder)
    // The torn record may be of the last write: that one is lost with it, as it would be by a power cut.
    const second = await session(run, site, { insert: mode.commits - 1 })
    expect(seen(second), "what was whole is there").toEqual(clean)
    expect(
      logsIn(run.folder).map((path) => path.slice(-10)),
      "a new log was begun",
    ).not.toContain("000003.log")
    expect(acknowledged["insert"]).toBe((second.reached["insert"] ?? 0) + mode.commits)
    expect(seen(await session(run, site, acknowledged)), "what was written since is there").toEqual(clean)
  },
  ["chromium"],
)
