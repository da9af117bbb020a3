// A file goes in from a stream and comes out by stream, in part and whole, and is what it was. With one that is larger than the
// memory that it may take (`npm run night`), the page and the worker do not grow by its size. One process has both.
import { join } from "node:path"
import { openBucketServer } from "@fixpoint/cli/server"
import { fs } from "@fixpoint/gateways/fs"
import { expect } from "vitest"
import { type EngineRun, testEngines } from "../harness/engine-tests.ts"
import { launch } from "../harness/launch.ts"
import { type Growth, growthWhile } from "../harness/process-memory.ts"
import { Site } from "../harness/site.ts"
import { processOf } from "../harness/tab-processes.ts"
import type { PageCommands } from "./page/e2e-page.ts"

const MiB = 1024 * 1024
/** More of it is asked for in a run that has the time. */
const blocks = Number(process.env["FIXPOINT_FILE_MB"] ?? 128)
/** What a page and its worker may grow by. */
const growthMax = 96 * MiB
const limitMs = 300_000
const secret = Array.from({ length: 32 }, (_, i) => i)

testEngines("a large file goes in and out in memory that does not depend on its size", async (run: EngineRun) => {
  const server = await openBucketServer({ bucket: fs({ directory: join(run.folder, "bucket") }) })
  run.finally(() => server.close())
  const site = await Site.open<PageCommands>(new URL("page", import.meta.url).pathname)
  run.finally(() => site.close())
  const device = async (name: string) => {
    const tab = site.tab(name)
    const opened = tab.opened()
    const browser = await launch(run.engine, join(run.folder, name), site.url(name))
    run.finally(() => browser.crash())
    await opened
    await tab.call("largeOpen", secret)
    return { tab, browser, page: await processOf(browser, () => tab.call("spin", 300)) }
  }
  const one = await device("one")
  const { tab, browser } = one
  const told = (what: string, ms: number, growth: Growth, { page } = one): void => {
    const others = [...growth].filter(([pid]) => pid !== page).map(([, bytes]) => bytes)
    const own = growth.get(page) ?? 0
    const inMiB = (bytes: number) => `${(bytes / MiB).toFixed(0)} MiB`
    run.note(
      `  ${what}: ${ms.toFixed(0)} ms, page and worker grew by ${inMiB(own)}, any other process by ${inMiB(Math.max(0, ...others))}`,
    )
    expect(own).toBeLessThan(growthMax)
  }
  const [putMs, ofPut] = await growthWhile(browser, () => tab.callWithin(limitMs, "largePut", blocks))
  told("put", putMs, ofPut)
  const middle = (blocks / 2) * MiB - 100_000
  const range = [middle, middle + 1_500_000] as const
  const [part, ofPart] = await growthWhile(browser, () => tab.callWithin(limitMs, "largeRead", range))
  told("range", part.ms, ofPart)
  const [whole, ofWhole] = await growthWhile(browser, () => tab.callWithin(limitMs, "largeRead"))
  told("whole", whole.ms, ofWhole)
  const [again, ofAgain] = await growthWhile(browser, () => tab.callWithin(limitMs, "largeRead"))
  told("whole again", again.ms, ofAgain)
  expect(part).toMatchObject({ bytes: 1_500_000, wrongAt: -1 })
  expect(whole).toMatchObject({ bytes: blocks * MiB, wrongAt: -1 })
  const [sentMs, ofSend] = await growthWhile(browser, () => tab.callWithin(limitMs, "largeSync", server.url))
  told("sent", sentMs, ofSend)
  await browser.crash()
  const other = await device("other")
  const [metMs, ofMeeting] = await growthWhile(other.browser, () =>
    other.tab.callWithin(limitMs, "largeSync", server.url),
  )
  told("met", metMs, ofMeeting, other)
  const [fetched, ofFetch] = await growthWhile(other.browser, () => other.tab.callWithin(limitMs, "largeRead"))
  told("fetched", fetched.ms, ofFetch, other)
  expect(fetched).toMatchObject({ bytes: blocks * MiB, wrongAt: -1 })
})
