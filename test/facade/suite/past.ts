/** What documents were, as a page asks for it. */
import { expect } from "vitest"
import { type Cases, ids, refusal } from "./case.ts"

const history = { keep: "forever" } as const

export const past: Cases = {
  "the history of a document tells who changed what, newest first, with values as they are read": async (openTodos) => {
    const db = openTodos({ history })
    const { todos } = db.collections
    const made = await todos.put({ _id: "a", title: "milk", address: { city: "Riga" } })
    const added = await todos.add("a", "tags", "x")
    const gone = await todos.delete("a")
    const steps = await todos.history("a")
    expect(steps.map(({ stamp, exists }) => [stamp, exists])).toEqual([
      [gone.stamp, false],
      [added.stamp, true],
      [made.stamp, true],
    ])
    expect(steps[1]).toMatchObject({
      actor: db.status.device,
      at: expect.any(Date),
      changes: [{ path: "tags", before: undefined, after: ["x"] }],
    })
    expect(steps[2]?.changes).toEqual([
      { path: "address", before: undefined, after: { city: "Riga" } },
      { path: "title", before: undefined, after: "milk" },
    ])
    expect(await todos.history("a", { limit: 1, before: gone.stamp })).toEqual([steps[1]])
    expect(await todos.history("never")).toEqual([])
  },

  "asOf gives the document of a stamp or a time, restore writes it again": async (openTodos) => {
    const { todos } = openTodos({ history }).collections
    const before = new Date(Date.now() - 1000)
    const first = await todos.put({ _id: "a", title: "milk", n: 1 })
    const second = await todos.put({ _id: "a", title: "bread", n: 2 })
    expect(await todos.asOf("a", first.stamp)).toEqual({ _id: "a", title: "milk", n: 1 })
    expect(await todos.asOf("a", second.stamp)).toEqual({ _id: "a", title: "bread", n: 2 })
    expect(await todos.asOf("a", new Date(Date.now() + 60_000))).toEqual({ _id: "a", title: "bread", n: 2 })
    expect(await todos.asOf("a", before)).toBeUndefined()
    await todos.restore("a", first.stamp)
    expect(await todos.get("a")).toEqual({ _id: "a", title: "milk", n: 1 })
    await todos.restore("a", before)
    expect(await todos.get("a")).toBeUndefined()
  },

  "undelete brings a document back as it was last, once": async (openTodos) => {
    const { todos } = openTodos({ history }).collections
    await todos.put({ _id: "a", title: "milk", tags: ["x"] })
    await todos.increment("a", "votes", 2)
    expect(await todos.undelete("a")).toBeUndefined()
    await todos.delete("a")
    expect(await todos.undelete("a")).toMatchObject({ ids: ["a"] })
    expect(await todos.get("a")).toEqual({ _id: "a", title: "milk", tags: ["x"], votes: 2 })
    expect(await todos.undelete("a")).toBeUndefined()
    expect(await todos.undelete("never")).toBeUndefined()
  },

  "blame names the last writer of each field, without any history": async (openTodos) => {
    const { todos } = openTodos().collections
    const made = await todos.put({ _id: "a", title: "milk", address: { city: "Riga" } })
    const moved = await todos.patch("a", { "address.city": "Oslo" })
    const blame = await todos.blame("a")
    expect(Object.keys(blame).sort()).toEqual(["address.city", "title"])
    expect(blame["title"]).toMatchObject({ stamp: made.stamp, at: expect.any(Date) })
    expect(blame["address.city"]?.stamp).toBe(moved.stamp)
  },

  "a query over the past gives documents as they were, sorted, cut and selected": async (openTodos) => {
    const { todos } = openTodos({ history }).collections
    await todos.putMany(["a", "b", "c"].map((_id, n) => ({ _id, title: _id, n })))
    const { stamp } = await todos.patch("a", { n: 5 })
    await todos.delete("b")
    await todos.put({ _id: "d", title: "d", n: 9 })
    const query = todos
      .where({ n: { gte: 1 } })
      .orderBy("-n")
      .limit(2)
    expect(ids(await query.asOf(stamp))).toBe("ac")
    expect(ids(await query.all())).toBe("da")
    expect(await query.select("title").asOf(stamp)).toEqual([
      { _id: "a", title: "a" },
      { _id: "c", title: "c" },
    ])
  },

  "what is not kept is told as such": async (openTodos) => {
    const { todos } = openTodos().collections
    const first = await todos.put({ _id: "a", title: "milk" })
    const second = await todos.put({ _id: "a", title: "bread" })
    expect(await todos.history("a")).toEqual([])
    expect(await todos.asOf("a", second.stamp)).toEqual({ _id: "a", title: "bread" })
    expect(await refusal(() => todos.asOf("a", first.stamp))).toBe("HISTORY_GONE")
    expect(await refusal(() => todos.restore("a", first.stamp))).toBe("HISTORY_GONE")
    expect(await refusal(() => todos.where({}).asOf(first.stamp))).toBe("HISTORY_GONE")
    await todos.delete("a")
    expect(await todos.undelete("a")).toBeUndefined()
  },
}
