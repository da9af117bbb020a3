// Searches that are kept true: what is told last is what the search gives when it is run anew, whoever wrote and whatever became of the index.
import type { Engine, FindSpec, Hit, LiveStep, WriteOp } from "@fixpoint/core"
import { encodeDocument } from "@fixpoint/core/codec"
import fc from "fast-check"
import { expect, test } from "vitest"
import { createBench } from "./bench.ts"

const collection = "c"
const declared = {
  [collection]: {
    fields: {},
    search: { fields: [{ path: "title", weight: 3 }] },
    vectors: [{ path: "v", dimensions: 2 }],
  },
}
const put = (id: string, document: object, of = collection): WriteOp => ({
  op: "put",
  collection: of,
  id,
  text: encodeDocument(document).text,
})
const bounds = { collection, filter: undefined, limit: 3 } as const
const text = (typed: string, more: Partial<FindSpec> = {}): FindSpec =>
  ({ ...bounds, kind: "text", text: typed, prefix: true, any: true, ...more }) as FindSpec
const near = (vector: readonly number[]): FindSpec => ({ ...bounds, kind: "vector", path: "v", vector })

const lineOf = ({ document, score, places }: Hit) => ({
  id: document.id,
  text: `${JSON.stringify([score, places])}\n${document.text}`,
})

/** Watches a search, and keeps what is told. */
function watched(engine: Engine, spec: FindSpec) {
  const steps: LiveStep[] = []
  const stop = engine.watch(spec, (step) => void steps.push(step))
  return { spec, steps, stop }
}

const hitsOf = (step: LiveStep | undefined) => (step?.kind === "reset" ? step.documents : step)

const word = fc.constantFrom("riga", "rig", "ab", "street")
const document = fc.record(
  {
    title: fc.array(word, { maxLength: 4 }).map((words) => words.join(" ")),
    v: fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 9 })),
    n: fc.nat(2),
  },
  { requiredKeys: [] },
)
const id = fc.constantFrom("a", "b", "c", "d", "e")
const write = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(id, document).map(([one, fields]) => put(one, fields)) },
  { weight: 1, arbitrary: id.map((one): WriteOp => ({ op: "delete", collection, id: one })) },
  { weight: 1, arbitrary: id.map((one) => put(one, { title: "riga" }, "other")) },
)
const specs: readonly FindSpec[] = [
  text("rig"),
  text("riga ab", { any: false }),
  text("street", { filter: { kind: "field", condition: { path: "n", operator: "eq", operand: 1 } } }),
  near([1, 2]),
]

test("after each commit of either tab the hits told are those of the search run anew", async () => {
  const property = fc.asyncProperty(
    fc.array(
      fc.record({
        by: fc.boolean(),
        ops: fc.array(write, { minLength: 1, maxLength: 3 }),
        then: fc.constantFrom("nothing", "nothing", "compact"),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    async (commits) => {
      const bench = createBench({})
      const [tab, other] = [await bench.open(), await bench.open()]
      tab.declare(declared)
      const all = specs.map((spec) => watched(tab, spec))
      await bench.settle()
      for (const { by, ops, then } of commits) {
        await (by ? tab : other).write(ops)
        if (then === "compact") await tab.compact()
        await bench.settle()
        for (const { spec, steps } of all) expect(hitsOf(steps.at(-1))).toEqual((await tab.find(spec)).hits.map(lineOf))
      }
      for (const { steps } of all) {
        const texts = steps.map((step) => JSON.stringify(step))
        expect(texts.every((one, i) => one !== texts[i - 1])).toBe(true)
      }
    },
  )
  await fc.assert(property, { numRuns: 40 })
})

test("many commits at once are searched for once or twice; those of other collections, and of nobody's search, never", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  engine.declare(declared)
  await engine.write([put("a", { title: "riga" })])
  await bench.settle()
  const { steps, stop } = watched(engine, text("riga"))
  await bench.settle()
  expect(steps).toHaveLength(1)
  await Promise.all(Array.from({ length: 50 }, (_, i) => engine.write([put(`b${i}`, { title: "riga" })])))
  await bench.settle()
  expect(steps.length).toBeGreaterThan(1)
  expect(steps.length).toBeLessThan(6)
  const before = steps.length
  await engine.write([put("z", { title: "riga" }, "other")])
  await engine.write([put("z", { title: "nothing of it" })])
  await bench.settle()
  // A document more makes the word rarer: the scores are others.
  expect(steps.length).toBe(before + 1)
  stop()
  await engine.write([put("a", { title: "riga riga" })])
  await bench.settle()
  expect(steps.length).toBe(before + 1)
})

test("a search that is not declared is told once, as a failure, and a thousand that end leave nothing", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  const { steps } = watched(engine, text("riga"))
  await bench.settle()
  await engine.write([put("a", { title: "riga" })])
  await bench.settle()
  expect(steps).toMatchObject([{ kind: "error", error: { code: "INVALID_ARGUMENT" } }])
  engine.declare(declared)
  const all = Array.from({ length: 1000 }, () => watched(engine, text("riga")))
  for (const [i, { stop }] of all.entries()) if (i % 2 === 0) stop()
  await bench.settle()
  for (const { stop } of all) stop()
  const told = all.map(({ steps: own }) => own.length)
  await engine.write([put("a", { title: "riga street" })])
  await bench.settle()
  expect(all.map(({ steps: own }) => own.length)).toEqual(told)
})

test("what a search reads is explained, by index and by reading all", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  engine.declare(declared)
  await engine.write([put("a", { title: "riga" }), put("b", { title: "ab" })])
  await bench.settle()
  await engine.compact()
  expect(await engine.explain(text("riga"))).toMatchObject({
    index: "text/1",
    rowsRead: 2,
    rowsReturned: 1,
    fullScan: false,
  })
  expect(await engine.explain(near([1, 1]))).toMatchObject({ index: "vector/1", fullScan: false })
})
