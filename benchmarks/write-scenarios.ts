/**
 * How long writes take. Owns: the scenarios that store one document, many at once, or parts of stored ones.
 */
import { expectSame, expectStored } from "./answers.ts"
import { type Person, people, person, personId, type Range, someIndexes } from "./documents.ts"
import type { Database, Patch } from "./drivers/driver.ts"
import type { Bench, Counts, Scenario } from "./scenario.ts"
import { opened, type PeopleSet, region, samplesOf, timed, warm } from "./timed.ts"

/** Stores the documents of a set in one call and checks some of them. */
export async function filled(bench: Bench, set: PeopleSet): Promise<{ db: Database; ms: number }> {
  const documents = people({ from: 0, to: bench.counts.documents })
  const db = await opened(bench, set)
  const ms = await timed(() => db.insertMany(documents))
  expectSame("count", await db.count(), documents.length)
  await expectStored(db, documents)
  return { db, ms }
}

/** Puts one after another; the first few are not counted, as code is compiled then. */
export async function singlePuts(db: Database, counts: Counts, range: Range): Promise<readonly number[]> {
  const documents = people(range)
  const samples = await samplesOf(counts, documents.length, (n) => timed(() => db.put(documents[n] as Person)))
  await expectStored(db, documents.slice(0, samples.length))
  return warm(samples)
}

export const fill: Scenario = {
  id: "fill",
  metrics: [
    { id: "bulkInsert", title: "bulk insert of {documents}, one call", unit: "ms" },
    { id: "folderFilled", title: "bytes on disk, once idle after it", unit: "MB" },
    { id: "fetched", title: "fetched by the page to open and to write, brotli", unit: "kB" },
  ],
  outside: { folderFilled: "folder", fetched: "fetched" },
  async run(bench) {
    const { ms } = await filled(bench, "plain")
    await bench.settled()
    return { bulkInsert: [ms] }
  },
}

/** The same with indexes: what they cost a writer. */
export const fillIndexed: Scenario = {
  id: "fill-indexed",
  metrics: [{ id: "bulkInsertIndexed", title: "bulk insert of {documents}, three indexes", unit: "ms" }],
  run: async (bench) => ({ bulkInsertIndexed: [(await filled(bench, "indexed")).ms] }),
}

export const putIndexed: Scenario = {
  id: "put-indexed",
  needs: "fill-indexed",
  metrics: [{ id: "putIndexed", title: "single put, three indexes", unit: "ms" }],
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench, "indexed")
    return { putIndexed: await singlePuts(db, counts, region(counts, 20, counts.puts)) }
  },
}

export const put: Scenario = {
  id: "put",
  needs: "fill",
  metrics: [{ id: "put", title: "single put, survives a killed browser", unit: "ms" }],
  run: async (bench) => ({
    put: await singlePuts(await opened(bench, "plain"), bench.counts, region(bench.counts, 0, bench.counts.puts)),
  }),
}

export const putStrict: Scenario = {
  id: "put-strict",
  needs: "fill",
  startsLoad: true,
  metrics: [{ id: "putStrict", title: "single put, strict: survives a power cut", unit: "ms" }],
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench, "plain", "strict")
    return { putStrict: await singlePuts(db, counts, region(counts, 1, counts.strictPuts)) }
  },
}

export const concurrent: Scenario = {
  id: "concurrent",
  needs: "fill",
  metrics: [{ id: "concurrentPuts", title: "{concurrent} concurrent puts, Promise.all", unit: "ms" }],
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench, "plain")
    const samples = await samplesOf(counts, counts.repeats, async (n) => {
      const documents = people(region(counts, 2 + n, counts.concurrent))
      const ms = await timed(() => Promise.all(documents.map((one) => db.put(one))))
      await expectStored(db, documents)
      return ms
    })
    return { concurrentPuts: samples }
  },
}

export const update: Scenario = {
  id: "update",
  needs: "fill",
  metrics: [{ id: "batchUpdate", title: "{updates} whole documents put over stored ones, one call", unit: "ms" }],
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench, "plain")
    const samples = await samplesOf(counts, counts.repeats, async (n) => {
      const indexes = someIndexes(counts.updates, counts.documents, n * counts.updates)
      const changed = indexes.map((index) => person(index, n + 1))
      const ms = await timed(() => db.putMany(changed))
      await expectStored(db, changed)
      return ms
    })
    return { batchUpdate: samples }
  },
}

/** Adds one to a field of stored documents, again and again, and reads some of them back. */
async function timedPatches(
  { counts }: Bench,
  db: Database,
  patches: { readonly count: number; readonly times: number },
  apply: (patches: readonly Patch[]) => Promise<void>,
) {
  return samplesOf(counts, patches.times, async (n) => {
    const ids = someIndexes(patches.count, counts.documents, n * patches.count).map(personId)
    const before = (await db.getMany(ids)) as Person[]
    const changes = before.map(({ _id, age }) => ({ id: _id, changes: { age: age + 1 } }))
    const ms = await timed(() => apply(changes))
    await expectStored(
      db,
      before.map((one) => ({ ...one, age: one.age + 1 })),
    )
    return ms
  })
}

export const patchOne: Scenario = {
  id: "patch-one",
  needs: "fill",
  metrics: [{ id: "patch", title: "one field of one stored document", unit: "ms" }],
  async run(bench) {
    const db = await opened(bench, "plain")
    const patches = { count: 1, times: Math.ceil(bench.counts.puts / 2) }
    return { patch: warm(await timedPatches(bench, db, patches, (changes) => db.patchMany(changes))) }
  },
}

export const patchMany: Scenario = {
  id: "patch-many",
  needs: "fill",
  metrics: [
    { id: "batchPatch", title: "one field of {updates} stored documents, one commit, the fastest way", unit: "ms" },
  ],
  async run(bench) {
    const db = await opened(bench, "plain")
    const patches = { count: bench.counts.updates, times: bench.counts.repeats }
    return { batchPatch: await timedPatches(bench, db, patches, (changes) => db.patchMany(changes)) }
  },
}

export const patchEach: Scenario = {
  id: "patch-each",
  needs: "fill",
  metrics: [
    {
      id: "transactionPatch",
      title: "the same as {updates} updates in one transaction, Promise.all",
      unit: "ms",
    },
  ],
  async run(bench) {
    const db = await opened(bench, "plain")
    const patches = { count: bench.counts.updates, times: bench.counts.repeats }
    const apply = db.patchEach?.bind(db)
    if (!apply) throw new Error("the driver has no patchEach")
    return { transactionPatch: await timedPatches(bench, db, patches, apply) }
  },
}
