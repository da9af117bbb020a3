import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { JsonObject } from "../base/json.ts"
import type { DocumentText, LiveStep, QuerySpec } from "../engine-api.ts"
import { LiveQuery, type RowDelta } from "./live.ts"
import { type Plan, planQuery } from "./plan.ts"

type Rows = Map<string, string>

const everything = { kind: "and", filters: [] } as const
const atLeast = (operand: number) => ({ kind: "field", condition: { path: "n", operator: "gte", operand } }) as const

const spec = (over: Partial<QuerySpec>): QuerySpec => ({
  collection: "c",
  filter: everything,
  order: [],
  limit: undefined,
  ...over,
})

/** The query evaluated naively. */
function rerun(plan: Plan, rows: Rows): DocumentText[] {
  const entries = [...rows].flatMap(([id, text]) => plan.match(id, text, () => JSON.parse(text) as JsonObject) ?? [])
  return entries
    .sort(plan.ordering.compare)
    .slice(0, plan.limit)
    .map(({ id, text }) => ({ id, text }))
}

/** What a listener puts together from a step. */
function follow(result: readonly DocumentText[], step: LiveStep | undefined): readonly DocumentText[] {
  if (step === undefined) return result
  if (step.kind === "reset") return step.documents
  if (step.kind === "error") throw new TypeError(step.error.message)
  const changed = new Map(step.changed.map((document) => [document.id, document]))
  const next = result
    .filter(({ id }) => !step.removed.includes(id))
    .map((document) => changed.get(document.id) ?? document)
  for (const { at, document } of step.placed) next.splice(at, 0, document)
  return next
}

function delta(id: string, before: string | undefined, after: string | undefined): RowDelta {
  return { collection: "c", id, before, after, document: () => JSON.parse(after ?? "{}") as JsonObject }
}

const text = fc
  .record({ n: fc.integer({ min: 0, max: 5 }), m: fc.integer({ min: 0, max: 3 }) })
  .map((d) => JSON.stringify(d))
const change = fc.record({
  id: fc.integer({ min: 0, max: 40 }).map(String),
  after: fc.option(text, { nil: undefined }),
})
const commits = fc.array(fc.array(change, { minLength: 1, maxLength: 60 }), { maxLength: 8 })
const shapes = fc.record({
  filter: fc.constantFrom(everything, atLeast(2), atLeast(4)),
  order: fc.constantFrom<QuerySpec["order"][]>(
    [],
    [{ path: "n", descending: false }],
    [
      { path: "n", descending: true },
      { path: "m", descending: false },
    ],
    [{ path: "_id", descending: true }],
  ),
  limit: fc.constantFrom(undefined, 0, 1, 3, 10),
})

describe("a live query", () => {
  test("equals the query run anew after each commit", () => {
    fc.assert(
      fc.property(shapes, commits, (shape, history) => {
        const plan = planQuery(spec(shape))
        const rows: Rows = new Map()
        const live = new LiveQuery(plan, [])
        let result = follow([], live.reset())
        for (const commit of history) {
          const deltas = commit.map(({ id, after }) => {
            const before = rows.get(id)
            if (after === undefined) rows.delete(id)
            else rows.set(id, after)
            return delta(id, before, after)
          })
          result = follow(result, live.apply(deltas))
          expect(result).toEqual(rerun(plan, rows))
        }
      }),
      { numRuns: 1_500 },
    )
  })

  test("a delta applied twice changes nothing the second time", () => {
    const live = new LiveQuery(planQuery(spec({})), [])
    const once = [delta("a", undefined, '{"n":1}')]
    expect(live.apply(once)).toEqual({
      kind: "delta",
      removed: [],
      changed: [],
      placed: [{ at: 0, document: { id: "a", text: '{"n":1}' } }],
    })
    expect(live.apply(once)).toBeUndefined()
  })

  test("a commit and its retraction leave the result as it was", () => {
    const plan = planQuery(spec({ order: [{ path: "n", descending: false }], limit: 2 }))
    const start = [delta("a", undefined, '{"n":1}'), delta("b", undefined, '{"n":2}'), delta("c", undefined, '{"n":3}')]
    const live = new LiveQuery(plan, [])
    let result = follow(follow([], live.reset()), live.apply(start))
    const before = result
    result = follow(result, live.apply([delta("a", '{"n":1}', undefined), delta("c", '{"n":3}', '{"n":0}')]))
    expect(result.map(({ id }) => id)).toEqual(["c", "b"])
    result = follow(result, live.apply([delta("a", undefined, '{"n":1}'), delta("c", '{"n":0}', '{"n":3}')]))
    expect(result).toEqual(before)
  })
})
