/**
 * How long writes take. Owns: the scenarios that store one document, many at once, or parts of stored ones.
 */
import { expectStored } from "./answers.ts"
import { type Person, people, person, personId, type Range, someIndexes } from "./documents.ts"
import type { Database, Patch } from "./drivers/driver.ts"
import type { Bench, Scenario } from "./scenario.ts"
import { opened, region, timed } from "./timed.ts"

/** Puts one after another; the first few are not counted, as code is compiled then. */
export async function singlePuts(db: Database, range: Range): Promise<number[]> {
  const documents = people(range)
  const warmUp = Math.ceil(documents.length / 10)
  const samples: number[] = []
  for (const one of documents) samples.push(await timed(() => db.put(one)))
  await expectStored(db, documents)
  return samples.slice(warmUp)
}

export const put: Scenario = {
  id: "put",
  metrics: [{ id: "put", title: "single put, survives a killed browser", unit: "ms" }],
  run: async (bench) => ({
    put: await singlePuts(await opened(bench), region(bench.counts, 0, bench.counts.puts)),
  }),
}

export const putStrict: Scenario = {
  id: "put-strict",
  metrics: [{ id: "putStrict", title: "single put, strict: survives a power cut", unit: "ms" }],
  run: async (bench) => ({
    putStrict: await singlePuts(await opened(bench, "strict"), region(bench.counts, 1, bench.counts.strictPuts)),
  }),
}

export const concurrent: Scenario = {
  id: "concurrent",
  metrics: [{ id: "concurrentPuts", title: "{concurrent} concurrent puts, Promise.all", unit: "ms" }],
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench)
    const samples: number[] = []
    for (let n = 0; n < counts.repeats; n++) {
      const documents = people(region(counts, 2 + n, counts.concurrent))
      samples.push(await timed(() => Promise.all(documents.map((one) => db.put(one)))))
      await expectStored(db, documents)
    }
    return { concurrentPuts: samples }
  },
}

export const update: Scenario = {
  id: "update",
  metrics: [{ id: "batchUpdate", title: "{updates} whole documents put over stored ones, one call", unit: "ms" }],
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench)
    const samples: number[] = []
    for (let n = 0; n < counts.repeats; n++) {
      const indexes = someIndexes(counts.updates, counts.documents, n * counts.updates)
      const changed = indexes.map((index) => person(index, n + 1))
      samples.push(await timed(() => db.putMany(changed)))
      await expectStored(db, changed)
    }
    return { batchUpdate: samples }
  },
}

/** Adds one to a field of stored documents, again and again, and reads some of them back. */
async function timedPatches(bench: Bench, apply: (db: Database, patches: readonly Patch[]) => Promise<void>) {
  const { counts } = bench
  const db = await opened(bench)
  const samples: number[] = []
  for (let n = 0; n < counts.repeats; n++) {
    const ids = someIndexes(counts.updates, counts.documents, n * counts.updates).map(personId)
    const before = (await db.getMany(ids)) as Person[]
    const patches = before.map(({ _id, age }) => ({ id: _id, changes: { age: age + 1 } }))
    samples.push(await timed(() => apply(db, patches)))
    const after = before.map((one) => ({ ...one, age: one.age + 1 }))
    await expectStored(db, after)
  }
  return samples
}

export const patchMany: Scenario = {
  id: "patch-many",
  metrics: [
    { id: "batchPatch", title: "one field of {updates} stored documents, one commit, the fastest way", unit: "ms" },
  ],
  run: async (bench) => ({ batchPatch: await timedPatches(bench, (db, patches) => db.patchMany(patches)) }),
}

export const patchEach: Scenario = {
  id: "patch-each",
  metrics: [
    {
      id: "transactionPatch",
      title: "the same as {updates} updates in one transaction, Promise.all",
      unit: "ms",
    },
  ],
  run: async (bench) => ({ transactionPatch: await timedPatches(bench, (db, patches) => db.patchEach(patches)) }),
}
