// Searches as an engine answers them: the same hits from an index as from reading every document, whatever happened to either.
import type { Engine, FindSpec, Hit, WriteOp } from "@fixpoint/core"
import { encodeDocument } from "@fixpoint/core/codec"
import fc from "fast-check"
import { expect, test } from "vitest"
import { createBench } from "./bench.ts"

const collection = "c"
const declared = {
  [collection]: {
    fields: {},
    search: {
      fields: [
        { path: "title", weight: 3 },
        { path: "tags", weight: 1 },
      ],
    },
    vectors: [{ path: "v", dimensions: 2 }],
  },
}
const put = (id: string, document: object): WriteOp => ({
  op: "put",
  collection,
  id,
  text: encodeDocument(document).text,
})
const text = (typed: string, more: Partial<FindSpec> = {}) =>
  ({
    kind: "text",
    collection,
    text: typed,
    prefix: false,
    any: false,
    filter: undefined,
    limit: 20,
    ...more,
  }) as FindSpec
const near = (vector: readonly number[], limit = 20): FindSpec => ({
  kind: "vector",
  collection,
  path: "v",
  vector,
  filter: undefined,
  limit,
})
const idsOf = (hits: readonly Hit[]) => hits.map(({ document }) => document.id)

const word = fc.constantFrom("riga", "Rīga", "rig", "ab", "abc", "street", "東京")
const document = fc.record(
  {
    title: fc.array(word, { maxLength: 4 }).map((words) => words.join(" ")),
    tags: fc.array(word, { maxLength: 2 }),
    v: fc.oneof(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), fc.constant("none")),
  },
  { requiredKeys: [] },
)
const id = fc.constantFrom("a", "b", "c", "ž")
const write = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(id, document).map(([one, fields]) => put(one, fields)) },
  { weight: 1, arbitrary: id.map((one): WriteOp => ({ op: "delete", collection, id: one })) },
)
const search = fc.oneof(
  fc
    .tuple(fc.array(word, { minLength: 1, maxLength: 2 }), fc.boolean(), fc.boolean())
    .map(([words, prefix, any]) => text(words.join(" "), { prefix, any })),
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: -9, max: 9 })).map((vector) => near(vector)),
)

/** Rounded, as sums of the same parts in another order may differ in the last bit. */
async function answers(engine: Engine, specs: readonly FindSpec[]) {
  const results = await Promise.all(specs.map((spec) => engine.find(spec)))
  return results.map(({ hits }) => hits.map((hit) => ({ ...hit, score: Number(hit.score.toFixed(9)) })))
}

test("an index answers as reading every document does: in two tabs, after flush and compaction, and reopened", async () => {
  const property = fc.asyncProperty(
    fc
      .array(fc.array(write, { minLength: 1, maxLength: 4 }), { maxLength: 4 })
      .map((commits): WriteOp[][] => [[put("z", { title: "riga ab" })], ...commits]),
    fc.array(search, { minLength: 1, maxLength: 4 }),
    async (commits, specs) => {
      const bench = createBench({})
      const tab = await bench.open()
      tab.declare(declared)
      const other = await bench.open()
      for (const [i, ops] of commits.entries()) {
        // The other tab declares nothing, and keeps the index all the same.
        await (i % 3 === 2 ? other : tab).write(ops)
        await bench.settle()
        if (i % 2 === 1) await tab.compact()
      }
      const plain = createBench({})
      // Nobody gets a lock there, so that nothing is built: every document is read.
      plain.world.locks.hold = async () => undefined
      const reading = await plain.open()
      for (const ops of commits) await reading.write(ops)
      reading.declare(declared)
      const expected = await answers(reading, specs)
      const reopened = await bench.open()
      reopened.declare(declared)
      for (const engine of [tab, reopened]) {
        expect(await answers(engine, specs)).toEqual(expected)
        for (const spec of specs) expect((await engine.find(spec)).stats.index).toMatch(/^(text|vector)\/1$/)
      }
      for (const spec of specs)
        expect((await reading.find(spec)).stats).toMatchObject({ index: undefined, fullScan: true })
    },
  )
  await fc.assert(property, { numRuns: 60 })
})

test("a search reads the entries of its words and the documents of its hits, no others", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  engine.declare(declared)
  const rare = 7
  await engine.write(
    Array.from({ length: 500 }, (_, i) => put(`d${i}`, { title: i < rare ? "rare common" : "common" })),
  )
  await engine.compact()
  const found = await engine.find(text("rare"))
  expect(found.hits).toHaveLength(rare)
  expect(found.stats).toMatchObject({ rowsRead: 2 * rare, rowsReturned: rare, fullScan: false })
  const few = await engine.find(text("common", { limit: 3 }))
  expect(few.stats).toMatchObject({ rowsRead: 500 + 3, rowsReturned: 3 })
})

test("hits say where the words are, meet the filter, and end at the limit", async () => {
  const engine = await createBench({}).open()
  engine.declare(declared)
  await engine.write([
    put("1", { title: "Old Riga", tags: ["x", "riga street"], n: 1 }),
    put("2", { title: "riga", n: 2 }),
    put("3", { title: "Jūrmala", n: 2 }),
  ])
  const filter = { kind: "field", condition: { path: "n", operator: "eq", operand: 1 } } as const
  const [hit, ...more] = (await engine.find(text("RĪGA", { filter }))).hits
  expect(more).toEqual([])
  expect(hit?.places).toEqual([
    { path: "title", start: 4, end: 8 },
    { path: "tags", index: 1, start: 0, end: 4 },
  ])
  expect(idsOf((await engine.find(text("riga", { limit: 1 }))).hits)).toHaveLength(1)
  expect((await engine.find(text("riga", { limit: 0 }))).hits).toEqual([])
  expect(idsOf((await engine.find(text("jurm", { prefix: true }))).hits)).toEqual(["3"])
})

test("the nearest come first, vectors as bytes too; one that is changed or deleted is found where it is", async () => {
  const engine = await createBench({}).open()
  engine.declare(declared)
  const floats = new Uint8Array(new Float32Array([1, 1]).buffer)
  await engine.write([
    put("up", { v: [0, 2] }),
    put("right", { v: [5, 0] }),
    put("both", { v: floats }),
    put("no", { v: [1] }),
  ])
  expect(idsOf((await engine.find(near([3, 1]))).hits)).toEqual(["right", "both", "up"])
  expect((await engine.find(near([7, 0], 1))).hits).toMatchObject([{ document: { id: "right" }, score: 1 }])
  await engine.write([put("right", { v: [-5, 0] }), { op: "delete", collection, id: "up" }, put("both", { v: "gone" })])
  const { hits } = await engine.find(near([1, 0]))
  expect(hits).toMatchObject([{ document: { id: "right" }, score: -1 }])
})

test("what is not declared, and what is no vector of the right length, is refused", async () => {
  const engine = await createBench({}).open()
  await expect(engine.find(text("x"))).rejects.toMatchObject({ code: "INVALID_ARGUMENT", details: { path: "search" } })
  await expect(engine.find(near([1, 2]))).rejects.toMatchObject({ code: "INVALID_ARGUMENT", details: { path: "v" } })
  engine.declare(declared)
  for (const vector of [[1], [0, 0], [Number.NaN, 1]])
    await expect(engine.find(near(vector))).rejects.toMatchObject({ details: { path: "vector" } })
})

test("where the part does not load, writes go on, and a search finds what they wrote once it does", async () => {
  let loads = 0
  const bench = createBench({
    loaders: {
      search: async () => {
        if (++loads === 1) throw new TypeError("Failed to fetch")
        return await import("@fixpoint/core/search")
      },
    },
  })
  const engine = await bench.open()
  engine.declare(declared)
  await engine.write([put("a", { title: "riga" })])
  await engine.write([put("b", { title: "riga" })])
  expect(loads).toBe(1)
  expect(idsOf((await engine.find(text("riga"))).hits)).toEqual(["a", "b"])
  expect(loads).toBe(2)
})
