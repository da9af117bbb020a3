/**
 * Every scenario, in the order of a round. Owns: what is timed and what is checked.
 * Invariant: each scenario runs in a freshly loaded page on the data that the ones before it left; documents are made
 * before the clock starts and answers are compared after it stops. Must not know a system: it sees a Driver.
 */
import { expectSame, expectStored } from "./answers.ts"
import { type Person, people, personId } from "./documents.ts"
import { coldBoot, coldOpen, reload } from "./open-scenarios.ts"
import { startHeartbeat } from "./page/heartbeat.ts"
import { watchSlices } from "./page/slices.ts"
import { coldGetMany, coldGets, coldGetsAtOnce, scan } from "./read-scenarios.ts"
import type { Scenario } from "./scenario.ts"
import { opened, region, timed } from "./timed.ts"
import { concurrent, patchEach, patchMany, put, putStrict, update } from "./write-scenarios.ts"

const liveCity = "Reykjavik"

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** What the origin has stored by its own account; NaN where the browser does not tell. */
async function usedMegabytes(): Promise<number> {
  const { usage } = (await navigator.storage?.estimate?.()) ?? {}
  return usage === undefined ? Number.NaN : usage / 1e6
}

const known = (samples: readonly number[]): readonly number[] => samples.filter((sample) => !Number.isNaN(sample))

const fill: Scenario = {
  id: "fill",
  metrics: [
    { id: "bulkInsert", title: "bulk insert of {documents}, one call", unit: "ms" },
    { id: "diskFilled", title: "storage.estimate(), once idle after the bulk insert", unit: "MB" },
    { id: "folderFilled", title: "bytes on disk, once idle after the bulk insert", unit: "MB" },
  ],
  outside: { folderFilled: "folder" },
  async run(bench) {
    const documents = people({ from: 0, to: bench.counts.documents })
    const before = await usedMegabytes()
    const db = await opened(bench)
    const bulkInsert = await timed(() => db.insertMany(documents))
    expectSame("count", await db.count(), documents.length)
    await expectStored(db, documents)
    await bench.settled()
    return { bulkInsert: [bulkInsert], diskFilled: known([(await usedMegabytes()) - before]) }
  },
}

const live: Scenario = {
  id: "live",
  metrics: [{ id: "live", title: "put to the callback of a live query", unit: "ms" }],
  async run(bench) {
    const db = await opened(bench)
    const documents = people(region(bench.counts, 9, bench.counts.livePuts)).map((one) => ({ ...one, city: liveCity }))
    let seen: readonly Person[] | undefined
    let wake = () => {}
    const stop = db.watchCity?.(liveCity, (found) => {
      seen = found
      wake()
    })
    const seenCount = async (count: number) => {
      while (seen?.length !== count)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
    await seenCount(0)
    const samples: number[] = []
    for (const [at, one] of documents.entries()) {
      const startedAt = performance.now()
      const stored = db.put(one)
      await seenCount(at + 1)
      samples.push(performance.now() - startedAt)
      await stored
    }
    const inOrder = (list: readonly Person[]) => list.map(({ _id }) => _id).sort()
    expectSame("live result", inOrder(seen ?? []), inOrder(documents))
    stop?.()
    return { live: samples.slice(Math.ceil(documents.length / 10)) }
  },
}

const blocking: Scenario = {
  id: "blocking",
  metrics: [
    {
      id: "blocked",
      title: "longest block of the main thread, bulk insert of {blocking}",
      unit: "ms",
    },
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
    const db = await opened(bench)
    const slices: number[] = []
    const blocked: number[] = []
    const blockedIdle: number[] = []
    for (let n = 0; n < counts.repeats; n++) {
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
    }
    return { blocked, blockedIdle, slice: slices }
  },
}

const disk: Scenario = {
  id: "disk",
  metrics: [
    { id: "diskWorked", title: "storage.estimate(), once idle after all of the above", unit: "MB" },
    { id: "folderWorked", title: "bytes on disk, once idle after all of the above", unit: "MB" },
  ],
  outside: { folderWorked: "folder" },
  async run(bench) {
    const db = await opened(bench)
    expectSame("document 0", (await db.get(personId(0)))?._id, personId(0))
    await bench.settled()
    return { diskWorked: known([await usedMegabytes()]) }
  },
}

/** All scenarios in the order of a round. */
export const scenarios: readonly Scenario[] = [
  fill,
  coldOpen,
  reload,
  coldBoot,
  coldGets,
  coldGetsAtOnce,
  coldGetMany,
  scan,
  put,
  putStrict,
  concurrent,
  update,
  patchMany,
  patchEach,
  live,
  blocking,
  disk,
]
