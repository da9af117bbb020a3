// Indexes as an application declares and sees them: every form, what `explain` tells, and what is refused.
import { collection, type Database, fixpoint, type QueryStats } from "fixpoint"
import { fixpoint as edge } from "fixpoint/edge"
import { afterEach, expect, test } from "vitest"
import { refusal } from "./suite/case.ts"

interface Item {
  readonly _id?: string
  readonly list?: string
  readonly n?: number | null
  readonly done?: boolean
  readonly tags?: readonly string[]
  readonly place?: { readonly city: string }
}

const opened: Database[] = []
afterEach(async () => {
  for (const db of opened.splice(0)) await db.close()
})

const items = () =>
  collection<Item>({
    indexes: [
      "n",
      ["list", "-n"],
      "tags[]",
      "place.city",
      { on: ["list", "n"], where: { done: false }, name: "open items" },
    ],
  })

function open() {
  const db = edge(`indexes-${crypto.randomUUID()}`, {
    storage: { memory: "indexes" },
    collections: { items: items() },
  })
  opened.push(db as unknown as Database)
  return db.collections.items
}

const documents = Array.from({ length: 40 }, (_, i) => ({
  _id: `i${String(i).padStart(2, "0")}`,
  list: `list ${i % 4}`,
  n: i === 7 ? null : i,
  done: i % 3 === 0,
  tags: [`t${i % 5}`],
  place: { city: i % 2 === 0 ? "Riga" : "Oslo" },
}))

test("each form is used by the queries that it is for, which read what they give", async () => {
  const own = open()
  await own.putMany(documents)
  const explained = async (query: { explain(): Promise<QueryStats>; ids(): Promise<string[]> }) => {
    const { index, rowsRead, fullScan } = await query.explain()
    const { length } = await query.ids()
    return [index, rowsRead, length, fullScan]
  }
  expect(await explained(own.where({ n: { between: [3, 5] } }))).toEqual(["n", 3, 3, false])
  expect(await explained(own.where({ n: null }))).toEqual(["n", 1, 1, false])
  expect(await explained(own.where({ list: "list 1" }).orderBy("-n").limit(3))).toEqual(["list,-n", 3, 3, false])
  expect(await explained(own.where({ tags: { has: "t2" } }))).toEqual(["tags[]", 8, 8, false])
  expect(await explained(own.where({ "place.city": "Oslo" }))).toEqual(["place.city", 20, 20, false])
  expect(await explained(own.where({ list: "list 2", done: false }).orderBy("n").limit(2))).toEqual([
    "open items",
    2,
    2,
    false,
  ])
  expect(await explained(own.where({ done: true }))).toEqual([undefined, 40, 14, true])
})

test("a result in the order of an index is the same as one that was sorted", async () => {
  const own = open()
  await own.putMany(documents)
  expect(await own.orderBy("-n").limit(3).ids()).toEqual(["i39", "i38", "i37"])
  expect(await own.orderBy("n").limit(2).ids()).toEqual(["i07", "i00"])
  expect(await own.where({ list: "list 3" }).orderBy("-n").ids()).toEqual(
    ["39", "35", "31", "27", "23", "19", "15", "11", "03", "07"].map((n) => `i${n}`),
  )
  expect(
    await own
      .where({ list: { in: ["list 0", "list 1"] } })
      .orderBy("-n")
      .limit(2)
      .ids(),
  ).toEqual(["i37", "i36"])
})

test("pages follow one another by cursors, in and out of a transaction", async () => {
  const own = open()
  await own.putMany(documents)
  const query = own.where({ list: "list 3" }).orderBy("-n")
  const first = await query.page({ size: 4 })
  expect(first.docs.map(({ n }) => n)).toEqual([39, 35, 31, 27])
  await own.put({ _id: "new", list: "list 3", n: 38 })
  const second = await query.page({ size: 4, after: first.next })
  expect(second.docs.map(({ n }) => n)).toEqual([23, 19, 15, 11])
  const third = await query.page({ size: 4, after: second.next })
  expect([third.docs.map(({ n }) => n), third.next]).toEqual([[3, null], undefined])
  expect((await query.limit(6).page({ size: 4, after: first.next })).docs).toHaveLength(2)
  expect(await refusal(() => query.page({ size: 0 }))).toBe("INVALID_ARGUMENT size")
  expect(await refusal(() => query.page({ size: 1, after: "x" }))).toBe("INVALID_ARGUMENT after")
  expect(await refusal(() => own.orderBy("n").page({ size: 1, after: first.next }))).toBe("INVALID_ARGUMENT after")
})

test("a unique index refuses the second document of the same value", async () => {
  const db = edge(`indexes-${crypto.randomUUID()}`, {
    storage: { memory: "unique" },
    collections: { people: collection<{ mail?: string }>({ indexes: [{ on: "mail", unique: true }] }) },
  })
  opened.push(db as unknown as Database)
  const { people } = db.collections
  await people.put({ _id: "a", mail: "x" })
  expect(await refusal(() => people.put({ _id: "b", mail: "x" }))).toBe("NOT_UNIQUE mail unique")
  await people.put({ _id: "b", mail: "y" })
  expect((await people.where({ mail: "y" }).explain()).index).toBe("mail unique")
  const inTransaction = db.transaction(async (tx) => {
    await tx.collection("people").patch("b", { mail: "x" })
  })
  expect(await refusal(() => inTransaction)).toBe("NOT_UNIQUE mail unique")
})

test("a declaration of another form is refused where it is made", async () => {
  const declare = (...indexes: readonly unknown[]) => refusal(() => collection({ indexes } as never))
  expect(await refusal(() => collection({ indexes: "n" } as never))).toBe("INVALID_ARGUMENT indexes")
  expect(await declare(7)).toBe("INVALID_ARGUMENT indexes.0")
  expect(await declare("n", [])).toBe("INVALID_ARGUMENT indexes.1")
  expect(await declare({ on: "n", order: "down" })).toBe("INVALID_ARGUMENT indexes.0")
  expect(await declare({ on: "n", name: "" })).toBe("INVALID_ARGUMENT indexes.0")
  expect(await declare("n", "n")).toBe("INVALID_ARGUMENT indexes")
  for (const indexes of [["_id"], ["a.prototype"]]) {
    const db = fixpoint(`indexes-${crypto.randomUUID()}`, {
      worker: "inline",
      storage: "memory",
      collections: { a: collection({ indexes } as never) },
    })
    expect(await refusal(() => db.ready())).toMatch(/^(INVALID_ARGUMENT|KEY_FORBIDDEN)/)
  }
})
