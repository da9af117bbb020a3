import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Filter, Operator } from "../api/filter.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { compileFilter } from "./filter.ts"
import { type RowDelta, viewOf } from "./row-delta.ts"
import { routeOf, Routes } from "./routes.ts"

const field = (path: string, operator: Operator, operand: Json): Filter => ({
  kind: "field",
  condition: { path, operator, operand },
})
const all = (...filters: Filter[]): Filter => ({ kind: "and", filters })

const value = fc.constantFrom<Json>(0, 1, "", "x", "1", null, true, { $: ["d", 1] }, { $: ["n", "1"] }, [1], { a: 1 })
const operation = fc.oneof(
  fc.record({
    path: fc.constantFrom("p", "q"),
    operator: fc.constantFrom("eq" as const, "ne" as const),
    operand: value,
  }),
  fc.record({ path: fc.constantFrom("p", "q"), operator: fc.constant("in" as const), operand: fc.array(value) }),
)
const filter = fc.oneof(
  operation.map(({ path, operator, operand }) => field(path, operator, operand)),
  fc
    .array(operation.map(({ path, operator, operand }) => field(path, operator, operand)))
    .map((parts) => all(...parts)),
)
const document = fc.dictionary(fc.constantFrom("p", "q"), value).map((fields) => JSON.stringify(fields))
const change = fc.tuple(fc.option(document, { nil: undefined }), fc.option(document, { nil: undefined }))

const deltaOf = ([before, after]: [string | undefined, string | undefined]): RowDelta => ({
  collection: "c",
  id: "a",
  before: viewOf(before),
  after: viewOf(after),
})

describe("routes", () => {
  test("a delta finds every query whose filter holds before or after it", () => {
    fc.assert(
      fc.property(fc.array(filter, { minLength: 1 }), change, (filters, texts) => {
        const routes = new Routes<Filter>()
        for (const one of filters) routes.add("c", routeOf(one), one)
        const found = new Set(routes.find(deltaOf(texts)))
        for (const one of filters) {
          const holds = texts.some(
            (text) => text !== undefined && (compileFilter(one)?.(JSON.parse(text) as JsonObject, "a") ?? true),
          )
          if (holds) expect(found.has(one)).toBe(true)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test("go by the id first, then by what is equal", () => {
    expect(routeOf(all(field("p", "eq", 1), field("_id", "in", ["a"])))).toEqual({ path: "_id", values: ["a"] })
    expect(routeOf(all(field("n", "gt", 1), field("p", "eq", "")))).toEqual({ path: "p", values: [""] })
    expect(routeOf(field("p", "eq", [1]))).toBeUndefined()
    expect(routeOf({ kind: "not", filter: field("p", "eq", 1) })).toBeUndefined()
  })

  test("of a thousand queries on a thousand keys, a delta finds one", () => {
    const routes = new Routes<number>()
    for (let i = 0; i < 1_000; i++) routes.add("c", routeOf(field("list", "eq", `l${i}`)), i)
    const read = { count: 0 }
    const text = '{"list":"l7"}'
    const after = { text, parse: () => (read.count++, JSON.parse(text) as JsonObject) }
    expect([...routes.find({ collection: "c", id: "a", before: undefined, after })]).toEqual([7])
    expect(read.count).toBe(1)
  })

  test("nothing is left of routes that are taken out", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(filter, fc.nat())), (added) => {
        const routes = new Routes<object>()
        const removes = added.map(([one, order]) => ({ order, remove: routes.add("c", routeOf(one), {}) }))
        for (const { remove } of removes.sort((a, b) => a.order - b.order)) remove()
        expect(routes.has("c")).toBe(false)
      }),
    )
  })
})
