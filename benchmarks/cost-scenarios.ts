/**
 * What a database costs its page beside time. Owns: the scenarios of the main thread and of the bytes on disk.
 */
import { expectSame, expectStored } from "./answers.ts"
import { people, personId } from "./documents.ts"
import { startHeartbeat } from "./page/heartbeat.ts"
import { watchSlices } from "./page/slices.ts"
import type { Scenario } from "./scenario.ts"
import { opened, region, samplesOf, timed } from "./timed.ts"

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export const blocking: Scenario = {
  id: "blocking",
  needs: "fill",
  metrics: [
    { id: "blocked", title: "longest block of the main thread, bulk insert of {blocking}", unit: "ms" },
    { id: "blockedIdle", title: "longest gap seen with nothing to do, as long", unit: "ms" },
    {
      id: "slice",
      title: "longest stretch between two scheduler.yield() of the library, the middle one of {repeats} such bulks",
      unit: "ms",
      // Few documents are written in one stretch, and most systems never give the thread back.
      isSparse: true,
    },
  ],
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench, "plain")
    const slices: number[] = []
    const blocked: number[] = []
    const blockedIdle: number[] = []
    await samplesOf(counts, counts.repeats, async (n) => {
      const documents = people(region(counts, 10 + n, counts.blocking))
      await delay(200)
      const end = startHeartbeat()
      const endSlices = watchSlices()
      const ms = await timed(() => db.insertMany(documents))
      slices.push(...[Math.max(...endSlices())].filter(Number.isFinite))
      blocked.push(end())
      await expectStored(db, documents)
      await delay(200)
      const endIdle = startHeartbeat()
      await delay(ms)
      blockedIdle.push(endIdle())
      return ms
    })
    return { blocked, blockedIdle, slice: slices }
  },
}

export const disk: Scenario = {
  id: "disk",
  needs: "fill",
  metrics: [{ id: "folderWorked", title: "bytes on disk, once idle after all of the above", unit: "MB" }],
  outside: { folderWorked: "folder" },
  async run(bench) {
    const db = await opened(bench, "plain")
    expectSame("document 0", (await db.get(personId(0)))?._id, personId(0))
    await bench.settled()
    return {}
  },
}
