/**
 * How long it takes from nothing to the first document. Owns: the scenarios of opening, by what the browser still holds.
 */
import { expectSame } from "./answers.ts"
import { person, personId } from "./documents.ts"
import type { Bench, Scenario } from "./scenario.ts"
import { openingOf } from "./timed.ts"

/** Opens what an earlier page left and reads one document: ms from the call of open, and from the import of the library. */
async function openToFirst(bench: Bench): Promise<{ open: number; start: number }> {
  const openedAt = performance.now()
  const db = await bench.driver.open(openingOf(bench, "plain"))
  const found = await db.get(personId(0))
  const answeredAt = performance.now()
  expectSame("document 0", found, person(0))
  return { open: answeredAt - openedAt, start: answeredAt - bench.startedAt }
}

/** Opens in a page that comes some seconds after the last one left: the browser has closed the files of the database. */
export const coldOpen: Scenario = {
  id: "cold-open",
  needs: "fill",
  metrics: [
    { id: "coldOpen", title: "cold open to first document", unit: "ms" },
    { id: "coldStart", title: "the same, with fetching and compiling the library", unit: "ms" },
  ],
  loads: (counts) => counts.coldLoads,
  rests: true,
  startsLoad: true,
  async run(bench) {
    const { open, start } = await openToFirst(bench)
    return { coldOpen: [open], coldStart: [start] }
  },
}

/** Opens in a page that was reloaded just now: the browser still has the files of the database open. */
export const reload: Scenario = {
  id: "reload",
  needs: "fill",
  metrics: [{ id: "reloadOpen", title: "open to first document, page reloaded at once", unit: "ms" }],
  loads: (counts) => counts.coldLoads,
  async run(bench) {
    const { open } = await openToFirst(bench)
    return { reloadOpen: [open] }
  },
}

/** Opens in a browser that was started anew: nothing of the database is open or in its memory. */
export const coldBoot: Scenario = {
  id: "cold-boot",
  needs: "fill",
  metrics: [
    { id: "bootOpen", title: "cold open to first document, browser restarted", unit: "ms" },
    { id: "bootStart", title: "the same, with fetching and compiling the library", unit: "ms" },
  ],
  restarts: true,
  async run(bench) {
    const { open, start } = await openToFirst(bench)
    return { bootOpen: [open], bootStart: [start] }
  },
}
