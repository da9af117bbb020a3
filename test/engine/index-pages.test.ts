// Pages: put together they are the result, whatever is sorted by and however it is found; a cursor holds its place while documents
// come, go and change around it; one of another query is refused.
import type { DocumentText, Engine, Filter, IndexSpec, Json, QuerySpec } from "@fixpoint/core"
import { isFixpointError } from "@fixpoint/core/errors"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { createBench } from "./bench.ts"

const collection = "things"
const part = (path: string) => ({ path: path.replace("-", ""), descending: path.startsWith("-"), multi: false })
const index = (name: string): IndexSpec => ({ name, parts: name.split(",").map(part), unique: false, where: undefined })
const field = (path: string, operator: "eq" | "gte" | "in", operand: Json): Filter => ({
  kind: "field",
  condition: { path, operator, operand },
})
const query = (filter: Filter, order: readonly string[], over: Partial<QuerySpec> = {}): QuerySpec => ({
  collection,
  filter,
  order: order.map((path) => ({ path: path.replace("-", ""), descending: path.startsWith("-") })),
  limit: undefined,
  ...over,
})
const all: Filter = { kind: "and", filters: [] }
const put = (engine: Engine, documents: Readonly<Record<string, object>>) =>
  engine.write(
    Object.entries(documents).map(([id, document]) => ({
      op: "put",
      collection,
      id,
      text: JSON.stringify(document),
    })),
  )

/** Shows in each document the one whose id stands in `a`, and those in whose `b` it stands. */
const others: QuerySpec["include"] = [
  { as: "a", query: query(all, []), via: "a", on: undefined, many: false },
  { as: "more", query: query(all, ["-_id"]), via: undefined, on: "b", many: true },
]

/** All pages of a query. */
async function pages(engine: Engine, spec: QuerySpec, size: number): Promise<(readonly DocumentText[])[]> {
  const found: (readonly DocumentText[])[] = []
  let after: string | undefined
  do {
    const { documents, next } = await engine.query({ ...spec, page: { size, after } })
    found.push(documents)
    after = next
  } while (after !== undefined)
  return found
}

const long = "long ".repeat(80)
const value = fc.constantFrom<Json | undefined>(undefined, null, 0, 1, 2, "x", "a", "b", `${long}a`, `${long}b`, {
  $: ["n", "1"],
})
const document = fc.record({ a: value, b: value })
const documents = fc.dictionary(
  fc.stringMatching(/^[a-zé]{1,2}$/),
  document.map((one) => JSON.parse(JSON.stringify(one)) as object),
  { minKeys: 5, maxKeys: 40, noNullPrototype: true },
)
const orders = [["a"], ["-a"], ["a", "b"], ["a", "-b"], ["-a", "-b"], ["b", "a"], ["_id"], ["-_id"], ["a", "-_id"], []]
const filters = [all, field("a", "eq", 1), field("a", "gte", 0), field("b", "in", [0, 1, "x"])]

describe("pages", () => {
  test("are the result, cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        documents,
        fc.record({
          order: fc.constantFrom(...orders),
          filter: fc.constantFrom(...filters),
          indexes: fc.constantFrom([], ["a"], ["-a"], ["a,b"], ["a,-b"], ["b,a"], ["b", "a"]),
          size: fc.integer({ min: 1, max: 7 }),
          limit: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
          include: fc.constantFrom(undefined, others),
        }),
        async (own, { order, filter, indexes, size, limit, include }) => {
          const bench = createBench({})
          const engine = await bench.open()
          engine.declare({ [collection]: { fields: {}, indexes: indexes.map(index) } })
          await put(engine, own)
          const spec = query(filter, order, { limit, include })
          const whole = (await engine.query(spec)).documents
          const found = await pages(engine, spec, size)
          expect(found.flat()).toEqual(whole)
          for (const page of found.slice(0, -1)) expect(page).toHaveLength(size)
          expect(found.length).toBe(Math.max(1, Math.ceil(whole.length / size)))
          await engine.close()
        },
      ),
      { numRuns: 120 },
    )
  }, 60_000)

  test("go on behind their place, whatever is written around it", async () => {
    const bench = createBench({})
    const engine = await bench.open()
    engine.declare({ [collection]: { fields: {}, indexes: [index("n")] } })
    await put(engine, Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((id, n) => [id, { n }])))
    const spec = query(all, ["n"])
    const first = await engine.query({ ...spec, page: { size: 3, after: undefined } })
    expect(first.documents.map(({ id }) => id)).toEqual(["a", "b", "c"])
    // Before the place: one comes, one goes, the last one given moves away. Behind it: one comes.
    await put(engine, { new: { n: -1 }, c: { n: 100 }, late: { n: 3.5 } })
    await engine.write([{ op: "delete", collection, id: "a" }])
    const second = await engine.query({ ...spec, page: { size: 10, after: first.next } })
    expect(second.documents.map(({ id }) => id)).toEqual(["d", "late", "e", "f", "c"])
    expect(second.next).toBeUndefined()
    // A cursor is immutable.
    const again = await engine.query({ ...spec, page: { size: 2, after: first.next } })
    expect(again.documents.map(({ id }) => id)).toEqual(["d", "late"])
    await engine.close()
  })

  test("read what they give: none of what was given before", async () => {
    const bench = createBench({})
    const engine = await bench.open()
    engine.declare({ [collection]: { fields: {}, indexes: [index("list,n"), index("flag")] } })
    await put(
      engine,
      Object.fromEntries(
        Array.from({ length: 2_000 }, (_, n) => [`d${n}`, { n: n % 1_000, list: n % 2, flag: n % 2 === 0 }]),
      ),
    )
    for (const spec of [query(field("list", "eq", 1), ["-n"]), query(all, ["flag"]), query(all, ["_id"])]) {
      let after: string | undefined
      for (let page = 0; page < 20; page++) {
        const { next, stats } = await engine.query({ ...spec, page: { size: 10, after } })
        expect(stats.rowsRead).toBeLessThanOrEqual(spec.order[0]?.path === "_id" ? 11 : 22)
        expect(stats.fullScan).toBe(false)
        after = next
      }
    }
    await engine.close()
  })

  test("are refused with a cursor of another query, or of none", async () => {
    const bench = createBench({})
    const engine = await bench.open()
    await put(engine, { a: { n: 1 }, b: { n: 2 } })
    const { next } = await engine.query({ ...query(all, ["n"]), page: { size: 1, after: undefined } })
    for (const [spec, after] of [
      [query(all, ["-n"]), next],
      [query(field("n", "gte", 0), ["n"]), next],
      [query(all, ["n"]), "fpq1"],
      [query(all, ["n"]), `${next?.slice(0, -4)}!!!!`],
      [query(all, ["n"]), `${next?.split(".").slice(0, 2).join(".")}.e30`],
    ] as const) {
      const refusal = await engine.query({ ...spec, page: { size: 1, after } }).catch((error: unknown) => error)
      expect(isFixpointError(refusal, "INVALID_ARGUMENT"), String(after)).toBe(true)
    }
    for (const size of [0, -1, 1.5]) {
      const refusal = await engine
        .query({ ...query(all, []), page: { size, after: undefined } })
        .catch((e: unknown) => e)
      expect(isFixpointError(refusal, "INVALID_ARGUMENT")).toBe(true)
    }
    await engine.close()
  })
})
