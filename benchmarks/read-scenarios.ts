/**
 * How long answers take that need no index. Owns: the scenarios that only read, on what the first one stored.
 */
import { expectPeople, expectSame } from "./answers.ts"
import { isWanted, type Person, people, personId, someIndexes, type Wanted } from "./documents.ts"
import type { Database } from "./drivers/driver.ts"
import type { Counts, Scenario } from "./scenario.ts"
import { opened, samplesOf, timed } from "./timed.ts"

const wanted: Wanted = { city: "Riga", olderThan: 60 }

const byId = (a: Person, b: Person): number => (a._id < b._id ? -1 : 1)

/** Reads documents one after another; the seed makes them others than those of another call. */
async function timedGets(db: Database, { gets, documents }: Counts, seed: number): Promise<number> {
  const indexes = someIndexes(gets, documents, seed)
  const ids = indexes.map(personId)
  const found: (Person | undefined)[] = []
  const ms = await timed(async () => {
    for (const id of ids) found.push(await db.get(id))
  })
  expectPeople(found, indexes)
  return ms
}

export const coldGets: Scenario = {
  id: "cold-gets",
  needs: "fill",
  metrics: [
    { id: "coldGets", title: "{gets} point gets one after another, cold-opened", unit: "ms" },
    { id: "warmGets", title: "{gets} others right after them", unit: "ms" },
    { id: "memory", title: "memory of the page's process after these gets", unit: "MB" },
  ],
  outside: { memory: "memory" },
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench, "plain")
    const cold = await timedGets(db, counts, 0)
    return { coldGets: [cold], warmGets: [await timedGets(db, counts, counts.gets)] }
  },
}

export const coldGetsAtOnce: Scenario = {
  id: "cold-gets-at-once",
  needs: "fill",
  metrics: [{ id: "coldGetsAtOnce", title: "the same {gets} at once by Promise.all, cold-opened", unit: "ms" }],
  async run(bench) {
    const indexes = someIndexes(bench.counts.gets, bench.counts.documents)
    const ids = indexes.map(personId)
    const db = await opened(bench, "plain")
    let found: (Person | undefined)[] = []
    const ms = await timed(async () => {
      found = await Promise.all(ids.map((id) => db.get(id)))
    })
    expectPeople(found, indexes)
    return { coldGetsAtOnce: [ms] }
  },
}

export const coldGetMany: Scenario = {
  id: "cold-get-many",
  needs: "fill",
  metrics: [{ id: "coldGetMany", title: "the same {gets} by one getMany, cold-opened", unit: "ms" }],
  async run(bench) {
    const indexes = someIndexes(bench.counts.gets, bench.counts.documents)
    const ids = indexes.map(personId)
    const db = await opened(bench, "plain")
    let found: (Person | undefined)[] = []
    const ms = await timed(async () => {
      found = await db.getMany(ids)
    })
    expectPeople(found, indexes)
    return { coldGetMany: [ms] }
  },
}

export const scan: Scenario = {
  id: "scan",
  needs: "fill",
  metrics: [
    { id: "scanCold", title: "full scan with predicate, first on a cold-opened database", unit: "ms" },
    { id: "scan", title: "full scan with predicate, repeated", unit: "ms" },
  ],
  async run(bench) {
    const { counts } = bench
    const all = people({ from: 0, to: counts.documents })
    const expected = all.filter((one) => isWanted(wanted, one)).sort(byId)
    const db = await opened(bench, "plain")
    const scanned = async () => {
      let found: Person[] = []
      const ms = await timed(async () => {
        found = await db.scan(wanted)
      })
      expectSame("scan", found.sort(byId), expected)
      return ms
    }
    return { scanCold: [await scanned()], scan: await samplesOf(counts, counts.repeats, scanned) }
  },
}
