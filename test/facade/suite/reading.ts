/** Reads: documents by id, queries, the change feed. */
import { type AnyDocument } from "fixpoint"
import { expect } from "vitest"
import { ids, refusal, type Cases } from "./case.ts"

const documents = [
  { _id: "a", n: 1, s: "ab", tags: ["x", "y"], flag: false },
  { _id: "b", n: 2, s: "b", tags: ["y"], flag: true, at: new Date(10) },
  { _id: "c", n: 3, s: "", tags: [], nested: { n: 0 } },
  { _id: "d", n: null, s: "abc", big: 7n },
  { _id: "e" },
]
const conditions: readonly (readonly [string, object, string])[] = [
  ["bare value", { n: 1 }, "a"],
  ["null is a value", { n: null }, "d"],
  ["false is a value", { flag: false }, "a"],
  ["an empty string is a value", { s: "" }, "c"],
  ["zero, in a path", { "nested.n": 0 }, "c"],
  ["eq", { n: { eq: 2 } }, "b"],
  ["ne, which holds where the field is missing", { n: { ne: 2 } }, "acde"],
  ["gt", { n: { gt: 1 } }, "bc"],
  ["gte", { n: { gte: 2 } }, "bc"],
  ["lt", { n: { lt: 2 } }, "a"],
  ["lte", { n: { lte: 2 } }, "ab"],
  ["two operators", { n: { gt: 1, lt: 3 } }, "b"],
  ["in", { n: { in: [1, null] } }, "ad"],
  ["nin", { n: { nin: [1, null] } }, "bce"],
  ["between", { n: { between: [2, 3] } }, "bc"],
  ["startsWith", { s: { startsWith: "ab" } }, "ad"],
  ["has", { tags: { has: "y" } }, "ab"],
  ["hasAny", { tags: { hasAny: ["x", "z"] } }, "a"],
  ["hasAll", { tags: { hasAll: ["x", "y"] } }, "a"],
  ["exists", { n: { exists: true } }, "abcd"],
  ["exists: false", { n: { exists: false } }, "e"],
  ["not", { n: { not: { gte: 2 } } }, "ade"],
  ["not of a bare value", { n: { not: 1 } }, "bcde"],
  ["and", { and: [{ n: { gt: 0 } }, { s: { startsWith: "b" } }] }, "b"],
  ["or", { or: [{ n: 1 }, { s: "" }] }, "ac"],
  ["or of nothing", { or: [] }, ""],
  ["not of a filter", { not: { n: { gte: 2 }, s: { startsWith: "b" } } }, "acde"],
  ["not of or", { not: { or: [{ n: 1 }, { s: "" }] } }, "bde"],
  ["dates", { at: { lte: new Date(10) } }, "b"],
  ["bigints compare with numbers", { big: { gt: 6 } }, "d"],
  ["an array as a value", { tags: ["y"] }, "b"],
  ["an object as a value", { nested: { n: 0 } }, "c"],
  ["the id", { _id: { in: ["a", "e"] } }, "ae"],
  ["several fields", { n: { gt: 0 }, flag: true }, "b"],
  ["nothing", {}, "abcde"],
]

/** Reads: documents by id, queries, the change feed. */
export const reading: Cases = {
  async "what is not there is undefined"(openTodos) {
    const db = openTodos()
    await db.put({ _id: "a" })
    expect(await db.get("b")).toBeUndefined()
    expect(await db.getMany(["b", "a", "b"])).toEqual([undefined, { _id: "a" }, undefined])
    expect(await db.getMany([])).toEqual([])
  },

  async "reads of one tick each get their own"(openTodos) {
    const db = openTodos()
    const { todos } = db.collections
    await todos.putMany(Array.from({ length: 100 }, (_, n) => ({ _id: `${n}`, title: "x", n })))
    const read = await Promise.all(
      Array.from({ length: 120 }, (_, n) => (n % 10 === 9 ? db.get(`${n}`) : todos.get(`${n}`))),
    )
    expect(read.map((one) => one?.["n" as keyof typeof one])).toEqual(
      Array.from({ length: 120 }, (_, n) => (n % 10 === 9 || n >= 100 ? undefined : n)),
    )
  },

  async "the database's own calls are those of the collection docs"(openTodos) {
    const db = openTodos()
    await db.put({ _id: "a", n: 1 })
    expect(await db.collection("docs").get("a")).toEqual({ _id: "a", n: 1 })
    expect(await db.collection("others").get("a")).toBeUndefined()
    expect(await db.where({ n: 1 }).ids()).toEqual(["a"])
  },

  async "every operator of where means what it says"(openTodos) {
    const db = openTodos()
    await db.putMany(documents)
    const found = conditions.map(async ([what, where]) => {
      const [all, count] = await Promise.all([
        db.where(where as AnyDocument).all(),
        db.where(where as AnyDocument).count(),
      ])
      return `${what}: ${ids(all)} ${count}`
    })
    expect(await Promise.all(found)).toEqual(conditions.map(([what, , all]) => `${what}: ${all} ${all.length}`))
  },

  async "order, limit, first"(openTodos) {
    const db = openTodos()
    await db.putMany(documents)
    expect(ids(await db.orderBy("n").all())).toBe("edabc")
    expect(ids(await db.orderBy("-n").all())).toBe("cbade")
    expect(ids(await db.orderBy("flag", "-_id").all())).toBe("edcab")
    expect(ids(await db.orderBy("flag").orderBy("-_id").all())).toBe("edcab")
    expect(
      ids(
        await db
          .where({ n: { gt: 0 } })
          .orderBy("-n")
          .limit(2)
          .all(),
      ),
    ).toBe("cb")
    expect(await db.limit(0).all()).toEqual([])
    expect(await db.limit(0).count()).toBe(0)
    expect(await db.limit(0).first()).toBeUndefined()
    expect((await db.orderBy("-n").first())?._id).toBe("c")
    expect(await db.where({ n: 99 }).first()).toBeUndefined()
    expect(await db.orderBy("-n").limit(2).ids()).toEqual(["c", "b"])
  },

  async "a query is immutable, serialisable, and can be run again"(openTodos) {
    const db = openTodos()
    await db.putMany(documents)
    const all = db.where({ n: { gt: 0 } })
    const few = all.limit(1)
    expect([await all.count(), await few.count(), await all.count()]).toEqual([3, 1, 3])
    expect(JSON.parse(JSON.stringify(few))).toEqual({
      collection: "docs",
      where: [{ n: { gt: 0 } }],
      order: [],
      limit: 1,
    })
    expect(ids(await all.where({ n: { lt: 3 } }).all())).toBe("ab")
  },

  async "explain says what it took"(openTodos) {
    const db = openTodos()
    await db.putMany(documents)
    const { rowsRead, rowsReturned, fullScan, index, ms } = await db.where({ n: { gt: 0 } }).explain()
    expect({ rowsRead, rowsReturned, fullScan, index }).toEqual({
      rowsRead: 5,
      rowsReturned: 3,
      fullScan: true,
      index: undefined,
    })
    expect(ms).toBeGreaterThanOrEqual(0)
  },

  async "the change feed goes on from its cursor, and tells of deletions"(openTodos) {
    const { todos } = openTodos().collections
    await todos.putMany([
      { _id: "a", title: "x" },
      { _id: "b", title: "x" },
    ])
    const first = await todos.changes()
    expect(first.changes.map(({ _id, doc }) => [_id, doc?.title])).toEqual([
      ["a", "x"],
      ["b", "x"],
    ])
    await todos.put({ _id: "a", title: "y" })
    await todos.delete("b")
    const next = await todos.changes({ since: first.cursor })
    expect(next.changes.map(({ _id, doc }) => [_id, doc?.title])).toEqual([
      ["a", "y"],
      ["b", undefined],
    ])
    expect((await todos.changes({ since: next.cursor })).changes).toEqual([])
    expect((await todos.changes({ since: first.cursor })).changes.length).toBe(2)
    expect(await refusal(() => todos.changes({ since: "nonsense" }))).toBe("INVALID_ARGUMENT since")
  },
}
