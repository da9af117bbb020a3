/** Undo and redo, as a page uses them. */
import { expect } from "vitest"
import { type Cases, refusal } from "./case.ts"

export const undo: Cases = {
  "undo goes back through what was written since, and redo forth": async (openTodos) => {
    const db = openTodos()
    const { todos } = db.collections
    await todos.put({ _id: "a", title: "milk" })
    const undo = db.undo()
    await todos.patch("a", { done: true })
    await todos.increment("a", "votes", 3)
    await todos.put({ _id: "b", title: "bread" })
    expect(await undo.state()).toEqual({ undo: 3, redo: 0 })
    expect(await undo.undo()).toEqual({ documents: 1, kept: 0 })
    expect(await todos.get("b")).toBeUndefined()
    await undo.undo()
    await undo.undo()
    expect(await todos.get("a")).toEqual({ _id: "a", title: "milk" })
    expect(await undo.undo()).toBeUndefined()
    for (let i = 0; i < 3; i++) await undo.redo()
    expect(await undo.redo()).toBeUndefined()
    expect(await todos.orderBy("_id").all()).toEqual([
      { _id: "a", title: "milk", done: true, votes: 3 },
      { _id: "b", title: "bread" },
    ])
  },

  "a transaction is one step, and so is a putMany; writes of a time are when they are grouped": async (openTodos) => {
    const db = openTodos()
    const { todos } = db.collections
    const undo = db.undo()
    const grouped = db.undo({ groupMs: 600_000 })
    await todos.putMany([
      { _id: "a", title: "milk" },
      { _id: "b", title: "bread" },
    ])
    await db.transaction((tx) => {
      void tx.collections.todos.patch("a", { n: 1 })
      void tx.collections.todos.delete("b")
    })
    expect(await undo.undo()).toEqual({ documents: 2, kept: 0 })
    expect(await todos.orderBy("_id").all()).toEqual([
      { _id: "a", title: "milk" },
      { _id: "b", title: "bread" },
    ])
    expect(await undo.redo()).toEqual({ documents: 2, kept: 0 })
    expect(await grouped.state()).toEqual({ undo: 1, redo: 0 })
  },

  "a new write ends what could be done again; clear and close forget": async (openTodos) => {
    const db = openTodos()
    const { todos } = db.collections
    const undo = db.undo()
    await todos.put({ _id: "a", title: "milk" })
    await undo.undo()
    await todos.put({ _id: "b", title: "bread" })
    expect(await undo.redo()).toBeUndefined()
    await undo.clear()
    expect(await undo.undo()).toBeUndefined()
    await undo.close()
    expect(await refusal(() => undo.undo())).toBe("CLOSED")
    expect(await refusal(() => db.undo({ groupMs: -1 }))).toBe("INVALID_ARGUMENT groupMs")
  },

  "the writes of the turn of undo() belong to it": async (openTodos) => {
    const db = openTodos()
    const undo = db.undo()
    const written = db.collections.todos.put({ _id: "a", title: "milk" })
    await written
    expect(await undo.undo()).toEqual({ documents: 1, kept: 0 })
  },

  "a live query shows what undo changes": async (openTodos) => {
    const db = openTodos()
    const { todos } = db.collections
    const undo = db.undo()
    await todos.put({ _id: "a", title: "milk" })
    const seen: number[] = []
    const stop = todos.where({}).watch((documents) => void seen.push(documents.length))
    await undo.undo()
    await undo.redo()
    stop()
    expect(seen.slice(-2)).toEqual([0, 1])
  },
}
