/**
 * How long after a write its reader knows. Owns: the scenarios of live queries, alone and among many.
 */
import { expectSame } from "./answers.ts"
import { type Person, people } from "./documents.ts"
import type { Database } from "./drivers/driver.ts"
import type { Counts, Scenario } from "./scenario.ts"
import { opened, region, samplesOf, warm } from "./timed.ts"

/** A live query whose results can be waited for. */
function watched(db: Database, city: string) {
  let seen: readonly Person[] | undefined
  let wake = () => {}
  const stop = db.watchCity?.(city, (found) => {
    seen = found
    wake()
  })
  const reaches = async (count: number): Promise<readonly Person[]> => {
    while (seen?.length !== count)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    return seen
  }
  return { reaches, stop: () => stop?.() }
}

const ids = (list: readonly Person[]) => list.map(({ _id }) => _id).sort()

/** Puts people of one city one after another, each to the callback that shows it. */
async function putsToCallback(db: Database, counts: Counts, city: string, nth: number): Promise<readonly number[]> {
  const documents = people(region(counts, nth, counts.livePuts)).map((one) => ({ ...one, city }))
  const { reaches, stop } = watched(db, city)
  await reaches(0)
  const samples = await samplesOf(counts, documents.length, async (n) => {
    const startedAt = performance.now()
    const stored = db.put(documents[n] as Person)
    await reaches(n + 1)
    const ms = performance.now() - startedAt
    await stored
    return ms
  })
  expectSame("live result", ids(await reaches(samples.length)), ids(documents.slice(0, samples.length)))
  stop()
  return warm(samples)
}

export const live: Scenario = {
  id: "live",
  needs: "fill-indexed",
  metrics: [
    { id: "live", title: "put to the callback of a live query, p50", unit: "ms" },
    { id: "liveP99", title: "put to the callback of a live query, p99", unit: "ms", statistic: "p99" },
  ],
  async run(bench) {
    const samples = await putsToCallback(await opened(bench, "indexed"), bench.counts, "Reykjavik", 21)
    return { live: samples, liveP99: samples }
  },
}

export const liveMany: Scenario = {
  id: "live-many",
  needs: "fill-indexed",
  metrics: [
    { id: "liveMany", title: "the same with {mounted} other live queries, p50", unit: "ms" },
    { id: "liveManyP99", title: "the same with {mounted} other live queries, p99", unit: "ms", statistic: "p99" },
  ],
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench, "indexed")
    const others = Array.from({ length: counts.mounted }, (_, n) => watched(db, `city-${n}`))
    await Promise.all(others.map(({ reaches }) => reaches(0)))
    const samples = await putsToCallback(db, counts, "Valletta", 22)
    for (const { stop } of others) stop()
    return { liveMany: samples, liveManyP99: samples }
  },
}
