// Everything that must be refused, with its code and path, and that the database works on after each refusal.
import { type AnyDocument, collection, counter, type Database, fixpoint, keys, type Options } from "fixpoint"
import { afterAll, beforeAll, expect, test } from "vitest"
import { refusal } from "./suite/case.ts"

const open: { db?: Database } = {}
beforeAll(async () => {
  open.db = fixpoint(crypto.randomUUID())
  await open.db.put({ _id: "witness", n: 1 })
})
afterAll(() => open.db?.destroy())

/** The database, after the refusal: what was there is there, nothing else is, and it takes writes. */
async function worksOn(db: Database): Promise<void> {
  expect(await db.where({}).all()).toEqual([{ _id: "witness", n: 1 }])
  await db.put({ _id: "more" })
  await db.delete("more")
}

const cycle: Record<string, unknown> = { list: [] }
;(cycle["list"] as unknown[]).push({ cycle })
class Point {
  readonly x = 1
}
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })
const accessor = Object.defineProperty({}, "x", { get: () => 1, enumerable: true })
const withSymbol = { [Symbol("s")]: 1 }
const sparse: unknown[] = []
sparse[1] = 1

const values: readonly (readonly [string, unknown, string])[] = [
  ["NaN", Number.NaN, "INVALID_DOCUMENT a.b"],
  ["Infinity", Number.POSITIVE_INFINITY, "INVALID_DOCUMENT a.b"],
  ["-Infinity", Number.NEGATIVE_INFINITY, "INVALID_DOCUMENT a.b"],
  ["a function", () => 1, "INVALID_DOCUMENT a.b"],
  ["a symbol", Symbol("x"), "INVALID_DOCUMENT a.b"],
  ["a class instance", new Point(), "INVALID_DOCUMENT a.b"],
  ["a Map", new Map(), "INVALID_DOCUMENT a.b"],
  ["a RegExp", /x/, "INVALID_DOCUMENT a.b"],
  ["an Error", new Error("x"), "INVALID_DOCUMENT a.b"],
  ["a promise", Promise.resolve(1), "INVALID_DOCUMENT a.b"],
  ["an invalid Date", new Date(Number.NaN), "INVALID_DOCUMENT a.b"],
  ["another typed array", new Float64Array(1), "INVALID_DOCUMENT a.b"],
  ["half of a surrogate pair", "x\ud800", "INVALID_DOCUMENT a.b"],
  ["a field with half of a surrogate pair in its name", { "\udc00": 1 }, "INVALID_DOCUMENT a.b.\udc00"],
  ["an accessor", accessor, "INVALID_DOCUMENT a.b.x"],
  ["a symbol as a key", withSymbol, "INVALID_DOCUMENT a.b"],
  ["undefined in an array", [1, undefined], "INVALID_DOCUMENT a.b.1"],
  ["a hole in an array", sparse, "INVALID_DOCUMENT a.b.0"],
  ["__proto__", JSON.parse('{"x":{"__proto__":1}}'), "INVALID_DOCUMENT a.b.x.__proto__"],
  ["constructor", { constructor: 1 }, "INVALID_DOCUMENT a.b.constructor"],
  ["prototype", [{ prototype: 1 }], "INVALID_DOCUMENT a.b.0.prototype"],
  ["a key with a dot, in the path", { "x.y": Number.NaN }, "INVALID_DOCUMENT a.b.x\\.y"],
  ["a key of more than 1 KiB", { ["k".repeat(1025)]: 1 }, `LIMIT_SIZE a.b.${"k".repeat(1025)}`],
  ["a key of more than 1 KiB of UTF-8", { ["ä".repeat(513)]: 1 }, `LIMIT_SIZE a.b.${"ä".repeat(513)}`],
]

test.each(values)("a document with %s is refused", async (_, value, code) => {
  const db = open.db as Database
  const document = { _id: "x", a: { b: value } }
  expect(await refusal(() => db.put(document))).toBe(code)
  expect(await refusal(() => db.insert(document))).toBe(code)
  expect(await refusal(() => db.putMany([{ _id: "y" }, document]))).toBe(code)
  expect(await refusal(() => db.patch("witness", { "a.b": value }))).toBe(code)
  expect(await refusal(() => db.update("witness", () => document))).toBe(code)
  expect(await refusal(() => db.transaction((tx) => void tx.collection("docs").put(document)))).toBe(code)
  expect(await refusal(() => db.where({ "a.b": { eq: value } }).all())).toBe("INVALID_ARGUMENT a.b")
  await worksOn(db)
})

const documents: readonly (readonly [string, unknown, string])[] = [
  ["null", null, "INVALID_DOCUMENT"],
  ["undefined", undefined, "INVALID_DOCUMENT"],
  ["text", "x", "INVALID_DOCUMENT"],
  ["an array", [], "INVALID_DOCUMENT"],
  ["a class instance", new Point(), "INVALID_DOCUMENT"],
  ["itself inside", cycle, "INVALID_DOCUMENT list.0.cycle"],
  ["nested deeper than 32", nested(33), `LIMIT_DEPTH ${Array(32).fill("a").join(".")}`],
  ["more than 1 MiB", { text: "x".repeat(1024 * 1024) }, "LIMIT_SIZE"],
  ["more than 1 MiB of UTF-8", { text: "ä".repeat(512 * 1024) }, "LIMIT_SIZE"],
  ["an id that is a number", { _id: 0 }, "INVALID_DOCUMENT _id"],
  ["an id that is empty", { _id: "" }, "INVALID_DOCUMENT _id"],
  ["an id that is null", { _id: null }, "INVALID_DOCUMENT _id"],
  ["an id of more than 512 bytes", { _id: "i".repeat(513) }, "LIMIT_SIZE _id"],
  ["an id of half a surrogate pair", { _id: "\ud800" }, "INVALID_DOCUMENT _id"],
]

test.each(documents)("a document that is %s is refused", async (_, document, code) => {
  const db = open.db as Database
  expect(await refusal(() => db.put(document as AnyDocument))).toBe(code)
  expect(await refusal(() => db.putMany([{}, document as AnyDocument]))).toBe(code)
  await worksOn(db)
})

test("what is just within the limits is stored", async () => {
  const db = fixpoint(crypto.randomUUID())
  const text = "x".repeat(1024 * 1024 - '{"text":""}'.length)
  const documents = [
    { _id: "size", text },
    { _id: "depth", a: nested(30) },
    { _id: "i".repeat(512), ["k".repeat(1024)]: 1 },
  ]
  await db.putMany(documents)
  expect(await db.getMany(documents.map(({ _id }) => _id))).toEqual(documents)
  await db.destroy()
})

test("a transaction of more than 100,000 writes is refused", async () => {
  const db = open.db as Database
  const many = Array.from({ length: 100_001 }, (_, n) => `${n}`)
  expect(await refusal(() => db.deleteMany(many))).toBe("LIMIT_SIZE ops")
  const half = many.slice(0, 50_001)
  const twice = () =>
    db.transaction(async (tx) => {
      await tx.collection("docs").deleteMany(half)
      await tx.collection("docs").deleteMany(half)
    })
  expect(await refusal(twice)).toBe("LIMIT_SIZE ops")
  await worksOn(db)
})

/** What describes a bucket, as far as its form goes. */
const bucket = { name: "bucket", description: { kind: "http", settings: {} } }

type Call = (db: Database) => unknown
const wrong = undefined as never
const lostOne = { path: "n", isDocument: false, stamps: { winner: "x", loser: "x" } }
const calls: readonly (readonly [string, Call, string])[] = [
  ["get without an id", (db) => db.get(wrong), "INVALID_DOCUMENT _id"],
  ["get of a long id", (db) => db.get("i".repeat(513)), "LIMIT_SIZE _id"],
  ["getMany of no list", (db) => db.getMany(wrong), "INVALID_ARGUMENT ids"],
  ["getMany of a text", (db) => db.getMany("abc"), "INVALID_ARGUMENT ids"],
  ["putMany of no list", (db) => db.putMany(wrong), "INVALID_ARGUMENT documents"],
  ["delete of a number", (db) => db.delete(5 as never), "INVALID_DOCUMENT _id"],
  ["patch of nothing", (db) => db.patch("witness", wrong), "INVALID_ARGUMENT patch"],
  ["patch of an empty path", (db) => db.patch("witness", { "": 1 }), "INVALID_ARGUMENT"],
  ["patch of the id", (db) => db.patch("witness", { _id: "x" } as never), "INVALID_ARGUMENT _id"],
  ["patch of __proto__", (db) => db.patch("witness", { "a.__proto__": 1 }), "KEY_FORBIDDEN a.__proto__"],
  ["increment by NaN", (db) => db.increment("witness", "n", Number.NaN), "INVALID_ARGUMENT by"],
  ["increment by a bigint", (db) => db.increment("witness", "n", 1n as never), "INVALID_ARGUMENT by"],
  ["increment of no path", (db) => db.increment("witness", wrong), "INVALID_ARGUMENT undefined"],
  ["add of a function", (db) => db.add("witness", "n", () => 1), "INVALID_DOCUMENT element"],
  ["update without a function", (db) => db.update("witness", wrong), "INVALID_ARGUMENT update"],
  ["a durability of another name", (db) => db.put({}, { durability: "sure" as never }), "INVALID_ARGUMENT durability"],
  ["a transaction of no function", (db) => db.transaction(wrong), "INVALID_ARGUMENT transaction"],
  ["where of a text", (db) => db.where("x" as never).all(), "INVALID_ARGUMENT where"],
  ["where of null", (db) => db.where(null as never).all(), "INVALID_ARGUMENT where"],
  ["where of undefined", (db) => db.where({ n: undefined }).all(), "INVALID_ARGUMENT n"],
  ["and of no list", (db) => db.where({ and: {} } as never).all(), "INVALID_ARGUMENT and"],
  ["exists of a number", (db) => db.where({ n: { exists: 1 } } as never).all(), "INVALID_ARGUMENT n"],
  ["in of no list", (db) => db.where({ n: { in: 5 } } as never).all(), "INVALID_ARGUMENT"],
  ["between of one", (db) => db.where({ n: { between: [1] } } as never).all(), "INVALID_ARGUMENT"],
  ["startsWith of a number", (db) => db.where({ n: { startsWith: 1 } } as never).all(), "INVALID_ARGUMENT"],
  ["a forbidden path", (db) => db.where({ "a.constructor": 1 }).all(), "KEY_FORBIDDEN a.constructor"],
  ["orderBy of a number", (db) => db.orderBy(5 as never).all(), "INVALID_ARGUMENT orderBy"],
  ["limit of a fraction", (db) => db.limit(1.5).all(), "INVALID_ARGUMENT limit"],
  ["limit of less than nothing", (db) => db.limit(-1).all(), "INVALID_ARGUMENT limit"],
  ["limit of a text", (db) => db.limit("5" as never).all(), "INVALID_ARGUMENT limit"],
  ["watch of no function", (db) => db.where({}).watch(wrong), "INVALID_ARGUMENT watch"],
  ["changes since a number", (db) => db.changes({ since: 5 as never }), "INVALID_ARGUMENT since"],
  ["history of no id", (db) => db.history(wrong), "INVALID_DOCUMENT _id"],
  ["history of no steps", (db) => db.history("a", { limit: 0 }), "INVALID_ARGUMENT limit"],
  ["history of too many steps", (db) => db.history("a", { limit: 1001 }), "INVALID_ARGUMENT limit"],
  ["history before no stamp", (db) => db.history("a", { before: "x" }), "INVALID_ARGUMENT before"],
  ["asOf of no moment", (db) => db.asOf("a", wrong), "INVALID_ARGUMENT when"],
  ["asOf of a number", (db) => db.asOf("a", 5 as never), "INVALID_ARGUMENT when"],
  ["asOf of no stamp", (db) => db.asOf("a", "yesterday"), "INVALID_ARGUMENT when"],
  ["asOf of an invalid Date", (db) => db.asOf("a", new Date(Number.NaN)), "INVALID_ARGUMENT when"],
  ["restore to no stamp", (db) => db.restore("a", "x"), "INVALID_ARGUMENT when"],
  ["conflicts of no id", (db) => db.conflicts(wrong), "INVALID_DOCUMENT _id"],
  ["resolve of no conflict", (db) => db.resolve("a", wrong, "loser"), "INVALID_ARGUMENT lost"],
  ["resolve without a choice", (db) => db.resolve("a", lostOne, wrong), "INVALID_ARGUMENT choice"],
  [
    "resolve as sure as nothing is",
    (db) => db.resolve("a", lostOne, "loser", { durability: "certain" as never }),
    "INVALID_ARGUMENT durability",
  ],
  ["undelete of a number", (db) => db.undelete(5 as never), "INVALID_DOCUMENT _id"],
  ["blame of no id", (db) => db.blame(""), "INVALID_DOCUMENT _id"],
  ["a query over no moment", (db) => db.where({}).asOf(wrong), "INVALID_ARGUMENT when"],
  ["a collection without a name", (db) => db.collection("").get("a"), "INVALID_ARGUMENT collection"],
  ["a collection with a NUL", (db) => db.collection("a\0b").get("a"), "INVALID_ARGUMENT collection"],
  ["a collection of a long name", (db) => db.collection("c".repeat(129)).get("a"), "INVALID_ARGUMENT collection"],
  ["a forbidden collection", (db) => db.collection("__proto__").get("a"), "INVALID_ARGUMENT collection"],
  ["an event that there is not", (db) => db.on("synced" as never, () => undefined), "INVALID_ARGUMENT event"],
  ["an event that every object has", (db) => db.on("toString" as never, () => undefined), "INVALID_ARGUMENT event"],
  ["an event without a name", (db) => db.on(wrong, () => undefined), "INVALID_ARGUMENT event"],
  ["a listener that is none", (db) => db.on("status", wrong), "INVALID_ARGUMENT listener"],
  ["attach of no gateway", (db) => db.attach(wrong), "INVALID_ARGUMENT sync"],
  ["attach of a list", (db) => db.attach([bucket] as never), "INVALID_ARGUMENT sync"],
]

test.each(calls)("%s is refused", async (_, call, code) => {
  const db = open.db as Database
  expect(await refusal(() => call(db))).toBe(code)
  await worksOn(db)
})

const options: readonly (readonly [string, unknown, string])[] = [
  ["no object", 5, "INVALID_ARGUMENT options"],
  ["a sync that is null", { sync: null }, "INVALID_ARGUMENT sync"],
  ["a sync that is an address", { sync: "https://bucket.example" }, "INVALID_ARGUMENT sync"],
  ["a sync that is a number", { sync: 5 }, "INVALID_ARGUMENT sync"],
  ["a sync that is no gateway", { sync: {} }, "INVALID_ARGUMENT sync"],
  ["a sync of a name alone", { sync: { name: "bucket" } }, "INVALID_ARGUMENT sync"],
  ["a sync without a name", { sync: { get: () => undefined } }, "INVALID_ARGUMENT sync"],
  ["a sync of no kind", { sync: { ...bucket, description: { settings: {} } } }, "INVALID_ARGUMENT sync"],
  ["a sync without settings", { sync: { ...bucket, description: { kind: "http" } } }, "INVALID_ARGUMENT sync"],
  [
    "a sync whose settings are null",
    { sync: { ...bucket, description: { kind: "http", settings: null } } },
    "INVALID_ARGUMENT sync",
  ],
  ["a list with one that is no gateway", { sync: [bucket, {}] }, "INVALID_ARGUMENT sync"],
  ["a list in a list", { sync: [[bucket]] }, "INVALID_ARGUMENT sync"],
  ["a history for another time", { history: { keep: "7d" } }, "INVALID_ARGUMENT history"],
  ["a history that is text", { history: "30d" }, "INVALID_ARGUMENT history"],
  ["a history that is null", { history: null }, "INVALID_ARGUMENT history"],
  ["another name", { colections: {} }, "INVALID_ARGUMENT colections"],
  ["a storage that there is not", { storage: "disk" }, "INVALID_ARGUMENT storage"],
  ["a storage of two kinds", { storage: { memory: "a", fs: "b" } }, "INVALID_ARGUMENT storage"],
  ["a label that is empty", { storage: { memory: "" } }, "INVALID_ARGUMENT storage"],
  ["a worker that is one", { worker: {} }, "INVALID_ARGUMENT worker"],
  ["a durability of another name", { durability: "sure" }, "INVALID_ARGUMENT durability"],
  ["keys that are bytes", { keys: new Uint8Array(32) }, "INVALID_ARGUMENT keys"],
  ["a debug that is true", { debug: true }, "INVALID_ARGUMENT debug"],
  ["a collection that was not declared", { collections: { a: {} } }, "INVALID_ARGUMENT collections.a"],
]

test.each(options)("options with %s are refused", async (_, given, code) => {
  expect(await refusal(() => fixpoint("options", given as Options))).toBe(code)
})

test("names, keys and fields are checked", async () => {
  expect(await refusal(() => fixpoint("" as never))).toBe("INVALID_ARGUMENT name")
  expect(await refusal(() => fixpoint(undefined as never))).toBe("INVALID_ARGUMENT name")
  expect(await refusal(() => fixpoint("n".repeat(129)))).toBe("INVALID_ARGUMENT name")
  expect(await refusal(() => keys.raw(new Uint8Array(31)))).toBe("INVALID_ARGUMENT keys")
  expect(await refusal(() => keys.raw("k".repeat(32) as never))).toBe("INVALID_ARGUMENT keys")
  expect(await refusal(() => keys.passphrase("secret" as never))).toBe("INVALID_ARGUMENT keys")
  expect(await refusal(() => collection({ indexes: "a" } as never))).toBe("INVALID_ARGUMENT indexes")
  expect(await refusal(() => collection({ indexes: [5] } as never))).toBe("INVALID_ARGUMENT indexes.0")
  expect(await refusal(() => collection({ schema: {} } as never))).toBe("INVALID_ARGUMENT schema")
  expect(await refusal(() => collection({ history: { keep: "always" } } as never))).toBe("INVALID_ARGUMENT history")
  expect(await refusal(() => collection({ fields: { n: "counter" } } as never))).toBe("INVALID_ARGUMENT fields.n")
  const forbidden = fixpoint(crypto.randomUUID(), {
    collections: { a: collection({ fields: { "a.prototype": counter() } }) },
  })
  expect(await refusal(() => forbidden.ready())).toBe("KEY_FORBIDDEN a.prototype")
  await forbidden.close()
})
