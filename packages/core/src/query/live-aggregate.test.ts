import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { LiveStep } from "../api/live-step.ts"
import type { AggregateSpec, QuerySpec } from "../api/query.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { liveOf } from "./live-spec.ts"
import { planQuery } from "./plan.ts"
import { type RowDelta, viewOf } from "./row-delta.ts"

type Rows = Map<string, string>
type Told = readonly { readonly id: string; readonly text: string }[]

const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.1, 0.2, 1e300, -1e300, 2 ** 53))
const anything: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: number },
  fc.constantFrom<Json>(null, true, "", "x", [1], { $: ["d", 5] }, { $: ["n", "3"] }, { b: 1, a: 2 }, { a: 2, b: 1 }),
)
const text = fc
  .record({ n: anything, k: anything, tags: fc.array(anything, { maxLength: 3 }) }, { requiredKeys: [] })
  .map((document) => JSON.stringify(document))
const change = fc.tuple(fc.integer({ min: 0, max: 12 }).map(String), fc.option(text, { nil: undefined }))
const aggregate = fc
  .record({
    of: fc.constantFrom<AggregateSpec["of"]>("count", "sum", "avg", "min", "max"),
    by: fc.constantFrom(undefined, "k", "tags[]", "_id"),
  })
  .map(({ of, by }): AggregateSpec => ({ of, by, path: of === "count" ? undefined : "n" }))
const source = fc.record({
  filter: fc.constantFrom<QuerySpec["filter"]>(
    { kind: "and", filters: [] },
    { kind: "field", condition: { path: "n", operator: "gte", operand: 0 } },
  ),
  order: fc.constantFrom<QuerySpec["order"]>([], [{ path: "n", descending: true }]),
  limit: fc.constantFrom(undefined, undefined, 0, 1, 4),
})

function fold(told: Told, step: LiveStep | undefined): Told {
  if (step === undefined) return told
  if (step.kind === "error") throw new TypeError(step.error.message)
  if (step.kind === "reset") return step.documents
  const changed = new Map(step.changed.map((group) => [group.id, group]))
  const next = told.filter(({ id }) => !step.removed.includes(id)).map((group) => changed.get(group.id) ?? group)
  for (const { at, document } of step.placed) next.splice(at, 0, document)
  return next
}

function apply(rows: Rows, [id, now]: readonly [string, string | undefined]): RowDelta {
  const before = rows.get(id)
  if (now === undefined) rows.delete(id)
  else rows.set(id, now)
  return { collection: "c", id, before: viewOf(before), after: viewOf(now) }
}

/** The live query of a spec over rows; `during` happens while it reads. */
function mounted(spec: QuerySpec, rows: Rows, during: () => void = () => undefined) {
  return liveOf(spec, {
    run: async (plan, limit) =>
      [...rows]
        .flatMap(([id, row]) => plan.match(id, row, viewOf(row).parse) ?? [])
        .sort(plan.ordering.compare)
        .slice(0, limit),
    visitMatches: async (plan, begin) => {
      begin()("lost", { n: 1 })
      during()
      const visit = begin()
      for (const [id, row] of rows) if (plan.match(id, row, viewOf(row).parse)) visit(id, JSON.parse(row) as JsonObject)
    },
  })
}

async function toldOf(spec: QuerySpec, rows: Rows): Promise<Told> {
  const live = mounted(spec, rows)
  await live.read(() => true)
  live.apply([])
  return fold([], live.step())
}

describe("a live aggregate", () => {
  test("equals the aggregate run anew after each commit, whatever came while it read", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(source, aggregate),
        fc.array(change),
        fc.array(change, { maxLength: 4 }),
        fc.array(fc.array(change, { minLength: 1, maxLength: 6 }), { maxLength: 6 }),
        async ([shape, figure], first, during, history) => {
          const spec: QuerySpec = { collection: "c", ...shape, aggregate: figure }
          const rows: Rows = new Map()
          for (const one of first) apply(rows, one)
          const meanwhile: RowDelta[] = []
          const live = mounted(spec, rows, () => {
            for (const one of during) meanwhile.push(apply(rows, one))
          })
          await live.read(() => true)
          live.apply(meanwhile)
          let told = fold([], live.step())
          expect(told).toEqual(await toldOf(spec, rows))
          for (const commit of history) {
            const deltas = commit.map((one) => apply(rows, one))
            if (!live.apply(deltas)) {
              await live.read(() => true)
              live.apply([])
            }
            told = fold(told, live.step())
            expect(told).toEqual(await toldOf(spec, rows))
          }
        },
      ),
      { numRuns: 1_500 },
    )
  })

  test("of all matches looks at what changed alone", async () => {
    const rows: Rows = new Map(Array.from({ length: 5_000 }, (_, i) => [`${i}`, `{"n":${i},"k":${i % 7}}`]))
    const looked = { count: 0 }
    const spec: QuerySpec = {
      collection: "c",
      filter: { kind: "and", filters: [] },
      order: [],
      limit: undefined,
      aggregate: { of: "max", path: "n", by: "k" },
    }
    const live = mounted(spec, rows)
    await live.read(() => true)
    live.apply([])
    live.step()
    const counting = (row: string) => ({
      text: row,
      parse: () => (looked.count++, JSON.parse(row) as JsonObject),
    })
    live.apply([
      { collection: "c", id: "4999", before: counting('{"n":4999,"k":1}'), after: counting('{"n":-1,"k":1}') },
    ])
    expect(live.step()).toEqual({
      kind: "delta",
      removed: [],
      placed: [],
      changed: [{ id: "1", text: "4992" }],
    })
    expect(looked.count).toBeLessThan(8)
  })

  test("of a figure that there is not is refused", () => {
    const spec = (of: string, path: string | undefined) =>
      ({
        collection: "c",
        filter: { kind: "and", filters: [] },
        order: [],
        limit: undefined,
        aggregate: { of, path, by: undefined },
      }) as QuerySpec
    for (const [of, path] of [
      ["median", "n"],
      ["sum", undefined],
      ["count", "n"],
      ["min", ""],
    ] as const)
      expect(() => mounted(spec(of, path), new Map())).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error,
      )
    expect(planQuery(spec("count", undefined)).needsNoDocument).toBe(true)
  })
})
