/** What queries give beside documents: figures, groups, projections; at once and live. */
import { expect } from "vitest"
import { type Cases, refusal, until } from "./case.ts"

const documents = [
  { _id: "a", kind: "x", n: 1, tags: ["p", "q"], at: new Date(5), nested: { deep: 1, other: 2 } },
  { _id: "b", kind: "x", n: 0.1, tags: ["p", "p"], big: 5n },
  { _id: "c", kind: "y", n: 0.2, tags: [], big: 2n ** 70n },
  { _id: "d", kind: null, n: null, tags: "p" },
  { _id: "e", n: "text", at: new Date(3) },
]

/** What queries give beside documents. */
export const queryForms: Cases = {
  async "figures of all documents"(openTodos) {
    const db = openTodos()
    expect(
      await Promise.all([db.where().count(), db.where().sum("n"), db.where().avg("n"), db.where().min("n")]),
    ).toEqual([0, 0, undefined, undefined])
    await db.putMany(documents)
    const all = db.where()
    expect(await all.count()).toBe(5)
    expect(await all.sum("n")).toBe(1.3)
    expect(await all.avg("n")).toBe(1.3 / 3)
    expect(await all.min("n")).toBe(0.1)
    expect(await all.max("n")).toBe("text")
    expect(await all.min("at")).toEqual(new Date(3))
    expect(await all.sum("big")).toBe(2n ** 70n + 5n)
    expect(await all.sum("nested.deep")).toBe(1)
    expect(await all.max("missing")).toBeUndefined()
    expect(await db.where({ kind: "x" }).sum("n")).toBe(1.1)
    expect(await db.orderBy("_id").limit(2).sum("n")).toBe(1.1)
    expect(await db.orderBy("-_id").limit(3).min("n")).toBe(0.2)
    expect(await db.limit(0).sum("n")).toBe(0)
    expect(await db.limit(2).count()).toBe(2)
    expect(await db.where({ kind: null }).count()).toBe(1)
    expect(await all.count().finally(() => undefined)).toBe(5)
    expect(await all.sum("").catch(() => "refused")).toBe("refused")
  },

  async "figures of groups, in the order of their keys"(openTodos) {
    const db = openTodos()
    await db.putMany(documents)
    expect([...(await db.where().groupBy("kind").count())]).toEqual([
      [undefined, 1],
      [null, 1],
      ["x", 2],
      ["y", 1],
    ])
    expect([...(await db.where().groupBy("tags[]").count())]).toEqual([
      ["p", 2],
      ["q", 1],
    ])
    expect([...(await db.where().groupBy("kind").sum("n"))]).toEqual([
      [undefined, 0],
      [null, 0],
      ["x", 1.1],
      ["y", 0.2],
    ])
    expect([...(await db.where().groupBy("kind").avg("n"))]).toEqual([
      ["x", 1.1 / 2],
      ["y", 0.2],
    ])
    expect([...(await db.where().groupBy("at").max("_id"))]).toEqual([
      [undefined, "d"],
      [new Date(3), "e"],
      [new Date(5), "a"],
    ])
    expect([
      ...(await db
        .where({ n: { gt: 99 } })
        .groupBy("kind")
        .count()),
    ]).toEqual([])
    expect((await db.where().groupBy("_id").min("big")).get("b")).toBe(5n)
  },

  async "some fields of documents, where they stand in them"(openTodos) {
    const db = openTodos()
    await db.putMany(documents)
    expect(await db.where({ kind: "x" }).select("n", "nested.deep").all()).toEqual([
      { _id: "a", n: 1, nested: { deep: 1 } },
      { _id: "b", n: 0.1 },
    ])
    expect(await db.where().select("nested", "nested.deep", "_id").first()).toEqual({
      _id: "a",
      nested: { deep: 1, other: 2 },
    })
    expect(await db.orderBy("-n").select("at").limit(1).all()).toEqual([{ _id: "e", at: new Date(3) }])
    expect(await db.where().select().all()).toEqual(documents.map(({ _id }) => ({ _id })))
  },

  async "see the writes of their transaction"(openTodos) {
    const db = openTodos()
    await db.putMany(documents)
    await db.transaction(async (tx) => {
      const docs = tx.collection("docs")
      await docs.put({ _id: "f", kind: "y", n: 9 })
      await docs.delete("a")
      expect(await docs.where().count()).toBe(5)
      expect(await docs.where().max("_id")).toBe("f")
      expect((await docs.where().groupBy("kind").sum("n")).get("y")).toBe(9.2)
      expect(await docs.where({ kind: "y" }).select("n").all()).toEqual([
        { _id: "c", n: 0.2 },
        { _id: "f", n: 9 },
      ])
    })
  },

  async "figures are kept true"(openTodos) {
    const db = openTodos()
    await db.putMany(documents)
    const groups = db.where().groupBy("kind")
    const followed = <R>(figure: { watch(watcher: (value: R) => void): () => void }) => {
      const values: R[] = []
      const waiting = { look: (_: R) => undefined as void }
      const stop = figure.watch((value) => {
        values.push(value)
        waiting.look(value)
      })
      const reaches = async (test: (value: R) => boolean) =>
        values.some(test) ? undefined : await until<R>((take) => (waiting.look = take), test)
      return { values, stop, reaches }
    }
    const count = followed(db.where({ kind: "x" }).count())
    const counts = followed(groups.count())
    const least = followed(db.where().min("n"))
    const sum = followed(db.orderBy("_id").limit(2).sum("n"))
    await Promise.all([
      count.reaches((n) => n === 2),
      counts.reaches((map) => map.size === 4),
      least.reaches(() => true),
    ])
    await sum.reaches((n) => n === 1.1)
    await db.patch("c", { kind: "x", n: 0.05 })
    await Promise.all([
      count.reaches((n) => n === 3),
      counts.reaches((map) => !map.has("y")),
      least.reaches((n) => n === 0.05),
    ])
    await db.delete("a")
    await sum.reaches((n) => n === 0.1 + 0.05)
    await db.patch("b", { big: 6n })
    for (const { stop } of [count, counts, least, sum]) stop()
    expect(count.values).toEqual([2, 3, 2])
    expect(counts.values.map((map) => map.get("x"))).toEqual([2, 3, 2])
    expect(least.values).toEqual([0.1, 0.05])
  },

  async "a change of a field that is not selected is none"(openTodos) {
    const db = openTodos()
    await db.putMany(documents)
    const told: (readonly object[])[] = []
    const waiting = { look: (_: number) => undefined as void }
    db.where({ kind: "x" })
      .select("n")
      .watch((rows) => waiting.look(told.push(rows)))
    const reaches = (count: number) =>
      until<number>(
        (take) => {
          waiting.look = take
          take(told.length)
        },
        (length) => length === count,
      )
    await reaches(1)
    await db.patch("a", { nested: 5 })
    await db.patch("a", { n: 7 })
    await reaches(2)
    expect(told.at(-1)).toEqual([
      { _id: "a", n: 7 },
      { _id: "b", n: 0.1 },
    ])
    expect(told[1]?.[1]).toBe(told[0]?.[1])
  },

  async "others are shown in documents, and followed"(openTodos) {
    const db = openTodos()
    const users = db.collection("users")
    const posts = db.collection("posts")
    await users.putMany([
      { _id: "u1", name: "Ann", secret: 1 },
      { _id: "u2", name: "Bo" },
    ])
    await posts.putMany([
      { _id: "p1", author: "u1", readers: ["u2", "nobody", "u1"] },
      { _id: "p2", author: "nobody" },
    ])
    const named = users.where().select("name")
    expect(await posts.where().include({ author: users, readers: named }).all()).toEqual([
      {
        _id: "p1",
        author: { _id: "u1", name: "Ann", secret: 1 },
        readers: [
          { _id: "u2", name: "Bo" },
          { _id: "u1", name: "Ann" },
        ],
      },
      { _id: "p2" },
    ])
    const { docs, next } = await posts.where().include({ author: named }).page({ size: 1 })
    expect(docs).toEqual([{ _id: "p1", author: { _id: "u1", name: "Ann" }, readers: ["u2", "nobody", "u1"] }])
    const second = await posts.where().include({ author: named }).page({ size: 1, after: next })
    expect(second).toEqual({ docs: [{ _id: "p2" }], next: undefined })
    const byUser = users.orderBy("-_id").include({
      posts: { from: posts.orderBy("-_id").select("author"), on: "author" },
      first: { from: posts, on: "author", many: false },
    })
    expect(await byUser.select("name").limit(1).all()).toEqual([{ _id: "u2", name: "Bo", posts: [] }])
    const seen = { rows: [] as readonly unknown[], look: (_: readonly unknown[]) => undefined as void }
    const stop = byUser.watch((rows) => {
      seen.rows = rows
      seen.look(rows)
    })
    const shows = (expected: unknown) =>
      until<readonly unknown[]>(
        (take) => {
          seen.look = take
          take(seen.rows)
        },
        (rows) => JSON.stringify(rows.map((row) => (row as { posts: unknown }).posts)) === JSON.stringify(expected),
      )
    const one = { _id: "p1", author: "u1" }
    await shows([[], [one]])
    const untouched = seen.rows[0]
    await posts.patch("p2", { author: "u1" })
    await shows([[], [{ _id: "p2", author: "u1" }, one]])
    expect(seen.rows[0]).toBe(untouched)
    await posts.delete("p1")
    await db.transaction(async (tx) => {
      await tx.collection("posts").put({ _id: "p3", author: "u3" })
      await tx.collection("users").put({ _id: "u3", name: "Cy" })
      expect(await tx.collection("posts").where({ _id: "p3" }).include({ author: named }).all()).toEqual([
        { _id: "p3", author: { _id: "u3", name: "Cy" } },
      ])
    })
    await shows([[{ _id: "p3", author: "u3" }], [], [{ _id: "p2", author: "u1" }]])
    stop()
  },

  async "what cannot be asked for is refused"(openTodos) {
    const db = openTodos()
    const wrong = 5 as never
    expect(await refusal(() => db.where().select(wrong).all())).toBe("INVALID_ARGUMENT select")
    expect(await refusal(() => db.where().sum(wrong))).toBe("INVALID_ARGUMENT sum")
    expect(await refusal(() => db.where().groupBy(wrong).count())).toBe("INVALID_ARGUMENT groupBy")
    for (const given of [
      wrong,
      undefined,
      {},
      { from: 5 },
      { from: db, via: "a", on: "b" },
      { from: db, many: true },
      db.where().count(),
    ])
      expect(
        await refusal(() =>
          db
            .where()
            .include({ x: given as never })
            .all(),
        ),
      ).toBe("INVALID_ARGUMENT include.x")
    expect(
      await refusal(() =>
        db
          .where()
          .include({ x: db.where().include({ y: db }) })
          .all(),
      ),
    ).toBe("INVALID_ARGUMENT include.x")
    expect(
      await refusal(() =>
        db
          .where()
          .include({ x: { from: db, via: wrong } })
          .all(),
      ),
    ).toBe("INVALID_ARGUMENT via")
    expect(await refusal(() => db.where().select("a..__proto__").all())).toBe("KEY_FORBIDDEN a..__proto__")
  },
}
