/**
 * What is measured of one system as its data grows. Owns: the scenarios of `--scale`.
 * Invariant: as in scenarios.ts; `counts.documents` is the size of the database.
 */
import { expectSame, expectStored } from "./answers.ts"
import { type Person, people, person, personId, someIndexes } from "./documents.ts"
import { coldBoot, coldOpen } from "./open-scenarios.ts"
import type { Bench, Scenario } from "./scenario.ts"
import { opened, timed } from "./timed.ts"
import { singlePuts } from "./write-scenarios.ts"

const batch = 10_000

const imported: Scenario = {
  id: "scale-import",
  metrics: [
    { id: "import", title: "import in one go", unit: "s" },
    { id: "importMemory", title: "memory of the page's process, highest during the import", unit: "MB" },
    { id: "folder", title: "bytes on disk, once idle", unit: "MB" },
  ],
  outside: { folder: "folder", importMemory: "memoryPeak" },
  async run(bench) {
    const { documents } = bench.counts
    const db = await opened(bench)
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
  const db = await opened(bench)
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
    const samples = await singlePuts(await opened(bench), { from: documents, to: documents + puts })
    return { commit: samples, commitP95: samples }
  },
}

/** All scenarios of a scale run, in order. */
export const scaleScenarios: readonly Scenario[] = [imported, coldOpen, coldBoot, gets, commits]
