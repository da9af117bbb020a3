/**
 * Several tabs in one browser, and the process behind each, so that a test can stop or kill one of them.
 * Invariant: a tab is told by the processor time it burns on request, as no engine tells a page's process to a test.
 */
import { readFileSync } from "node:fs"
import { DebuggingPipe } from "./debugging-pipe.ts"
import { type Browser, type Engine, launch } from "./launch.ts"

/** A browser with tabs; `targets` are the names of Chromium's, for its debugging pipe. */
export interface TabbedBrowser {
  readonly browser: Browser
  readonly pipe: DebuggingPipe | undefined
  readonly targets: readonly string[]
}

/** Starts `engine` with one tab on each of `urls`. */
export async function launchTabs(engine: Engine, profile: string, urls: readonly string[]): Promise<TabbedBrowser> {
  if (engine !== "chromium") {
    const browser = await launch(engine, profile, urls.at(-1) ?? "", urls.slice(0, -1))
    return { browser, pipe: undefined, targets: [] }
  }
  const browser = await launch(engine, profile, "about:blank", ["--remote-debugging-pipe"])
  const pipe = new DebuggingPipe(browser)
  const targets = await Promise.all(urls.map((url) => pipe.openTab(url)))
  return { browser, pipe, targets }
}

/** Processor time that a process used so far, in ticks. */
function ticks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return Number(fields[11]) + Number(fields[12])
  } catch {
    return 0
  }
}

/** The process that is by far the busiest while `spin` runs, if one is. The browser's first process runs no page. */
async function busiest(browser: Browser, spin: () => Promise<unknown>): Promise<number | undefined> {
  const before = new Map(browser.processes().map((pid) => [pid, ticks(pid)]))
  await spin()
  const used = [...before]
    .map(([pid, start]) => ({ pid, used: ticks(pid) - start }))
    .filter(({ pid }) => pid !== browser.pid)
  used.sort((a, b) => b.used - a.used)
  const [first, second] = used
  return first && first.used > 2 * (second?.used ?? 0) ? first.pid : undefined
}

/** The process that works while `spin` runs. A browser that is still starting is noisy: the answer must come twice in a row. */
export async function processOf(browser: Browser, spin: () => Promise<unknown>): Promise<number> {
  let last: number | undefined
  for (let attempt = 0; attempt < 20; attempt++) {
    const found = await busiest(browser, spin)
    if (found !== undefined && found === last) return found
    last = found
  }
  throw new Error("no process of the browser stands out")
}
