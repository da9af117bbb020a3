/** Transactions: all or nothing, run again, and over. */
import { FixpointError } from "fixpoint"
import { expect } from "vitest"
import { refusal, type Cases } from "./case.ts"

/** Transactions: all or nothing, run again, and over. */
export const transactions: Cases = {
  async "store all or nothing, as one commit, and see their own writes"(openTodos) {
    const db = openTodos()
    const { todos } = db.collections
    await todos.put({ _id: "a", title: "x", n: 1 })
    const before = (await db.stats()).commits
    const receipt = await db.transaction(async (tx) => {
      const a = await tx.collections.todos.get("a")
      void tx.collections.todos.patch("a", { n: (a?.n ?? 0) + 1 })
      await tx.collection("todos").putMany([{ _id: "b", title: "y", n: 5 }])
      await tx.collection("todos").delete("c")
      expect(
        (
          await tx.collections.todos
            .where({ n: { gt: 1 } })
            .orderBy("n")
            .all()
        ).map(({ _id }) => _id),
      ).toEqual(["a", "b"])
    })
    expect(receipt.ids).toEqual(["a", "b", "c"])
    expect((await db.stats()).commits - before).toBe(1)
    expect(await todos.where({}).all()).toMatchObject([
      { _id: "a", n: 2 },
      { _id: "b", n: 5 },
    ])
  },

  async "give what the callback gives"(openTodos) {
    expect(await openTodos().transaction(async () => 5)).toBe(5)
    expect(await openTodos().transaction(() => null)).toBeNull()
  },

  async "that fail leave nothing behind"(openTodos) {
    const db = openTodos()
    const { todos } = db.collections
    await todos.put({ _id: "a", title: "x" })
    const failure = new FixpointError("INVALID_ARGUMENT", "mine")
    await expect(
      db.transaction(async (tx) => {
        await tx.collections.todos.put({ _id: "b", title: "x" })
        throw failure
      }),
    ).rejects.toBe(failure)
    expect(
      await refusal(() => db.transaction((tx) => void tx.collections.todos.insert({ _id: "a", title: "y" }))),
    ).toBe("ALREADY_EXISTS")
    const bad = { _id: "b", title: Number.NaN as unknown as string }
    expect(await refusal(() => db.transaction((tx) => void tx.collections.todos.put(bad)))).toBe(
      "INVALID_DOCUMENT title",
    )
    expect(await todos.where({}).all()).toEqual([{ _id: "a", title: "x" }])
  },

  async "are run again when what they read has changed"(openTodos) {
    const db = openTodos()
    const { todos } = db.collections
    await todos.put({ _id: "a", title: "x", n: 0 })
    let runs = 0
    await Promise.all(
      Array.from({ length: 5 }, () =>
        db.transaction(async (tx) => {
          runs++
          const a = await tx.collections.todos.get("a")
          await tx.collections.todos.put({ _id: "a", title: "x", n: (a?.n ?? 0) + 1 })
        }),
      ),
    )
    expect((await todos.get("a"))?.n).toBe(5)
    expect(runs).toBeGreaterThan(5)
  },

  async "that always meet a change end with CONFLICT"(openTodos) {
    const db = openTodos()
    const { todos } = db.collections
    await todos.put({ _id: "a", title: "x", n: 0 })
    const losing = () =>
      db.transaction(async (tx) => {
        const a = await tx.collections.todos.get("a")
        await todos.increment("a", "n")
        await tx.collections.todos.put({ _id: "b", title: `${a?.n}` })
      })
    expect(await refusal(losing)).toBe("CONFLICT")
    expect(await todos.get("b")).toBeUndefined()
  },

  async "are over once they have ended"(openTodos) {
    const db = openTodos()
    const late = await db.transaction((tx) => tx.collections.todos)
    expect(await refusal(() => late.put({ title: "x" }))).toBe("CLOSED")
    expect(await refusal(() => late.get("a"))).toBe("CLOSED")
    expect(await refusal(() => db.transaction((tx) => tx.collections.todos.where({}).explain()))).toBe(
      "INVALID_ARGUMENT transaction",
    )
  },
}
