import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { DocumentText } from "../api/document-text.ts"
import type { LiveStep } from "../api/live-step.ts"
import type { QuerySpec } from "../api/query.ts"
import { LiveQuery } from "./live.ts"
import type { Entry } from "./ordering.ts"
import { type Plan, planQuery } from "./plan.ts"
import { type RowDelta, viewOf } from "./row-delta.ts"

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
function rerun(plan: Plan, rows: Rows, limit = plan.limit): Entry[] {
  const entries = [...rows].flatMap(([id, text]) => plan.match(id, text, viewOf(text).parse) ?? [])
  return entries.sort(plan.ordering.compare).slice(0, limit)
}

const plain = ({ id, text }: DocumentText): DocumentText => ({ id, text })

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

const wanted = () => true

/** A live query over rows, with what its listener has and how often it was read. */
function mounted(plan: Plan, rows: Rows) {
  const seen = { reads: 0, result: [] as readonly DocumentText[] }
  const live = new LiveQuery(plan, undefined, async (own, limit) => {
    seen.reads++
    return rerun(own, rows, limit)
  })
  return { live, seen }
}

function change(rows: Rows, id: string, now: string | undefined): RowDelta {
  const before = rows.get(id)
  if (now === undefined) rows.delete(id)
  else rows.set(id, now)
  return { collection: "c", id, before: viewOf(before), after: viewOf(now) }
}

const text = fc
  .record({ n: fc.integer({ min: 0, max: 5 }), m: fc.integer({ min: 0, max: 3 }) })
  .map((d) => JSON.stringify(d))
const drawn = fc.tuple(fc.integer({ min: 0, max: 40 }).map(String), fc.option(text, { nil: undefined }))
const commit = fc.record({ changes: fc.array(drawn, { minLength: 1, maxLength: 60 }), isTold: fc.boolean() })
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
  test("equals the query run anew, whenever it tells a step", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.array(drawn), fc.array(commit, { maxLength: 8 }), async (shape, first, history) => {
        const plan = planQuery(spec(shape))
        const rows: Rows = new Map()
        for (const [id, now] of first) change(rows, id, now)
        const { live, seen } = mounted(plan, rows)
        await live.read(wanted)
        expect(live.apply([])).toBe(true)
        seen.result = follow([], live.step())
        for (const { changes, isTold } of history) {
          const deltas = changes.map(([id, now]) => change(rows, id, now))
          if (!live.apply(deltas)) {
            await live.read(wanted)
            expect(live.apply(deltas)).toBe(true)
          }
          if (!isTold) continue
          seen.result = follow(seen.result, live.step())
          expect(seen.result).toEqual(rerun(plan, rows).map(plain))
        }
        seen.result = follow(seen.result, live.step())
        expect(seen.result).toEqual(rerun(plan, rows).map(plain))
      }),
      { numRuns: 2_000 },
    )
  })

  test("a delta applied twice changes nothing the second time", async () => {
    const rows: Rows = new Map()
    const { live } = mounted(planQuery(spec({})), rows)
    await live.read(wanted)
    live.step()
    const once = [change(rows, "a", '{"n":1}')]
    live.apply(once)
    expect(live.step()).toEqual({
      kind: "delta",
      removed: [],
      changed: [],
      placed: [{ at: 0, document: { id: "a", text: '{"n":1}' } }],
    })
    live.apply(once)
    expect(live.step()).toBeUndefined()
  })

  test("what is taken back before it is told is not told", async () => {
    const rows: Rows = new Map([["a", '{"n":1}']])
    const { live } = mounted(planQuery(spec({ order: [{ path: "n", descending: false }], limit: 2 })), rows)
    await live.read(wanted)
    live.step()
    live.apply([change(rows, "a", undefined), change(rows, "c", '{"n":0}')])
    live.apply([change(rows, "a", '{"n":1}'), change(rows, "c", undefined)])
    expect(live.step()).toBeUndefined()
  })

  test("of a limited result only a margin is held, and it is read again when the margin is used up", async () => {
    const rows: Rows = new Map(Array.from({ length: 1_000 }, (_, i) => [`${1_000 + i}`, "{}"]))
    const plan = planQuery(spec({ limit: 10 }))
    const { live, seen } = mounted(plan, rows)
    await live.read(wanted)
    live.step()
    expect(live.held).toBe(20)
    for (let i = 0; i < 100; i++) {
      const deltas = [change(rows, `${1_000 + i}`, undefined)]
      if (!live.apply(deltas)) await live.read(wanted)
      expect(live.held).toBeGreaterThanOrEqual(10)
    }
    expect(seen.reads).toBeLessThan(12)
    for (let i = 0; i < 1_000; i++) live.apply([change(rows, `0${i}`, "{}")])
    expect(live.held).toBeLessThanOrEqual(30)
  })

  test.each([undefined, 50, 5_000])(
    "k changes among n rows cost k·log n comparisons, with the limit %s",
    async (limit) => {
      const rows: Rows = new Map(Array.from({ length: 20_000 }, (_, i) => [`${100_000 + i}`, `{"n":${i}}`]))
      const counted = { matches: 0, comparisons: 0 }
      const plan = planQuery(spec({ order: [{ path: "n", descending: false }], limit }))
      const counting: Plan = {
        ...plan,
        ordering: { ...plan.ordering, compare: (a, b) => (counted.comparisons++, plan.ordering.compare(a, b)) },
        match: (...row) => (counted.matches++, plan.match(...row)),
      }
      const { live } = mounted(counting, rows)
      await live.read(wanted)
      live.step()
      Object.assign(counted, { matches: 0, comparisons: 0 })
      for (let i = 0; i < 20; i++) {
        live.apply([change(rows, `${100_000 + i}`, `{"n":${i % 2 === 0 ? -i : 10_000 - i}}`)])
        live.step()
      }
      expect(counted.matches).toBe(20)
      expect(counted.comparisons).toBeLessThan(20 * 8 * Math.log2(20_000))
    },
  )
})
