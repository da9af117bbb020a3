// What the types promise, held by the compiler: nothing here needs a database.
import { expectTypeOf, test } from "vitest"
import {
  type Collection,
  collection,
  counter,
  type Database,
  type Delta,
  fixpoint,
  type Receipt,
  type Stored,
} from "./index.ts"

interface Todo {
  readonly _id?: string
  readonly title: string
  readonly done: boolean
  readonly due?: Date
  readonly votes?: number
  readonly tags?: readonly string[]
  readonly owner?: { readonly name: string } | null
}

/** Never called. */
const typed = (db: Database<{ todos: ReturnType<typeof collection<Todo>> }>) => {
  const { todos } = db.collections
  return {
    todos,
    receipt: todos.put({ title: "x", done: false }),
    got: todos.get("a"),
    many: todos.getMany(["a"]),
    all: todos.where({ done: false }).all(),
    updated: todos.update("a", (todo) => ({ ...todo, done: true })),
    returned: db.transaction(async (tx) => (await tx.collections.todos.get("a"))?.title),
    committed: db.transaction((tx) => void tx.collection("todos").delete("a")),
    untyped: db.get("a"),
  }
}

test("documents have their types", () => {
  type T = ReturnType<typeof typed>
  expectTypeOf<T["todos"]>().toEqualTypeOf<Collection<Todo>>()
  expectTypeOf<Awaited<T["receipt"]>>().toEqualTypeOf<Receipt>()
  expectTypeOf<Awaited<T["got"]>>().toEqualTypeOf<Stored<Todo> | undefined>()
  expectTypeOf<NonNullable<Awaited<T["got"]>>["_id"]>().toEqualTypeOf<string>()
  expectTypeOf<Awaited<T["many"]>>().toEqualTypeOf<(Stored<Todo> | undefined)[]>()
  expectTypeOf<Awaited<T["all"]>>().toEqualTypeOf<Stored<Todo>[]>()
  expectTypeOf<Awaited<T["updated"]>>().toEqualTypeOf<Receipt | undefined>()
  expectTypeOf<Awaited<T["returned"]>>().toEqualTypeOf<string | Receipt>()
  expectTypeOf<Awaited<T["committed"]>>().toEqualTypeOf<Receipt>()
  expectTypeOf<NonNullable<Awaited<T["untyped"]>>["_id"]>().toEqualTypeOf<string>()
})

const misnamed = () => {
  // @ts-expect-error: there is no field of this name
  collection<Todo>({ fields: { vote: counter() } })
}

/** Never called: each line either compiles, or is expected not to. */
const calls = (todos: Collection<Todo>) => {
  void todos.put({ _id: "a", title: "x", done: true, due: new Date(0) })
  // @ts-expect-error: title is missing
  void todos.put({ done: true })
  // @ts-expect-error: done is a boolean
  void todos.put({ title: "x", done: "yes" })
  void todos.patch("a", { done: true, due: undefined, "owner.name": "Ann" })
  // @ts-expect-error: title is text
  void todos.patch("a", { title: 5 })
  void todos.increment("a", "votes", 2)
  void todos.add("a", "tags", "x")
  // @ts-expect-error: there is no field of this name
  void todos.increment("a", "vote")
  todos.where({ title: { startsWith: "m" }, votes: { gte: 1, lt: 9 }, tags: { has: "x" }, owner: null })
  todos.where({ or: [{ done: true }, { due: { lt: new Date(0) } }], "owner.name": { ne: "Ann" }, _id: { in: ["a"] } })
  // @ts-expect-error: votes is a number
  todos.where({ votes: { gt: "1" } })
  // @ts-expect-error: there is no operator of this name
  todos.where({ votes: { above: 1 } })
  todos.orderBy("-due", "_id", "owner.name").limit(5)
  // @ts-expect-error: there is no field of this name
  todos.orderBy("-dew")
  todos.where({}).watch((documents, delta) => {
    expectTypeOf(documents).toEqualTypeOf<readonly Stored<Todo>[]>()
    expectTypeOf(delta).toEqualTypeOf<Delta<Stored<Todo>>>()
  })
}

test("options have theirs", () => {
  expectTypeOf(calls).toBeFunction()
  expectTypeOf(misnamed).toBeFunction()
  expectTypeOf(fixpoint).toBeCallableWith("app", {
    collections: { todos: collection<Todo>({ fields: { votes: counter() } }) },
  })
})
