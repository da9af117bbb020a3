// Several people and tabs type in one note: all of it is there, each cursor stays where it was, and nothing echoes. A browser that is
// killed while somebody types loses at most what was typed since the last batch.
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { openBucketServer } from "@fixpoint/cli/server"
import { fs } from "@fixpoint/gateways/fs"
import { expect } from "vitest"
import { type EngineRun, testEngines } from "../harness/engine-tests.ts"
import { launch, present } from "../harness/launch.ts"
import { Site } from "../harness/site.ts"
import { launchTabs } from "../harness/tab-processes.ts"
import type { PageCommands } from "./page/e2e-page.ts"
import type { TypingNews } from "./page/typing.ts"

const secret = Array.from({ length: 32 }, (_, i) => (i * 53 + 5) % 256)
const pages = new URL("page", import.meta.url).pathname

const cycles = 3
const everyMs = 4
/** A batch is sent 100 ms after its first keystroke, and stored a while later: longer where the machine has other work. */
const lossMsMax = 1_000

/** Words of one writer, in the order in which they stand in a text. */
const numbersOf = (text: string, prefix: string): number[] =>
  text.split(" ").flatMap((word) => (word.startsWith(prefix) ? [Number(word.slice(prefix.length))] : []))

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

testEngines("kills in mid-typing lose no more than what was typed since the last batch", async (run: EngineRun) => {
  const site = await Site.open<PageCommands>(pages)
  run.finally(() => site.close())
  const tab = site.tab("typist")
  const news: TypingNews[] = []
  site.onAck = (_, message) => void news.push(message as TypingNews)
  const losses: string[] = []
  for (let cycle = 0; cycle <= cycles; cycle++) {
    const opened = tab.opened()
    const browser = await launch(run.engine, join(run.folder, "profile"), site.url("typist"))
    run.finally(() => browser.crash())
    await opened
    const text = await tab.call("typingOpen", "typist", secret)
    const found = numbersOf(text, "w")
    expect(found, "no word is missing, torn or doubled").toEqual(upTo(found.length))
    const killedAt = news.at(-1)?.at ?? 0
    const lost = news.filter(({ at, typed }) => typed > found.length && at < killedAt - lossMsMax)
    expect(lost, `typed long before the kill, and not among ${found.length}`).toEqual([])
    if (cycle > 0) losses.push(`${(news.at(-1)?.typed ?? 0) - found.length}`)
    if (cycle === cycles) return run.note(`  words lost by each kill, of one every ${everyMs} ms: ${losses.join(" ")}`)
    news.length = 0
    void tab.call("typingWrite", "w", found.length + 1, 100_000, everyMs).catch(() => undefined)
    while (!news.some(({ typed }) => typed > found.length)) await delay(5)
    await delay(150 + 230 * cycle)
    await browser.crash()
    tab.lose()
  }
})

testEngines(
  "two tabs and another device type in one note at once: all of it is there, cursors stay, and nothing echoes",
  async (run: EngineRun) => {
    const server = await openBucketServer({ bucket: fs({ directory: join(run.folder, "bucket") }) })
    run.finally(() => server.close())
    const site = await Site.open<PageCommands>(pages)
    run.finally(() => site.close())
    const names = ["a", "b", "c"] as const
    const [a, b, c] = names.map((name) => site.tab(name))
    const opened = Promise.all([a!.opened(), b!.opened(), c!.opened()])
    const { browser } = await launchTabs("chromium", join(run.folder, "one"), [site.url("a"), site.url("b")])
    run.finally(() => browser.crash())
    const other = await launch(
      present.includes("firefox") ? "firefox" : "chromium",
      join(run.folder, "other"),
      site.url("c"),
    )
    run.finally(() => other.crash())
    await opened
    const tabs = [a!, b!, c!]
    for (const [i, tab] of tabs.entries()) await tab.call("typingOpen", names[i]!, secret, server.url)
    const count = 150
    await Promise.all(tabs.map((tab, i) => tab.call("typingWrite", names[i]!, 1, count, 10)))
    const reports = async () => Promise.all(tabs.map((tab) => tab.call("typingReport")))
    const hasAll = (text: string) => names.every((name) => numbersOf(text, name).length === count)
    for (let waits = 0; waits < 200; waits++) {
      for (const tab of tabs) await tab.call("typingSync")
      if ((await reports()).every(({ text }) => hasAll(text))) break
      await delay(50)
    }
    const before = await reports()
    for (const [i, report] of before.entries()) {
      expect(report.text).toBe(before[0]?.text)
      for (const name of names) expect(numbersOf(report.text, name)).toEqual(upTo(count))
      expect(report.before.endsWith(`${names[i]}${count} `), "the cursor stands behind the own last word").toBe(true)
    }
    expect(before.map((report) => report.present)).toEqual([["a", "b"], ["a", "b"], ["c"]])
    await delay(1_500)
    const after = await reports()
    expect(after.map(({ own, foreign }) => [own, foreign])).toEqual(before.map(({ own, foreign }) => [own, foreign]))
    run.note(`  updates here and from elsewhere: ${after.map(({ own, foreign }) => `${own}+${foreign}`).join(", ")}`)
  },
  ["chromium"],
)
