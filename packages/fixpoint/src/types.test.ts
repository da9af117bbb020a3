// What the types promise, held by the compiler: nothing here needs a database.
import { expectTypeOf, test } from "vitest"
import {
  type Attachment,
  type Author,
  type Collection,
  collection,
  counter,
  type Database,
  type Delta,
  fixpoint,
  type LostWrite,
  mv,
  type PastStep,
  type Receipt,
  type Stored,
} from "./index.ts"
import { type ListItem, listIn, type StoredList } from "./list-entry.ts"

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
    history: todos.history("a"),
    past: todos.asOf("a", new Date()),
    blame: todos.blame("a"),
    restored: todos.restore("a", "stamp"),
    undeleted: todos.undelete("a"),
    conflicts: todos.conflicts("a"),
    resolved: todos.resolve("a", { path: "title", isDocument: false, stamps: { winner: "", loser: "" } }, "loser"),
    were: todos.where({ done: false }).select("title").asOf("stamp"),
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
  expectTypeOf<Awaited<T["history"]>>().toEqualTypeOf<PastStep[]>()
  expectTypeOf<Awaited<T["past"]>>().toEqualTypeOf<Stored<Todo> | undefined>()
  expectTypeOf<Awaited<T["blame"]>[string]>().toEqualTypeOf<Author>()
  expectTypeOf<Awaited<T["restored"]>>().toEqualTypeOf<Receipt>()
  expectTypeOf<Awaited<T["undeleted"]>>().toEqualTypeOf<Receipt | undefined>()
  expectTypeOf<Awaited<T["conflicts"]>>().toEqualTypeOf<LostWrite[]>()
  expectTypeOf<Awaited<T["resolved"]>>().toEqualTypeOf<Receipt | undefined>()
  expectTypeOf<Awaited<T["were"]>[number]["title"]>().toEqualTypeOf<string>()
})

const misnamed = () => {
  // @ts-expect-error: history is kept for no such time
  collection<Todo>({ history: { keep: "7d" } })
  // @ts-expect-error: a moment is no number
  void ({} as Collection<Todo>).asOf("a", 5)
  // @ts-expect-error: a transaction has no past
  void ({} as Database).transaction((tx) => tx.collection("todos").history("a"))
  // @ts-expect-error: a transaction decides no conflicts
  void ({} as Database).transaction((tx) => tx.collection("todos").conflicts("a"))
  // @ts-expect-error: there is no third choice
  void ({} as Collection<Todo>).resolve("a", {} as LostWrite, "both")
  collection<Todo>({ fields: { tags: mv(), title: mv() } })
  // @ts-expect-error: there is no field of this name
  collection<Todo>({ fields: { tag: mv() } })
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

interface Article {
  readonly _id?: string
  readonly title: string
  readonly price?: number
  readonly big: bigint
  readonly at: Date
  readonly tags?: readonly string[]
  readonly author: { readonly name: string; readonly address?: { readonly city: string; readonly zip: number | null } }
}

const forms = (articles: Collection<Article>, open: Collection) => {
  const query = articles.where({ "author.address.zip": { gte: 5 }, "author.name": { startsWith: "A" } })
  // @ts-expect-error: there is no field at this path
  articles.where({ "author.nme": "Ann" })
  // @ts-expect-error: the city is text
  articles.where({ "author.address.city": 5 })
  // @ts-expect-error: nothing is below a text
  articles.where({ "title.length": 5 })
  // @ts-expect-error: nor does a nested condition say more
  articles.where({ and: [{ or: [{ "author.nme": "Ann" }] }] })
  // @ts-expect-error: tags are texts
  articles.where({ tags: { has: 5 } })
  articles.where({ "author.address.zip": null, price: { not: { between: [1, 2] } } })
  articles.orderBy("-author.address.city", "at")
  // @ts-expect-error: there is no field at this path
  articles.orderBy("author.address.street")
  void articles.patch("a", { "author.address.city": "Riga", price: undefined })
  // @ts-expect-error: the city is text
  void articles.patch("a", { "author.address.city": 5 })
  // @ts-expect-error: there is no field at this path
  query.select("author.nme")
  // @ts-expect-error: there is no field at this path
  query.sum("prise")
  // @ts-expect-error: only arrays have elements
  query.groupBy("title[]")
  open.where({ "any.thing": 1, other: { gt: 2 } }).orderBy("-what.ever", "_id")
  return {
    some: query.select("title", "author.address.city").all(),
    ids: query.ids(),
    count: query.count(),
    sum: query.sum("price"),
    big: query.sum("big"),
    avg: query.avg("author.address.zip"),
    first: query.min("at"),
    byTag: query.groupBy("tags[]").count(),
    byCity: query.groupBy("author.address.city").max("at"),
    byId: query.groupBy("_id").sum("big"),
    openSum: open.where().sum("anything"),
    openBy: open.where().groupBy("x.y").count(),
  }
}

test("paths, projections and figures have theirs", () => {
  type T = ReturnType<typeof forms>
  type Some = Awaited<T["some"]>[number]
  expectTypeOf<Some["_id"]>().toEqualTypeOf<string>()
  expectTypeOf<Some["title"]>().toEqualTypeOf<string>()
  expectTypeOf<NonNullable<Some["author"]["address"]>["city"]>().toEqualTypeOf<string>()
  expectTypeOf<Some>().not.toHaveProperty("price")
  expectTypeOf<NonNullable<Some["author"]["address"]>>().not.toHaveProperty("zip")
  expectTypeOf<Awaited<T["ids"]>>().toEqualTypeOf<string[]>()
  expectTypeOf<Awaited<T["count"]>>().toEqualTypeOf<number>()
  expectTypeOf<Awaited<T["sum"]>>().toEqualTypeOf<number>()
  expectTypeOf<Awaited<T["big"]>>().toEqualTypeOf<bigint>()
  expectTypeOf<Awaited<T["avg"]>>().toEqualTypeOf<number | undefined>()
  expectTypeOf<Awaited<T["first"]>>().toEqualTypeOf<Date | undefined>()
  expectTypeOf<Awaited<T["byTag"]>>().toEqualTypeOf<Map<string, number>>()
  expectTypeOf<Awaited<T["byCity"]>>().toEqualTypeOf<Map<string | undefined, Date>>()
  expectTypeOf<Awaited<T["byId"]>>().toEqualTypeOf<Map<string, bigint>>()
  expectTypeOf<Awaited<T["openSum"]>>().toEqualTypeOf<number>()
  expectTypeOf<Awaited<T["openBy"]>>().toEqualTypeOf<Map<unknown, number>>()
  expectTypeOf<Parameters<T["byTag"]["watch"]>[0]>().toEqualTypeOf<(figure: Map<string, number>) => void>()
})

interface Comment {
  readonly _id?: string
  readonly article: string
  readonly text: string
  readonly by?: string
  readonly likedBy: readonly string[]
}

const joins = (articles: Collection<Article>, comments: Collection<Comment>, users: Collection<Todo>) => {
  // @ts-expect-error: there is no field at this path
  comments.where().include({ article: { from: articles, via: "artikel" } })
  // @ts-expect-error: neither a collection nor a query
  comments.where().include({ article: 5 })
  return {
    one: comments
      .where()
      .include({ article: articles, by: users, likedBy: users.where({ done: true }).select("title") }),
    many: articles.where().include({
      comments: { from: comments.orderBy("text").limit(3), on: "article" },
      latest: { from: comments, on: "article", many: false },
    }),
  }
}

test("documents with others in them have theirs", () => {
  type T = ReturnType<typeof joins>
  type One = Awaited<ReturnType<T["one"]["all"]>>[number]
  type Many = Awaited<ReturnType<T["many"]["all"]>>[number]
  expectTypeOf<One["article"]>().toEqualTypeOf<Stored<Article> | undefined>()
  expectTypeOf<One["text"]>().toEqualTypeOf<string>()
  expectTypeOf<One["likedBy"][number]["title"]>().toEqualTypeOf<string>()
  expectTypeOf<One["likedBy"][number]>().not.toHaveProperty("done")
  expectTypeOf<Many["comments"]>().toEqualTypeOf<Stored<Comment>[]>()
  expectTypeOf<Many["latest"]>().toEqualTypeOf<Stored<Comment> | undefined>()
  expectTypeOf<Many["title"]>().toEqualTypeOf<string>()
})

interface Page {
  readonly _id?: string
  readonly title: string
  readonly photo?: Attachment
  readonly steps?: StoredList<{ readonly text: string }>
}

const enclosing = (pages: Collection<Page>, file: File, stream: ReadableStream<Uint8Array>) => {
  // @ts-expect-error: no file belongs here
  void pages.put({ title: file })
  // @ts-expect-error: a name is no file
  void pages.patch("a", { photo: "me.jpg" })
  // @ts-expect-error: this field is no list
  listIn(pages, "a", "title")
  return {
    put: pages.put({ title: "t", photo: file }),
    patched: pages.patch("a", { photo: new Blob([]) }),
    streamed: pages.insert({ title: "t", photo: stream }),
    got: pages.get("a"),
    again: pages.update("a", (page) => page),
    items: listIn(pages, "a", "steps").items(),
  }
}

test("files are given as what they come from, and read as attachments; lists know their items", () => {
  type T = ReturnType<typeof enclosing>
  expectTypeOf(enclosing).toBeFunction()
  expectTypeOf<NonNullable<Awaited<T["got"]>>["photo"]>().toEqualTypeOf<Attachment | undefined>()
  expectTypeOf<Awaited<T["streamed"]>>().toEqualTypeOf<Receipt>()
  expectTypeOf<Awaited<T["items"]>>().toEqualTypeOf<ListItem<{ readonly text: string }>[]>()
})

test("options have theirs", () => {
  expectTypeOf(calls).toBeFunction()
  expectTypeOf(misnamed).toBeFunction()
  expectTypeOf(fixpoint).toBeCallableWith("app", {
    collections: { todos: collection<Todo>({ fields: { votes: counter() } }) },
  })
})
