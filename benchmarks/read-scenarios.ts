/**
 * How long answers take. Owns: the scenarios that only read, on what the first one stored.
 */
import { expectPeople, expectSame } from "./answers.ts"
import { isWanted, type Person, people, personId, someIndexes, type Wanted } from "./documents.ts"
import type { Scenario } from "./scenario.ts"
import { opened, timed } from "./timed.ts"

const wanted: Wanted = { city: "Riga", olderThan: 60 }

export const coldGets: Scenario = {
  id: "cold-gets",
  metrics: [{ id: "coldGets", title: "{gets} point gets one after another, cold-opened", unit: "ms" }],
  loads: () => 2,
  async run(bench) {
    const indexes = someIndexes(bench.counts.gets, bench.counts.documents)
    const ids = indexes.map(personId)
    const db = await opened(bench)
    const found: (Person | undefined)[] = []
    const ms = await timed(async () => {
      for (const id of ids) found.push(await db.get(id))
    })
    expectPeople(found, indexes)
    return { coldGets: [ms] }
  },
}

export const coldGetsAtOnce: Scenario = {
  id: "cold-gets-at-once",
  metrics: [{ id: "coldGetsAtOnce", title: "the same {gets} at once by Promise.all, cold-opened", unit: "ms" }],
  loads: () => 2,
  async run(bench) {
    const indexes = someIndexes(bench.counts.gets, bench.counts.documents)
    const ids = indexes.map(personId)
    const db = await opened(bench)
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
  metrics: [{ id: "coldGetMany", title: "the same {gets} by one getMany, cold-opened", unit: "ms" }],
  loads: () => 2,
  async run(bench) {
    const indexes = someIndexes(bench.counts.gets, bench.counts.documents)
    const ids = indexes.map(personId)
    const db = await opened(bench)
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
  metrics: [
    { id: "scanCold", title: "full scan with predicate, first on a cold-opened database", unit: "ms" },
    { id: "scan", title: "full scan with predicate, repeated", unit: "ms" },
  ],
  async run(bench) {
    const all = people({ from: 0, to: bench.counts.documents })
    const expected = all.filter((one) => isWanted(wanted, one)).sort((a, b) => (a._id < b._id ? -1 : 1))
    const db = await opened(bench)
    const samples: number[] = []
    for (let n = 0; n <= bench.counts.repeats; n++) {
      let found: Person[] = []
      samples.push(
        await timed(async () => {
          found = await db.scan(wanted)
        }),
      )
      expectSame(
        "scan",
        found.sort((a, b) => (a._id < b._id ? -1 : 1)),
        expected,
      )
    }
    return { scanCold: samples.slice(0, 1), scan: samples.slice(1) }
  },
}
