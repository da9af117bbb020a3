/** Searches for words and for vectors. */
import { collection, type NearHit, type SearchHit } from "fixpoint"
import { expect } from "vitest"
import { type Cases, ids, refusal, type Todo } from "./case.ts"

const [oneZero, almost, zeroOne] = [
  [1, 0],
  [0.9, 0.1],
  [0, 1],
] as const

/** Searches for words and for vectors. */
export const searching: Cases = {
  async "words are found in the fields that are searched, best first, with their places"(openTodos) {
    const { todos } = openTodos().collections
    await todos.putMany([
      { _id: "a", title: "Buy milk", tags: ["shop"] },
      { _id: "b", title: "Milk the cows, then milk the goats" },
      { _id: "c", title: "Sleep", tags: ["milky way"] },
    ])
    const hits = await todos.search("MILK", { prefix: false })
    expect(ids(hits.map(({ doc }) => doc))).toBe("ba")
    expect(hits[1]?.places).toEqual([{ path: "title", start: 4, end: 8 }])
    const typed = await todos.search("mil")
    expect(
      ids(typed.map(({ doc }) => doc))
        .split("")
        .sort()
        .join(""),
    ).toBe("abc")
    expect(await todos.search("milk", { prefix: false, where: { tags: { has: "shop" } } })).toMatchObject([
      { doc: { _id: "a" } },
    ])
    expect(ids((await todos.search("cows sleep", { match: "any" })).map(({ doc }) => doc))).toHaveLength(2)
    expect(await todos.search("cows sleep")).toEqual([])
    await todos.patch("a", { title: "Buy bread" })
    expect(await todos.search("buy milk")).toEqual([])
  },

  async "the nearest vectors are found, nearest first"(openTodos) {
    const { todos } = openTodos().collections
    await todos.putMany([
      { _id: "x", title: "x", meaning: oneZero },
      { _id: "y", title: "y", meaning: zeroOne },
      { _id: "z", title: "z" },
    ])
    const hits = await todos.nearest("meaning", new Float32Array(almost))
    expect(ids(hits.map(({ doc }) => doc))).toBe("xy")
    expect(await todos.nearest("meaning", almost, { limit: 1 })).toHaveLength(1)
  },

  async "a search is watched: a hit that stays the same stays the object that it was, and so does the document of one that only scores otherwise"(
    openTodos,
  ) {
    const { todos } = openTodos().collections
    await todos.putMany([
      { _id: "a", title: "milk" },
      { _id: "b", title: "milk and bread and butter" },
    ])
    const told: (readonly SearchHit<Todo>[])[] = []
    const stop = todos.search("milk").watch((hits) => void told.push(hits))
    const until = (count: number) => expect.poll(() => told.length).toBeGreaterThanOrEqual(count)
    await until(1)
    expect(ids(told[0]?.map(({ doc }) => doc) ?? [])).toBe("ab")
    await todos.put({ _id: "c", title: "milk milk milk" })
    await expect.poll(() => told.at(-1)?.length).toBe(3)
    const docOf = (hits: readonly SearchHit<Todo>[] | undefined, id: string) =>
      hits?.find(({ doc }) => doc._id === id)?.doc
    expect(docOf(told.at(-1), "b")).toBe(docOf(told[0], "b"))
    expect(told.at(-1)).toEqual(await todos.search("milk"))
    await todos.delete("c")
    await todos.patch("a", { title: "bread" })
    await expect.poll(() => ids(told.at(-1)?.map(({ doc }) => doc) ?? [])).toBe("b")
    stop()
    const near: (readonly NearHit<Todo>[])[] = []
    const controller = new AbortController()
    const { signal } = controller
    todos.nearest("meaning", new Float32Array(almost)).watch((hits) => void near.push(hits), { signal })
    await todos.put({ _id: "x", title: "x", meaning: oneZero })
    await expect.poll(() => near.at(-1)?.length).toBe(1)
    controller.abort()
  },

  async "what a search and a figure take is explained"(openTodos) {
    const { todos } = openTodos().collections
    await todos.putMany([
      { _id: "a", title: "milk" },
      { _id: "b", title: "bread" },
    ])
    const stats = await todos.search("milk").explain()
    expect(stats).toMatchObject({ rowsReturned: 1 })
    expect(stats.rowsRead).toBeGreaterThan(0)
    expect((await todos.nearest("meaning", oneZero).explain()).rowsReturned).toBe(0)
    expect(await todos.where({ title: "milk" }).count().explain()).toMatchObject({ rowsReturned: 1 })
  },

  async "a search that cannot be watched tells why"(openTodos) {
    const { todos } = openTodos().collections
    const errors: unknown[] = []
    todos.nearest("meaning", [1]).watch(() => undefined, { onError: (error) => void errors.push(error) })
    await expect.poll(() => errors).toMatchObject([{ code: "INVALID_ARGUMENT" }])
  },

  async "what cannot be searched is refused with its path"(openTodos) {
    const { todos } = openTodos().collections
    const wrong = (value: unknown) => value as never
    expect(await refusal(() => todos.search(wrong(5)))).toBe("INVALID_ARGUMENT text")
    expect(await refusal(() => todos.search("x", { limit: -1 }))).toBe("INVALID_ARGUMENT limit")
    expect(await refusal(() => todos.search("x", { match: wrong("most") }))).toBe("INVALID_ARGUMENT match")
    expect(await refusal(() => todos.nearest("meaning", [1]))).toBe("INVALID_ARGUMENT vector")
    expect(await refusal(() => todos.nearest("title", oneZero))).toBe("INVALID_ARGUMENT title")
    expect(await refusal(() => collection<Todo>({ search: wrong("title") }))).toBe("INVALID_ARGUMENT search")
    expect(await todos.search("anything")).toEqual([])
  },
}
