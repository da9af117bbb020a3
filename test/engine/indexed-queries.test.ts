// Queries by indexes against a naive evaluation: generated documents, filters, orders and limits, over whatever indexes two tabs
// have declared and built, in memory, flushed, merged and reopened.
import type { Engine, FieldCondition, Filter, IndexPart, IndexSpec, Json, QuerySpec, WriteOp } from "@fixpoint/core"
import fc from "fast-check"
import { expect, test } from "vitest"
import { planQuery } from "../../packages/core/src/query/plan.ts"
import { type Bench, createBench } from "./bench.ts"

const collection = "things"

const part = (path: string): IndexPart => {
  const descending = path.startsWith("-")
  const name = descending ? path.slice(1) : path
  const multi = name.endsWith("[]")
  return { path: multi ? name.slice(0, -2) : name, descending, multi }
}
const index = (name: string, where?: Filter): IndexSpec => ({
  name,
  parts: name.split(" ")[0]!.split(",").map(part),
  unique: false,
  where,
})
const field = (path: string, operator: FieldCondition["operator"], operand: Json): Filter => ({
  kind: "field",
  condition: { path, operator, operand },
})
const indexes: readonly IndexSpec[] = [
  index("a"),
  index("-a"),
  index("b"),
  index("a,b"),
  index("a,-b"),
  index("b,n.c,a"),
  index("n.c"),
  index("tags[]"),
  index("tags[],b"),
  index("a,tags[]"),
  index("b where a", field("a", "gte", 1)),
  index("a where b", field("b", "exists", true)),
]

const long = "long ".repeat(80)
const texts = ["", "x", "xy", "ä", "\u{10000}", `${long}a`, `${long}b`]
const escapes: readonly Json[] = [
  { $: ["n", "1"] },
  { $: ["n", "9007199254740993"] },
  { $: ["d", 1] },
  { $: ["b", "AQ=="] },
]
const leaf = fc.oneof(
  fc.constantFrom<Json>(null, false, true, 0, 1, 2, 2.5, -1),
  fc.constantFrom<Json>(...texts),
  fc.constantFrom<Json>(...escapes, [1], [], ["x", 1], { c: 1 }),
)
const few = fc.constantFrom<Json>(0, 1, "x", null)
const document = fc.record(
  {
    a: fc.oneof(few, leaf),
    b: fc.oneof(few, leaf),
    n: fc.oneof(few, fc.record({ c: leaf })),
    tags: fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 4, arbitrary: fc.array(leaf, { maxLength: 4 }) }),
  },
  { requiredKeys: [] },
)
const ids = Array.from({ length: 24 }, (_, i) => ["", "é", "\0", "z\u{10000}"][i % 4] + i.toString(36))
const id = fc.constantFrom(...ids)

const path = fc.constantFrom("a", "b", "n.c", "n")
const condition: fc.Arbitrary<Filter> = fc.oneof(
  fc
    .tuple(path, fc.constantFrom("eq", "ne", "gt", "gte", "lt", "lte"), leaf)
    .map(([p, o, v]) => field(p, o as "eq", v)),
  fc
    .tuple(path, fc.constantFrom("in", "nin"), fc.array(leaf, { maxLength: 3 }))
    .map(([p, o, v]) => field(p, o as "in", v)),
  fc.tuple(path, leaf, leaf).map(([p, low, high]) => field(p, "between", [low, high])),
  fc.tuple(path, fc.constantFrom("", "x", "l", long, `${long}a`)).map(([p, v]) => field(p, "startsWith", v)),
  fc.tuple(path, fc.boolean()).map(([p, v]) => field(p, "exists", v)),
  leaf.map((v) => field("tags", "has", v)),
  fc
    .tuple(fc.constantFrom("hasAny", "hasAll"), fc.array(leaf, { maxLength: 3 }))
    .map(([o, v]) => field("tags", o as "hasAny", v)),
  fc
    .tuple(fc.constantFrom("gt", "gte", "lt", "lte", "eq", "startsWith"), id)
    .map(([o, v]) => field("_id", o as "gt", v)),
)
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2 },
    { weight: 4, arbitrary: condition },
    {
      weight: 2,
      arbitrary: fc.array(tie("filter"), { maxLength: 3 }).map((filters): Filter => ({ kind: "and", filters })),
    },
    {
      weight: 1,
      arbitrary: fc.array(tie("filter"), { maxLength: 3 }).map((filters): Filter => ({ kind: "or", filters })),
    },
    { weight: 1, arbitrary: tie("filter").map((one): Filter => ({ kind: "not", filter: one })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(few, leaf)
        .map(([a, tag]): Filter => ({ kind: "or", filters: [field("a", "eq", a), field("tags", "has", tag)] })),
    },
  ),
}))
const order = fc.uniqueArray(fc.record({ path: fc.constantFrom("a", "b", "n.c", "_id"), descending: fc.boolean() }), {
  maxLength: 3,
  selector: ({ path: own }) => own,
})
const query: fc.Arbitrary<QuerySpec> = fc.record({
  collection: fc.constant(collection),
  filter,
  order,
  limit: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
})

type Documents = Map<string, string>
const wordOf = (write: readonly [string, Json | undefined]): WriteOp =>
  write[1] === undefined
    ? { op: "delete", collection, id: write[0] }
    : { op: "put", collection, id: write[0], text: JSON.stringify(write[1]) }

/** The query evaluated naively. */
function naive(spec: QuerySpec, documents: Documents) {
  const plan = planQuery(spec)
  return [...documents]
    .flatMap(([own, text]) => plan.match(own, text, () => JSON.parse(text)) ?? [])
    .sort(plan.ordering.compare)
    .slice(0, plan.limit)
    .map(({ id: own, text }) => ({ id: own, text }))
}

type Step =
  | { readonly do: "write"; readonly tab: number; readonly writes: readonly (readonly [string, Json | undefined])[] }
  | { readonly do: "query"; readonly tab: number; readonly spec: QuerySpec }
  | { readonly do: "declare"; readonly tab: number; readonly indexes: readonly number[] }
  | { readonly do: "compact" | "reopen"; readonly tab: number }
const tab = fc.nat(1)
const some = fc.uniqueArray(fc.nat(indexes.length - 1), { maxLength: 5 })
const writes = fc.array(fc.tuple(id, fc.option(document, { nil: undefined, freq: 6 })), { minLength: 1, maxLength: 12 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("write" as const), tab, writes }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant("query" as const), tab, spec: query }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("declare" as const), tab, indexes: some }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("compact" as const, "reopen" as const), tab }) },
)

/** How often queries were answered in each way: a run that reaches nothing proves nothing. */
const reached = new Map<string, number>()

async function runSteps(bench: Bench, first: readonly number[], steps: readonly Step[]) {
  const documents: Documents = new Map()
  const tabs: Engine[] = [await bench.open(), await bench.open()]
  const declare = (engine: Engine, which: readonly number[]) =>
    engine.declare({ [collection]: { fields: {}, indexes: which.map((i) => indexes[i]!) } })
  declare(tabs[0]!, first)
  for (const one of steps) {
    const engine = tabs[one.tab]!
    if (one.do === "write") {
      await engine.write(one.writes.map(wordOf))
      for (const [own, after] of one.writes) {
        if (after === undefined) documents.delete(own)
        else documents.set(own, JSON.stringify(after))
      }
      await bench.settle()
    } else if (one.do === "query") {
      const { documents: found, stats } = await engine.query(one.spec)
      expect(found).toEqual(naive(one.spec, documents))
      expect(stats.rowsReturned).toBe(found.length)
      const way =
        stats.index === undefined ? (stats.fullScan ? "scan" : "rows") : (/[&|]/.exec(stats.index)?.[0] ?? "index")
      reached.set(way, (reached.get(way) ?? 0) + 1)
    } else if (one.do === "declare") declare(engine, one.indexes)
    else if (one.do === "compact") await engine.compact()
    else {
      await engine.close()
      tabs[one.tab] = await bench.open()
    }
  }
  for (const each of tabs) {
    expect(await each.check({ deep: true })).toMatchObject({ ok: true, findings: [] })
    await each.close()
  }
}

test("a query gives what it gives without indexes, whatever they are and however it is answered", async () => {
  await fc.assert(
    fc.asyncProperty(some, fc.array(step, { minLength: 10, maxLength: 60, size: "max" }), async (first, steps) => {
      await runSteps(createBench({}), first, steps)
    }),
    { numRuns: Number(process.env["QUERY_RUNS"] ?? 40) },
  )
  for (const way of ["scan", "rows", "index", "&", "|"]) expect(reached.get(way) ?? 0, way).toBeGreaterThan(0)
}, 120_000)
