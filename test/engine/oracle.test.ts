// Every form of query, at once and live, against its naive evaluation: over generated data and histories of two tabs, with
// flushes, merges and reopenings between the commits.
import type { Engine, QuerySpec, WriteOp } from "@fixpoint/core"
import { decodeDocument, decodeValue, encodeDocument } from "@fixpoint/core/codec"
import fc from "fast-check"
import { afterAll, expect, test } from "vitest"
import type { QueryDescription } from "../../packages/fixpoint/src/scope.ts"
import { specOf } from "../../packages/fixpoint/src/where.ts"
import { type Bench, createBench } from "./bench.ts"
import { foldStep } from "./live-fold.ts"
import { evaluate, type PlainDocument, type PlainQuery } from "./naive-query.ts"

const ids = ["a", "b", "c", "d", "e", "f"] as const
const id = fc.constantFrom<string>(...ids)

/** Values of every type, such that near ones meet. */
const scalar = fc.constantFrom<unknown>(
  null,
  false,
  true,
  0,
  -1,
  1,
  2.25,
  1e300,
  2n ** 40n,
  -(2n ** 65n),
  new Date(0),
  new Date(-5),
  "",
  "a",
  "ab",
  "\u0000",
  "a\u0000",
  "\ufffd",
  "\u{1f600}",
  new Uint8Array([]),
  new Uint8Array([0, 255]),
)
const anyValue = fc.oneof(
  { weight: 5, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.constantFrom<unknown>({}, { x: 1 }, { x: 1, y: null }, { y: null, x: 1 }),
)
const document = fc.record(
  {
    n: fc.integer({ min: -2, max: 3 }),
    k: fc.constantFrom<unknown>("x", "y", null, ""),
    any: anyValue,
    tags: fc.oneof(fc.array(scalar, { maxLength: 3 }), fc.constant("a")),
    nested: fc.record({ d: fc.oneof(scalar, fc.integer({ min: 0, max: 2 })) }, { requiredKeys: [] }),
    ref: fc.oneof(id, fc.array(id, { maxLength: 3 }), fc.constantFrom<unknown>(null, 5, "nobody")),
  },
  { requiredKeys: [] },
)
const path = fc.constantFrom("n", "k", "any", "tags", "nested.d", "ref", "nested")

const condition = fc.oneof(
  anyValue,
  fc.record({ eq: anyValue }),
  fc.record({ ne: anyValue }),
  fc.record({ gt: anyValue }),
  fc.record({ gte: fc.integer({ min: -2, max: 3 }), lt: fc.integer({ min: -2, max: 3 }) }),
  fc.record({ lte: anyValue }),
  fc.record({ in: fc.array(anyValue, { maxLength: 3 }) }),
  fc.record({ nin: fc.array(anyValue, { maxLength: 3 }) }),
  fc.record({ between: fc.tuple(scalar, scalar) }),
  fc.record({ startsWith: fc.constantFrom("", "a", "\u0000") }),
  fc.record({ has: scalar }),
  fc.record({ hasAny: fc.array(scalar, { maxLength: 2 }) }),
  fc.record({ hasAll: fc.array(scalar, { maxLength: 2 }) }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ not: fc.oneof(fc.record({ gt: scalar }), fc.record({ has: scalar }), anyValue) }),
)
const leaf = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(path, condition).map(([at, what]): Record<string, unknown> => ({ [at]: what })) },
  fc.constant({}),
  fc.record({ _id: fc.oneof(id, fc.record({ in: fc.array(id) }), fc.record({ gt: id }), fc.record({ ne: id })) }),
  fc.constantFrom("x", "y", null, "").map((k) => ({ k })),
)
const where = fc.oneof(
  { weight: 3, arbitrary: leaf },
  fc.record({ and: fc.array(leaf, { maxLength: 3 }) }),
  fc.record({ or: fc.array(leaf, { maxLength: 3 }) }),
  fc.record({ or: fc.tuple(leaf, fc.record({ and: fc.tuple(leaf, leaf) })) }),
)
const order = fc.array(
  fc.tuple(fc.oneof(path, fc.constant("_id")), fc.boolean()).map(([at, down]) => (down ? `-${at}` : at)),
  { maxLength: 2 },
)
const limit = fc.constantFrom(undefined, undefined, undefined, 0, 1, 2, 5)
const collection = fc.constantFrom("things", "others")
const select = fc.option(fc.uniqueArray(path, { maxLength: 3 }), { nil: undefined })
const source = fc.record({ collection, where: fc.array(where, { maxLength: 1 }), order, limit })

const from = fc.record({ collection, where: fc.array(leaf, { maxLength: 1 }), order, limit, select }).map((query) => ({
  toJSON: () => query,
}))
const include = fc.oneof(
  fc.record({ ref: fc.record({ from }) }),
  fc.record({ other: fc.record({ from, via: fc.constant("ref") }) }),
  fc.record({ list: fc.record({ from, on: fc.constant("ref") }) }),
  fc.record({ first: fc.record({ from, on: fc.constant("ref"), many: fc.constant(false) }), ref: fc.record({ from }) }),
)
const aggregate = fc
  .record({
    of: fc.constantFrom("count" as const, "sum" as const, "avg" as const, "min" as const, "max" as const),
    path: fc.constantFrom("n", "nested.d", "k"),
    by: fc.constantFrom(undefined, "k", "tags[]", "any", "nested.d", "_id"),
  })
  .map((figure) => ({ ...figure, path: figure.of === "count" ? undefined : figure.path }))
const query: fc.Arbitrary<PlainQuery> = fc.oneof(
  fc.record({ ...sourceShape(), select }),
  fc.record({ ...sourceShape(), select, include }),
  fc.record({ ...sourceShape(), aggregate }),
)

function sourceShape() {
  return { collection, where: source.map(({ where: filters }) => filters), order, limit }
}

const write = fc.oneof(
  { weight: 4, arbitrary: fc.record({ collection, id, document: fc.option(document, { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.record({ collection, id, document: fc.constant(undefined) }) },
)
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ tab: fc.nat(1), writes: fc.array(write, { minLength: 1, maxLength: 5 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ tab: fc.nat(1), chore: fc.constantFrom("compact" as const, "reopen" as const) }),
  },
)

const specFor = (query: PlainQuery): QuerySpec => specOf(query as unknown as QueryDescription)

type Told = readonly { readonly id: string; readonly text: string }[]

/** What an application sees of a result. */
const seen = (query: PlainQuery, told: Told): unknown[] =>
  told.map(({ id: key, text }) =>
    query.aggregate === undefined ? decodeDocument(key, text) : [decoded(key), decoded(text)],
  )

const decoded = (text: string) => (text === "" ? undefined : decodeValue(JSON.parse(text)))

const opOf = ({
  collection: name,
  id: key,
  document: fields,
}: {
  collection: string
  id: string
  document: object | undefined
}): WriteOp =>
  fields === undefined
    ? { op: "delete", collection: name, id: key }
    : { op: "put", collection: name, id: key, text: encodeDocument(fields).text }

const checked = { cases: 0 }
afterAll(() => expect(checked.cases).toBeGreaterThan(5_000))

/** One engine, its live queries, and what their listeners have. */
async function openTab(bench: Bench, queries: readonly PlainQuery[]) {
  const engine: Engine = await bench.open()
  const results = queries.map((one) => {
    const held: { told: Told } = { told: [] }
    const end = engine.watch(specFor(one), (live) => {
      held.told = foldStep(held.told, live)
    })
    return { held, end }
  })
  const close = () => {
    // A query that reads when its engine closes would be told that.
    for (const { end } of results) end()
    return engine.close()
  }
  return { engine, results: results.map(({ held }) => held), close }
}

test("every form of query gives what its naive evaluation gives, at once and live, in two tabs", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(query, { minLength: 4, maxLength: 8 }),
      fc.array(step, { maxLength: 8 }),
      async (queries, steps) => {
        const bench = createBench({})
        const world = new Map([
          ["things", new Map<string, PlainDocument>()],
          ["others", new Map<string, PlainDocument>()],
        ])
        const tabs = [await openTab(bench, queries), await openTab(bench, queries)]
        for (const one of steps) {
          const { engine, close } = tabs[one.tab] as (typeof tabs)[number]
          if ("writes" in one) {
            await engine.write(one.writes.map(opOf))
            for (const { collection: name, id: key, document: fields } of one.writes)
              if (fields === undefined) world.get(name)?.delete(key)
              else world.get(name)?.set(key, { ...fields, _id: key })
          } else if (one.chore === "compact") await engine.compact()
          else {
            await close()
            tabs[one.tab] = await openTab(bench, queries)
          }
          await bench.settle()
          for (const [tab, { engine: reader, results }] of tabs.entries())
            for (const [i, asked] of queries.entries()) {
              const right = evaluate(world, asked)
              expect(seen(asked, results[i]?.told ?? [])).toEqual(right)
              if (tab === one.tab) expect(seen(asked, (await reader.query(specFor(asked))).documents)).toEqual(right)
              checked.cases += tab === one.tab ? 2 : 1
            }
        }
        for (const { close } of tabs) await close()
      },
    ),
    { numRuns: 120 },
  )
}, 180_000)
