// A second opinion on what operators, orders and figures mean: an existing library for the query language of MongoDB, on data
// where that language and ours mean the same (fields are there, arrays are no scalars, strings are ASCII).
import { encodeDocument } from "@fixpoint/core/codec"
import fc from "fast-check"
import { Aggregator, Query } from "mingo"
import { expect, test } from "vitest"
import { specOf } from "../../packages/fixpoint/src/where.ts"
import { createBench } from "./bench.ts"

const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, -2.25, 1e12))
const text = fc.constantFrom("", "a", "ab", "b", "ba", "A", "0")
const tags = fc.uniqueArray(text, { maxLength: 3 })
const documents = fc
  .array(fc.record({ n: number, m: number, s: text, flag: fc.boolean(), tags, in: fc.record({ d: number }) }), {
    maxLength: 20,
  })
  .map((list) => list.map((document, i) => ({ _id: `${100 + i}`, ...document })))

/** A filter, as we write it and as that language does. */
interface Both {
  readonly ours: Record<string, unknown>
  readonly theirs: Record<string, unknown>
}

const both = (path: string, ours: unknown, theirs: unknown): Both => ({
  ours: { [path]: ours },
  theirs: { [path]: theirs },
})
const numeric = fc.constantFrom("n", "m", "in.d")
const comparison = fc
  .tuple(numeric, fc.constantFrom("eq", "ne", "gt", "gte", "lt", "lte"), number)
  .map(([path, name, value]) => both(path, { [name]: value }, { [`$${name}`]: value }))
const leaf: fc.Arbitrary<Both> = fc.oneof(
  comparison,
  fc.tuple(numeric, number, number).map(([path, a, b]) => both(path, { between: [a, b] }, { $gte: a, $lte: b })),
  fc.tuple(numeric, fc.array(number)).map(([path, list]) => both(path, { in: list }, { $in: list })),
  fc.array(text).map((list) => both("s", { nin: list }, { $nin: list })),
  fc
    .tuple(fc.constantFrom("gt", "lte"), text)
    .map(([name, value]) => both("s", { [name]: value }, { [`$${name}`]: value })),
  text.map((value) => both("s", { startsWith: value }, { $regex: `^${value}` })),
  text.map((value) => both("tags", { has: value }, { $in: [value] })),
  tags.map((list) => both("tags", { hasAny: list }, { $in: list })),
  tags.filter((list) => list.length > 0).map((list) => both("tags", { hasAll: list }, { $all: list })),
  fc.boolean().map((value) => both("flag", value, value)),
  fc.tuple(fc.constantFrom("n", "none"), fc.boolean()).map(([path, is]) => both(path, { exists: is }, { $exists: is })),
  fc.tuple(numeric, number).map(([path, value]) => both(path, { not: { gt: value } }, { $not: { $gt: value } })),
)
const filter: fc.Arbitrary<Both> = fc.letrec<{ any: Both }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthIdentifier: "filter" },
    leaf,
    ...(["and", "or"] as const).map((name) =>
      fc.array(tie("any"), { minLength: 1, maxLength: 3 }).map(
        (parts): Both => ({
          ours: { [name]: parts.map(({ ours }) => ours) },
          theirs: { [`$${name}`]: parts.map(({ theirs }) => theirs) },
        }),
      ),
    ),
  ),
})).any
const order = fc.uniqueArray(fc.tuple(fc.constantFrom("n", "s", "in.d"), fc.boolean()), {
  selector: ([path]) => path,
  maxLength: 2,
})
const figure = fc.constantFrom("sum" as const, "avg" as const, "min" as const, "max" as const)

test("filters, orders, limits and figures mean what they mean to mingo", async () => {
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.array(fc.tuple(filter, order, fc.option(fc.nat(5), { nil: undefined }), figure), {
        minLength: 5,
        maxLength: 20,
      }),
      async (list, queries) => {
        const engine = await createBench({}).open()
        await engine.write(
          list.map(({ _id, ...fields }) => ({
            op: "put",
            collection: "c",
            id: _id,
            text: encodeDocument(fields).text,
          })),
        )
        for (const [{ ours, theirs }, terms, limit, of] of queries) {
          const query = {
            collection: "c",
            where: [ours],
            order: terms.map(([path, down]) => (down ? `-${path}` : path)),
            limit: limit,
          }
          const sort = Object.fromEntries([...terms.map(([path, down]) => [path, down ? -1 : 1] as const), ["_id", 1]])
          const cursor = new Query(theirs).find<{ _id: string }>(list).sort(sort)
          // In that language a limit of 0 is none.
          const found = cursor
            .all()
            .slice(0, limit)
            .map(({ _id }) => _id)
          expect((await engine.query(specOf(query))).documents.map(({ id }) => id)).toEqual(found)
          const grouped = await engine.query(
            specOf({ ...query, limit: undefined, aggregate: { of, path: "in.d", by: "s" } }),
          )
          const groups = new Aggregator([
            { $match: theirs },
            { $group: { _id: "$s", figure: { [`$${of}`]: "$in.d" } } },
            { $sort: { _id: 1 } },
          ]).run(list)
          expect(
            grouped.documents.map(({ id, text: own }) => ({ _id: JSON.parse(id), figure: JSON.parse(own) })),
          ).toEqual(groups)
        }
        await engine.close()
      },
    ),
    { numRuns: 150 },
  )
}, 60_000)
