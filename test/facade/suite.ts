/**
 * The contract of the public interface, as one suite that runs wherever an engine can: in the caller's thread, and in a real
 * worker. Must not know which of them it is.
 */
import {
  type AnyDocument,
  collection,
  counter,
  type Database,
  type Definitions,
  FixpointError,
  isFixpointError,
  keys,
  set,
} from "fixpoint"
import type { Options } from "fixpoint"
import { afterEach, describe, expect, test } from "vitest"

/** Opens a database of a fresh name, or of the one given. */
export type Open = <const D extends Definitions = Record<never, never>>(
  options?: Options<D>,
  name?: string,
) => Database<D>

interface Todo {
  readonly _id?: string
  readonly title: string
  readonly done?: boolean
  readonly n?: number
  readonly tags?: readonly string[]
  readonly votes?: number
  readonly address?: { readonly city: string; readonly zip?: string }
}

/** What a promise rejects with, as code and path. */
export async function refusal(work: () => unknown): Promise<string> {
  try {
    await work()
    return "nothing"
  } catch (error) {
    if (!isFixpointError(error)) throw error
    const { path } = error.details
    return typeof path === "string" && path !== "" ? `${error.code} ${path}` : error.code
  }
}

/** Resolves with what `listen` is first called with for which `test` holds. */
function until<T>(listen: (told: (value: T) => void) => unknown, test: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => listen((value) => test(value) && resolve(value)))
}

const todos = () => ({ todos: collection<Todo>({ fields: { votes: counter(), tags: set() } }) })
const ids = (documents: readonly { readonly _id: string }[]) => documents.map(({ _id }) => _id).join("")

/** Declares the suite. */
export function describeFacade(open: Open): void {
  const opened: Database[] = []
  const openTodos = (options: Omit<Options, "collections"> = {}, name?: string) => {
    const db = open({ ...options, collections: todos() }, name)
    opened.push(db as unknown as Database)
    return db
  }
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close()
  })

  describe("writing", () => {
    test("a document comes back as it was given", async () => {
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
    })

    test("what a call was given may be changed at once", async () => {
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
    })

    test("an id that is made is 128 bits, and ascends", async () => {
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
    })

    test("undefined fields are dropped, and put makes the stored document equal to the one given", async () => {
      const { todos } = openTodos().collections
      await todos.put({ _id: "a", title: "x", n: 1 })
      await todos.put({ _id: "a", title: "y", done: undefined as unknown as boolean })
      expect(await todos.get("a")).toEqual({ _id: "a", title: "y" })
    })

    test("insert refuses an id that exists", async () => {
      const { todos } = openTodos().collections
      await todos.insert({ _id: "a", title: "x" })
      expect(await refusal(() => todos.insert({ _id: "a", title: "y" }))).toBe("ALREADY_EXISTS")
      expect((await todos.get("a"))?.title).toBe("x")
    })

    test("patch reaches leaves by dotted paths, and undefined takes them away", async () => {
      const { todos } = openTodos().collections
      await todos.put({ _id: "a", title: "x", n: 1, address: { city: "Riga", zip: "1" } })
      await todos.patch("a", { done: true, n: undefined, "address.zip": undefined })
      expect(await todos.get("a")).toEqual({ _id: "a", title: "x", done: true, address: { city: "Riga" } })
      expect(await refusal(() => todos.patch("b", { title: "y" }))).toBe("NOT_FOUND")
    })

    test("update reads, changes and writes, again when the document has changed", async () => {
      const { todos } = openTodos().collections
      await todos.put({ _id: "a", title: "x", n: 0 })
      await Promise.all(
        Array.from({ length: 8 }, () => todos.update("a", (todo) => ({ ...todo, n: (todo.n ?? 0) + 1 }))),
      )
      expect((await todos.get("a"))?.n).toBe(8)
      expect(await todos.update("none", () => ({ title: "y" }))).toBeUndefined()
      expect(await todos.update("a", () => undefined)).toBeUndefined()
      expect(await refusal(() => todos.update("a", (todo) => ({ ...todo, _id: "b" })))).toBe("INVALID_ARGUMENT _id")
    })

    test("counters add up, sets keep what was added", async () => {
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
    })

    test("delete is idempotent, deleteMany is one commit", async () => {
      const { todos } = openTodos().collections
      await todos.putMany(["a", "b", "c"].map((_id) => ({ _id, title: _id })))
      await todos.delete("a")
      await todos.delete("a")
      await todos.deleteMany(["b", "none"])
      expect(await todos.where({}).ids()).toEqual(["c"])
    })

    test("putMany is all or nothing", async () => {
      const { todos } = openTodos().collections
      const wrong = [
        { _id: "a", title: "x" },
        { _id: "b", title: Number.NaN as unknown as string },
      ]
      expect(await refusal(() => todos.putMany(wrong))).toBe("INVALID_DOCUMENT title")
      expect(await todos.where({}).count()).toBe(0)
      expect((await todos.putMany([])).ids).toEqual([])
    })

    test("a long putMany arrives whole", async () => {
      const { todos } = openTodos().collections
      const documents = Array.from({ length: 5_000 }, (_, n) => ({ _id: `${10_000 + n}`, title: "x".repeat(200), n }))
      const { ids } = await todos.putMany(documents)
      expect(ids.length).toBe(5_000)
      const stored = await todos.where({}).all()
      expect(stored.map(({ n }) => n)).toEqual(documents.map(({ n }) => n))
      const wrong = [...documents.slice(0, 4_000), { _id: "z", title: (() => 0) as unknown as string }]
      expect(await refusal(() => todos.putMany(wrong))).toBe("INVALID_DOCUMENT title")
      expect(await todos.where({}).count()).toBe(5_000)
    })

    test("one tick's writes are a handful of commits", async () => {
      const { collections, stats } = ((db) => ({ collections: db.collections, stats: () => db.stats() }))(openTodos())
      await Promise.all(Array.from({ length: 300 }, (_, n) => collections.todos.put({ title: "x", n })))
      expect((await stats()).commits).toBeLessThan(10)
      expect(await collections.todos.where({}).count()).toBe(300)
    })
  })

  describe("reading", () => {
    test("what is not there is undefined", async () => {
      const db = openTodos()
      await db.put({ _id: "a" })
      expect(await db.get("b")).toBeUndefined()
      expect(await db.getMany(["b", "a", "b"])).toEqual([undefined, { _id: "a" }, undefined])
      expect(await db.getMany([])).toEqual([])
    })

    test("reads of one tick each get their own", async () => {
      const db = openTodos()
      const { todos } = db.collections
      await todos.putMany(Array.from({ length: 100 }, (_, n) => ({ _id: `${n}`, title: "x", n })))
      const read = await Promise.all(
        Array.from({ length: 120 }, (_, n) => (n % 10 === 9 ? db.get(`${n}`) : todos.get(`${n}`))),
      )
      expect(read.map((one) => one?.["n" as keyof typeof one])).toEqual(
        Array.from({ length: 120 }, (_, n) => (n % 10 === 9 || n >= 100 ? undefined : n)),
      )
    })

    test("the database's own calls are those of the collection docs", async () => {
      const db = openTodos()
      await db.put({ _id: "a", n: 1 })
      expect(await db.collection("docs").get("a")).toEqual({ _id: "a", n: 1 })
      expect(await db.collection("others").get("a")).toBeUndefined()
      expect(await db.where({ n: 1 }).ids()).toEqual(["a"])
    })

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
      ["dates", { at: { lte: new Date(10) } }, "b"],
      ["bigints compare with numbers", { big: { gt: 6 } }, "d"],
      ["an array as a value", { tags: ["y"] }, "b"],
      ["an object as a value", { nested: { n: 0 } }, "c"],
      ["the id", { _id: { in: ["a", "e"] } }, "ae"],
      ["several fields", { n: { gt: 0 }, flag: true }, "b"],
      ["nothing", {}, "abcde"],
    ]
    test("every operator of where means what it says", async () => {
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
    })

    test("order, limit, first", async () => {
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
    })

    test("a query is immutable, serialisable, and can be run again", async () => {
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
    })

    test("explain says what it took", async () => {
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
    })

    test("the change feed goes on from its cursor, and tells of deletions", async () => {
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
    })
  })

  describe("live queries", () => {
    test("tell the result, then each change, and keep the identity of what did not change", async () => {
      const { todos } = openTodos().collections
      await todos.putMany([
        { _id: "a", title: "x", n: 1 },
        { _id: "b", title: "x", n: 2 },
      ])
      const steps: { docs: readonly Todo[]; told: string }[] = []
      let wake: () => void = () => undefined
      const stop = todos
        .where({ n: { gt: 0 } })
        .orderBy("n")
        .watch((docs, delta) => {
          const told = [delta.added, delta.changed, delta.removed].map(ids).join("/")
          steps.push({ docs, told: `${ids(docs)} ${told}` })
          wake()
        })
      const step = async (n: number) => {
        while (steps.length <= n) await new Promise<void>((resolve) => (wake = resolve))
        return steps[n] as (typeof steps)[number]
      }
      const first = await step(0)
      expect(first.told).toBe("ab ab//")
      await todos.put({ _id: "c", title: "x", n: 1.5 })
      const second = await step(1)
      expect(second.told).toBe("acb c//")
      expect(second.docs[0]).toBe(first.docs[0])
      expect(second.docs[2]).toBe(first.docs[1])
      await todos.patch("a", { n: 9 })
      const third = await step(2)
      expect(third.told).toBe("cba /a/")
      expect(third.docs[0]).toBe(second.docs[1])
      await todos.patch("b", { title: "y" })
      expect((await step(3)).told).toBe("cba /b/")
      await todos.delete("c")
      expect((await step(4)).told).toBe("ba //c")
      stop()
      await todos.put({ _id: "z", title: "unseen", n: 1 })
      expect(steps.length).toBe(5)
    })

    test("a limited result lets in what comes after", async () => {
      const { todos } = openTodos().collections
      await todos.putMany(["a", "b", "c"].map((_id) => ({ _id, title: _id })))
      const told: string[] = []
      const done = until<readonly { _id: string }[]>(
        (take) => todos.limit(2).watch((docs) => (told.push(ids(docs)), take(docs))),
        (docs) => ids(docs) === "bc",
      )
      await until(
        (take) => setTimeout(() => take(told.length), 0),
        () => true,
      )
      await todos.delete("a")
      await done
      expect(told.at(-1)).toBe("bc")
    })

    test("as an iterator of changes, until it is aborted", async () => {
      const { todos } = openTodos().collections
      await todos.put({ _id: "a", title: "x" })
      const ending = new AbortController()
      const seen: string[] = []
      const reading = (async () => {
        for await (const { added, removed } of todos.where({}).changes({ signal: ending.signal })) {
          seen.push(`${ids(added)}/${ids(removed)}`)
          if (seen.length === 1) await todos.put({ _id: "b", title: "x" })
          if (seen.length === 2) await todos.delete("a")
          if (seen.length === 3) ending.abort()
        }
      })()
      expect(await refusal(() => reading)).toBe("ABORTED")
      expect(seen).toEqual(["a/", "b/", "/a"])
      for await (const { added } of todos.where({}).changes()) {
        expect(ids(added)).toBe("b")
        break
      }
    })
  })

  describe("transactions", () => {
    test("store all or nothing, as one commit, and see their own writes", async () => {
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
    })

    test("give what the callback gives", async () => {
      expect(await openTodos().transaction(async () => 5)).toBe(5)
      expect(await openTodos().transaction(() => null)).toBeNull()
    })

    test("that fail leave nothing behind", async () => {
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
    })

    test("are run again when what they read has changed", async () => {
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
    })

    test("that always meet a change end with CONFLICT", async () => {
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
    })

    test("are over once they have ended", async () => {
      const db = openTodos()
      const late = await db.transaction((tx) => tx.collections.todos)
      expect(await refusal(() => late.put({ title: "x" }))).toBe("CLOSED")
      expect(await refusal(() => late.get("a"))).toBe("CLOSED")
      expect(await refusal(() => db.transaction((tx) => tx.collections.todos.where({}).count()))).toBe(
        "INVALID_ARGUMENT transaction",
      )
    })
  })

  describe("the life of a database", () => {
    test("its status tells where data is, and whose", async () => {
      const db = openTodos()
      const states: string[] = []
      db.on("status", ({ state }) => states.push(state))
      expect(db.status.state).toBe("opening")
      await db.ready()
      expect(db.status).toMatchObject({ state: "ready", error: undefined })
      expect(db.status.device).toMatch(/^[0-9a-v]{16}$/)
      await db.close()
      expect(db.status.state).toBe("closed")
      expect(states).toEqual(["ready", "closed"])
    })

    test("handles of one name and storage share a database; each is closed for itself", async () => {
      const name = crypto.randomUUID()
      const one = openTodos({}, name)
      const other = openTodos({}, name)
      await one.put({ _id: "a", n: 1 })
      expect(await other.get("a")).toEqual({ _id: "a", n: 1 })
      await one.close()
      await one.close()
      expect(await refusal(() => one.get("a"))).toBe("CLOSED")
      expect(await refusal(() => one.put({}))).toBe("CLOSED")
      expect(await refusal(() => one.transaction(() => 1))).toBe("CLOSED")
      expect(await refusal(() => one.where({}).watch(() => undefined))).toBe("CLOSED")
      expect(await other.get("a")).toEqual({ _id: "a", n: 1 })
      expect(other.status.state).toBe("ready")
    })

    test("close lets writes under way end, and what was written is there again", async () => {
      const name = crypto.randomUUID()
      const one = openTodos({}, name)
      const write = one.put({ _id: "a", n: 1 })
      await one.close()
      await write
      const again = openTodos({}, name)
      expect(await again.get("a")).toEqual({ _id: "a", n: 1 })
    })

    test("destroy removes data and keys, for every handle", async () => {
      const name = crypto.randomUUID()
      const one = openTodos({}, name)
      const other = openTodos({}, name)
      await one.put({ _id: "a" })
      await other.destroy()
      expect(await refusal(() => one.get("a"))).toBe("CLOSED")
      const again = openTodos({}, name)
      expect(await again.get("a")).toBeUndefined()
    })

    test("a wrong key has its code, and nothing is changed by it", async () => {
      const name = crypto.randomUUID()
      const right = keys.raw(new Uint8Array(32).fill(1))
      const db = openTodos({ keys: right }, name)
      await db.put({ _id: "a", n: 1 })
      const wrong = openTodos({ keys: keys.raw(new Uint8Array(32).fill(2)) }, name)
      expect(await refusal(() => wrong.ready())).toBe("KEY_WRONG")
      expect(wrong.status).toMatchObject({ state: "failed", error: { code: "KEY_WRONG" } })
      expect(await refusal(() => wrong.put({ _id: "a" }))).toBe("KEY_WRONG")
      await db.close()
      const missing = openTodos({}, name)
      expect(await refusal(() => missing.ready())).toBe("KEY_MISSING")
      await Promise.all([wrong.close(), missing.close()])
      const again = openTodos({ keys: right }, name)
      expect(await again.get("a")).toEqual({ _id: "a", n: 1 })
    })

    test("a passphrase is asked for", async () => {
      const name = crypto.randomUUID()
      const asked: string[] = []
      const secret = (said: string | undefined) =>
        keys.passphrase(async () => {
          asked.push(said ?? "nothing")
          return said
        })
      const db = openTodos({ keys: secret("horse") }, name)
      await db.put({ _id: "a" })
      await db.close()
      expect(await refusal(() => openTodos({ keys: secret("cow") }, name).ready())).toBe("KEY_WRONG")
      expect(await refusal(() => openTodos({ keys: secret(undefined) }, name).ready())).toBe("KEY_MISSING")
      expect(await openTodos({ keys: secret("horse") }, name).get("a")).toEqual({ _id: "a" })
      expect(asked).toEqual(["horse", "cow", "nothing", "horse"])
    })

    test("check, stats and compact", async () => {
      const db = openTodos()
      await db.putMany(Array.from({ length: 200 }, (_, n) => ({ n })))
      await db.compact()
      const stats = await db.stats()
      expect(stats).toMatchObject({ documents: 200, memtableRows: 0 })
      expect(stats.segments.length).toBe(1)
      expect(await db.check({ deep: true })).toMatchObject({
        ok: true,
        deep: true,
        findings: [],
        segments: 1,
        rows: 200,
      })
      expect(await db.where({}).count()).toBe(200)
    })

    test("metrics are told to those who ask", async () => {
      const db = openTodos()
      const metric = until<{ name: string; count: number }>(
        (take) => db.on("metric", take),
        ({ name }) => name === "commit",
      )
      await db.putMany([{}, {}])
      expect(await metric).toMatchObject({ name: "commit", count: 2 })
    })

    test("every waiting call ends when its signal says so", async () => {
      const db = openTodos()
      const signal = AbortSignal.abort()
      const calls = [
        () => db.ready({ signal }),
        () => db.put({}, { signal }),
        () => db.putMany([{}], { signal }),
        () => db.get("a", { signal }),
        () => db.getMany(["a"], { signal }),
        () => db.where({}).all({ signal }),
        () => db.where({}).count({ signal }),
        () => db.changes({ signal }),
        () => db.transaction(() => 1, { signal }),
        () => db.check({ signal }),
      ]
      expect(await Promise.all(calls.map(refusal))).toEqual(calls.map(() => "ABORTED"))
      db.where({}).watch(() => expect.unreachable(), { signal })
      const ending = new AbortController()
      const waiting = refusal(() => db.transaction(() => new Promise(() => undefined), { signal: ending.signal }))
      ending.abort()
      expect(await waiting).toBe("ABORTED")
      expect(await db.where({}).count()).toBe(0)
    })

    test("a handle can be disposed of", async () => {
      const db = openTodos()
      await db.ready()
      await db[Symbol.asyncDispose]()
      expect(db.status.state).toBe("closed")
    })
  })
}
