/**
 * What is measured of one system as its data grows. Owns: the scenarios of `--scale`.
 * Invariant: as in scenarios.ts; `counts.documents` is the size of the database.
 */
import { expectSame, expectStored } from "./answers.ts"
import { type Person, people, person, personId, someIndexes } from "./documents.ts"
import type { Database } from "./drivers/driver.ts"
import { coldBoot, coldOpen } from "./open-scenarios.ts"
import { startHeartbeat } from "./page/heartbeat.ts"
import type { Bench, Scenario } from "./scenario.ts"
import { opened, openingOf, timed } from "./timed.ts"
import { singlePuts } from "./write-scenarios.ts"

const batch = 10_000

const imported: Scenario = {
  id: "fill",
  metrics: [
    { id: "import", title: "import in one go", unit: "s" },
    { id: "importMemory", title: "memory of the page's process, highest during the import", unit: "MB" },
    { id: "folder", title: "bytes on disk, once idle", unit: "MB" },
  ],
  outside: { folder: "folder", importMemory: "memoryPeak" },
  async run(bench) {
    const { documents } = bench.counts
    const db = await opened(bench, "plain")
    let ms = 0
    for (let from = 0; from < documents; from += batch) {
      const part = people({ from, to: Math.min(documents, from + batch) })
      ms += await timed(() => db.insertMany(part))
      await bench.progress(`imported ${from + part.length} of ${documents} in ${(ms / 1000).toFixed(1)} s`)
    }
    expectSame("count", await db.count(), documents)
    await expectStored(db, people({ from: Math.max(0, documents - 100), to: documents }))
    await bench.settled()
    return { import: [ms / 1000] }
  },
}

/** Times each get by itself: one get, not a thousand, is what a page waits for. */
async function timedGets(bench: Bench): Promise<number[]> {
  const { gets, documents } = bench.counts
  const db = await opened(bench, "plain")
  const samples: number[] = []
  for (const index of someIndexes(gets, documents, 5)) {
    const id = personId(index)
    let found: Person | undefined
    samples.push(
      await timed(async () => {
        found = await db.get(id)
      }),
    )
    expectSame(`document ${index}`, found, person(index))
  }
  return samples
}

const gets: Scenario = {
  id: "scale-gets",
  metrics: [
    { id: "get", title: "random get on a cold-opened database, p50", unit: "ms" },
    { id: "getP95", title: "random get on a cold-opened database, p95", unit: "ms", statistic: "p95" },
    { id: "memory", title: "memory of the page's process, after these gets", unit: "MB" },
  ],
  outside: { memory: "memory" },
  async run(bench) {
    const samples = await timedGets(bench)
    return { get: samples, getP95: samples }
  },
}

const commits: Scenario = {
  id: "scale-commits",
  metrics: [
    { id: "commit", title: "commit of one document, p50", unit: "ms" },
    { id: "commitP95", title: "commit of one document, p95", unit: "ms", statistic: "p95" },
  ],
  async run(bench) {
    const { documents, puts } = bench.counts
    const db = await opened(bench, "plain")
    const samples = await singlePuts(db, bench.counts, { from: documents, to: documents + puts })
    return { commit: samples, commitP95: samples }
  },
}

/** What is opened with indexes that its data has not had. */
const openIndexed = async (bench: Bench): Promise<Database> => {
  const db = await bench.driver.open({ ...openingOf(bench, "plain"), isIndexed: true })
  await db.ready()
  return db
}

const indexes: Scenario = {
  id: "scale-indexes",
  needs: "fill",
  metrics: [
    { id: "indexBuild", title: "three indexes declared on the stored documents, until they answer", unit: "s" },
    { id: "indexBlocked", title: "longest block of the main thread meanwhile", unit: "ms" },
  ],
  async run(bench) {
    const db = await openIndexed(bench)
    const built = db.indexesBuilt?.bind(db)
    if (!built) throw new Error("builds no indexes on data that is there already")
    const end = startHeartbeat()
    const ms = await timed(built)
    return { indexBuild: [ms / 1000], indexBlocked: [end()] }
  },
}

const rows = 10

/** Asks for a range that was not asked for before, and then for the same again. */
const queries: Scenario = {
  id: "scale-queries",
  needs: "scale-indexes",
  metrics: [
    { id: "queryCold", title: "range in order, limit 10, each range for the first time, p50", unit: "ms" },
    { id: "queryWarm", title: "the same ranges again, p50", unit: "ms" },
  ],
  async run(bench) {
    const db = await openIndexed(bench)
    const asked = Array.from({ length: 60 }, (_, n) => 20 + n)
    const sampled = async (samples: number[]) => {
      for (const age of asked) {
        let found: readonly Person[] = []
        samples.push(
          await timed(async () => {
            found = await db.fromAge(age, rows)
          }),
        )
        expectSame(`from age ${age}`, found.length, rows)
        expectSame(`the ages from ${age}`, new Set(found.map((one) => one.age)).size, 1)
      }
      return samples
    }
    return { queryCold: await sampled([]), queryWarm: await sampled([]) }
  },
}

/** All scenarios of a scale run, in order. */
export const scaleScenarios: readonly Scenario[] = [imported, coldOpen, coldBoot, gets, commits, indexes, queries]
