/** Writes: what is stored of what was given, and how. */
import { expect } from "vitest"
import { type Cases, refusal } from "./case.ts"

/** Writes: what is stored of what was given, and how. */
export const writing: Cases = {
  async "a document comes back as it was given"(openTodos) {
    const db = openTodos()
    const document = {
      _id: "a",
      n: 1,
      at: new Date(5),
      bytes: new Uint8Array([1, 2]),
      big: 12n,
      list: [1, { $: "x", $y: null }],
    }
    const receipt = await db.put(document)
    expect(receipt.ids).toEqual(["a"])
    expect(receipt.stamp).toMatch(/^\S+$/)
    expect(await db.get("a")).toEqual(document)
    expect(Object.keys((await db.get("a")) ?? {})[0]).toBe("_id")
  },

  async "what a call was given may be changed at once"(openTodos) {
    const db = openTodos()
    const document = { _id: "a", list: [{ n: 1 }], bytes: new Uint8Array([1]) }
    const first = db.put(document)
    Object.assign(document, { _id: "b" })
    document.list.push({ n: 2 })
    document.bytes[0] = 2
    await first
    const second = db.put(document)
    document.list.pop()
    await second
    expect(await db.where({}).all()).toEqual([
      { _id: "a", list: [{ n: 1 }], bytes: new Uint8Array([1]) },
      { _id: "b", list: [{ n: 1 }, { n: 2 }], bytes: new Uint8Array([2]) },
    ])
  },

  async "an id that is made is 128 bits, and ascends"(openTodos) {
    const { todos } = openTodos().collections
    const { ids } = await todos.putMany(Array.from({ length: 50 }, (_, n) => ({ title: "t", n })))
    const later = await todos.put({ title: "later" })
    const all = [...ids, ...later.ids]
    expect(all.filter((id) => !/^[0-9a-v]{26}$/.test(id))).toEqual([])
    expect([...all].sort()).toEqual(all)
    expect((await todos.where({}).all()).map(({ n }) => n)).toEqual([
      ...Array.from({ length: 50 }, (_, n) => n),
      undefined,
    ])
  },

  async "undefined fields are dropped, and put makes the stored document equal to the one given"(openTodos) {
    const { todos } = openTodos().collections
    await todos.put({ _id: "a", title: "x", n: 1 })
    await todos.put({ _id: "a", title: "y", done: undefined as unknown as boolean })
    expect(await todos.get("a")).toEqual({ _id: "a", title: "y" })
  },

  async "insert refuses an id that exists"(openTodos) {
    const { todos } = openTodos().collections
    await todos.insert({ _id: "a", title: "x" })
    expect(await refusal(() => todos.insert({ _id: "a", title: "y" }))).toBe("ALREADY_EXISTS")
    expect((await todos.get("a"))?.title).toBe("x")
  },

  async "patch reaches leaves by dotted paths, and undefined takes them away"(openTodos) {
    const { todos } = openTodos().collections
    await todos.put({ _id: "a", title: "x", n: 1, address: { city: "Riga", zip: "1" } })
    await todos.patch("a", { done: true, n: undefined, "address.zip": undefined })
    expect(await todos.get("a")).toEqual({ _id: "a", title: "x", done: true, address: { city: "Riga" } })
    expect(await refusal(() => todos.patch("b", { title: "y" }))).toBe("NOT_FOUND")
  },

  async "update reads, changes and writes, again when the document has changed"(openTodos) {
    const { todos } = openTodos().collections
    await todos.put({ _id: "a", title: "x", n: 0 })
    await Promise.all(Array.from({ length: 8 }, () => todos.update("a", (todo) => ({ ...todo, n: (todo.n ?? 0) + 1 }))))
    expect((await todos.get("a"))?.n).toBe(8)
    expect(await todos.update("none", () => ({ title: "y" }))).toBeUndefined()
    expect(await todos.update("a", () => undefined)).toBeUndefined()
    expect(await refusal(() => todos.update("a", (todo) => ({ ...todo, _id: "b" })))).toBe("INVALID_ARGUMENT _id")
  },

  async "counters add up, sets keep what was added"(openTodos) {
    const { todos } = openTodos().collections
    await todos.put({ _id: "a", title: "x" })
    await Promise.all([
      todos.increment("a", "votes"),
      todos.increment("a", "votes", 4),
      todos.increment("a", "votes", -2),
    ])
    await Promise.all([todos.add("a", "tags", "x"), todos.add("a", "tags", "y"), todos.add("a", "tags", "x")])
    await todos.remove("a", "tags", "x")
    expect(await todos.get("a")).toEqual({ _id: "a", title: "x", votes: 3, tags: ["y"] })
  },

  async "delete is idempotent, deleteMany is one commit"(openTodos) {
    const { todos } = openTodos().collections
    await todos.putMany(["a", "b", "c"].map((_id) => ({ _id, title: _id })))
    await todos.delete("a")
    await todos.delete("a")
    await todos.deleteMany(["b", "none"])
    expect(await todos.where({}).ids()).toEqual(["c"])
  },

  async "putMany is all or nothing"(openTodos) {
    const { todos } = openTodos().collections
    const wrong = [
      { _id: "a", title: "x" },
      { _id: "b", title: Number.NaN as unknown as string },
    ]
    expect(await refusal(() => todos.putMany(wrong))).toBe("INVALID_DOCUMENT title")
    expect(await todos.where({}).count()).toBe(0)
    expect((await todos.putMany([])).ids).toEqual([])
  },

  async "a long putMany arrives whole"(openTodos) {
    const { todos } = openTodos().collections
    const documents = Array.from({ length: 5_000 }, (_, n) => ({ _id: `${10_000 + n}`, title: "x".repeat(200), n }))
    const { ids } = await todos.putMany(documents)
    expect(ids.length).toBe(5_000)
    const stored = await todos.where({}).all()
    expect(stored.map(({ n }) => n)).toEqual(documents.map(({ n }) => n))
    const wrong = [...documents.slice(0, 4_000), { _id: "z", title: (() => 0) as unknown as string }]
    expect(await refusal(() => todos.putMany(wrong))).toBe("INVALID_DOCUMENT title")
    expect(await todos.where({}).count()).toBe(5_000)
  },

  async "one tick's writes are a handful of commits"(openTodos) {
    const { collections, stats } = ((db) => ({ collections: db.collections, stats: () => db.stats() }))(openTodos())
    await Promise.all(Array.from({ length: 300 }, (_, n) => collections.todos.put({ title: "x", n })))
    expect((await stats()).commits).toBeLessThan(10)
    expect(await collections.todos.where({}).count()).toBe(300)
  },
}
