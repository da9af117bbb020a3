/**
 * How a text that several may write in takes a recorded writing. Owns: the replay of the trace, which the harness serves.
 */
import { expectSame } from "./answers.ts"
import type { Bench, Scenario } from "./scenario.ts"
import { timed } from "./timed.ts"

/** One keystroke, or a deletion: where, how many characters go, what comes in their place. */
type Edit = readonly [at: number, removed: number, inserted: string]

/** What the edits give, by plain strings; outside of the clock. */
const replayed = (edits: readonly Edit[]): string =>
  edits.reduce((text, [at, removed, inserted]) => text.slice(0, at) + inserted + text.slice(at + removed), "")

async function openText({ driver, system }: Bench) {
  if (!driver.openText) throw new Error("the driver has no text")
  return driver.openText(`${system}-text`)
}

const edits = async ({ counts }: Bench): Promise<readonly Edit[]> =>
  ((await (await fetch("/trace.json")).json()) as Edit[]).slice(0, counts.edits)

export const text: Scenario = {
  id: "text",
  isApart: true,
  metrics: [
    { id: "textApply", title: "{edits} keystrokes of a recorded writing, on the page", unit: "ms" },
    { id: "textSaved", title: "the same, until all is stored", unit: "ms" },
    { id: "textFolder", title: "bytes on disk of this text, once idle", unit: "MB" },
  ],
  outside: { textFolder: "folder" },
  async run(bench) {
    const written = await edits(bench)
    const opened = await openText(bench)
    let appliedMs = 0
    const savedMs = await timed(async () => {
      appliedMs = await timed(async () => {
        for (const [at, removed, inserted] of written) {
          if (removed > 0) opened.remove(at, removed)
          if (inserted) opened.insert(at, inserted)
        }
      })
      await opened.saved()
    })
    expectSame("the text", opened.value(), replayed(written))
    await bench.settled()
    return { textApply: [appliedMs], textSaved: [savedMs] }
  },
}

/** Opens the text that the scenario before left. */
export const textOpen: Scenario = {
  id: "text-open",
  needs: "text",
  startsLoad: true,
  metrics: [{ id: "textOpen", title: "the same text opened by a page that comes later", unit: "ms" }],
  async run(bench) {
    const written = await edits(bench)
    let value = ""
    const ms = await timed(async () => {
      value = (await openText(bench)).value()
    })
    expectSame("the text", value, replayed(written))
    return { textOpen: [ms] }
  },
}
