// The engine against the plain map: any sequence of awaited calls, by two engines over one disk, with flushes, compactions
// and reopenings between them, reads as the map does; and a live query is the query run anew after every step.
import type { Engine, QuerySpec, WriteOp } from "@fixpoint/core"
import { decodeDocument, encodeDocument, encodeValue } from "@fixpoint/core/codec"
import { isFixpointError } from "@fixpoint/core/errors"
import fc from "fast-check"
import { expect, test } from "vitest"
import { type Bench, countOf, createBench } from "./bench.ts"
import { foldStep } from "./live-fold.ts"
import { applyPlain, ids, listed, type PlainDocument, type PlainWrite, plainWrite } from "./model.ts"

const collection = "things"
const spec = (over: Partial<QuerySpec> = {}): QuerySpec => ({
  collection,
  filter: { kind: "and", filters: [] },
  order: [],
  limit: undefined,
  ...over,
})
const byField = spec({
  filter: { kind: "field", condition: { path: "p", operator: "exists", operand: true } },
  order: [{ path: "p", descending: true }],
  limit: 2,
})

const opOf = (write: PlainWrite): WriteOp => {
  const own = { collection, id: write.id }
  switch (write.op) {
    case "put":
    case "insert":
      return { op: write.op, ...own, text: encodeDocument(write.document).text }
    case "patch":
      return { op: "patch", ...own, entries: [[write.field, encodeValue(write.value, write.field)]] }
    case "increment":
      return { op: "increment", ...own, path: "n", by: write.by }
    case "delete":
      return { op: "delete", ...own }
  }
}

const plain = ({ id, text }: { id: string; text: string }): [string, PlainDocument] => {
  const { _id, ...document } = decodeDocument<PlainDocument>(id, text)
  return [id, document]
}

type Step =
  | { readonly kind: "write"; readonly tab: number; readonly write: PlainWrite }
  | { readonly kind: "flush" | "reopen"; readonly tab: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("write" as const), tab: fc.nat(1), write: plainWrite }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("flush" as const, "reopen" as const), tab: fc.nat(1) }) },
)

/** Applies a write to both sides; a refusal must be on both. */
async function writeBoth(engine: Engine, documents: Map<string, PlainDocument>, write: PlainWrite) {
  const next = applyPlain(documents, write)
  const outcome = await engine.write([opOf(write)]).catch((error: unknown) => error)
  if (typeof next === "string") {
    expect(isFixpointError(outcome, next)).toBe(true)
    return documents
  }
  expect(outcome).toMatchObject({ ids: [write.id] })
  return next
}

const byIds = spec({
  filter: {
    kind: "and",
    filters: [
      { kind: "field", condition: { path: "_id", operator: "in", operand: ["z/1", "b", "none", "b", "a"] } },
      { kind: "field", condition: { path: "p", operator: "exists", operand: true } },
    ],
  },
})

async function expectSame(engine: Engine, documents: ReadonlyMap<string, PlainDocument>) {
  const { documents: found } = await engine.query(spec())
  expect(found.map(plain)).toEqual(listed(documents))
  expect(await countOf(engine, spec())).toBe(documents.size)
  const some = await engine.query(byIds)
  const named = listed(documents).filter(
    ([id, document]) => ["a", "b", "z/1"].includes(id) && document["p"] !== undefined,
  )
  expect(some.documents.map(plain)).toEqual(named)
  expect(some.stats.rowsRead).toBeLessThanOrEqual(3)
  const got = await engine.get(collection, ids)
  expect(got.map((document) => document && plain(document)[1])).toEqual(ids.map((id) => documents.get(id)))
}

async function runSteps(bench: Bench, steps: readonly Step[]) {
  let documents = new Map<string, PlainDocument>()
  const tabs = [await bench.open(), await bench.open()]
  for (const { kind, tab, ...rest } of steps) {
    const engine = tabs[tab] as Engine
    if (kind === "write" && "write" in rest) documents = await writeBoth(engine, documents, rest.write)
    if (kind === "flush") await engine.compact()
    if (kind === "reopen") {
      await engine.close()
      tabs[tab] = await bench.open()
    }
    await bench.settle()
    for (const each of tabs) await expectSame(each, documents)
  }
  for (const each of tabs) {
    expect(await each.check({ deep: true })).toMatchObject({ ok: true, findings: [] })
    await each.close()
  }
}

test("two engines over one disk read as one map", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 24 }), async (steps) => {
      await runSteps(createBench({ fields: { [collection]: { n: "counter" } } }), steps)
    }),
    { numRuns: 60 },
  )
}, 60_000)

test("a live query equals the query run anew after every write, whoever writes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), plainWrite), { maxLength: 20 }), async (writes) => {
      const bench = createBench({ fields: { [collection]: { n: "counter" } } })
      const tabs = [await bench.open(), await bench.open()] as const
      const specs = [spec(), byField]
      const results = specs.map((query) => {
        const seen = { documents: [] as { id: string; text: string }[] }
        tabs[0].watch(query, (live) => {
          seen.documents = foldStep(seen.documents, live)
        })
        return seen
      })
      for (const [tab, write] of writes) {
        await (tabs[tab] as Engine).write([opOf(write)]).catch(() => undefined)
        await bench.settle()
        for (const [i, query] of specs.entries())
          expect(results[i]?.documents).toEqual((await tabs[0].query(query)).documents)
      }
      for (const tab of tabs) await tab.close()
    }),
    { numRuns: 60 },
  )
}, 60_000)

test("a live query that is stopped reads no further", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  const documents = Array.from({ length: 20_000 }, (_, i) => ({
    id: `d${i}`,
    document: { text: `text ${i}`.repeat(20) },
  }))
  await engine.write(documents.map(({ id, document }) => opOf({ op: "put", id, document })))
  await engine.compact()
  const again = await bench.open()
  const { segments } = await again.stats()
  const blocks = segments.reduce((sum, segment) => sum + segment.blocks, 0)
  const stop = again.watch(spec(), () => undefined)
  const before = (await again.stats()).blocksRead
  stop()
  await bench.settle()
  expect((await again.stats()).blocksRead - before).toBeLessThan(blocks / 2)
}, 30_000)
