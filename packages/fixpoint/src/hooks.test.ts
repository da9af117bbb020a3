import { expect, test } from "vitest"
import { fixpoint, type Operation } from "./edge.ts"

type Told = readonly ["start" | "end" | "error", Operation, unknown?]

/** A database in memory whose hooks write down what they are told. */
function watched() {
  const told: Told[] = []
  const db = fixpoint(crypto.randomUUID(), {
    storage: "memory",
    hooks: {
      onStart: (op) => void told.push(["start", op]),
      onEnd: (op, ms, result) => void told.push(["end", op, ms >= 0 && result]),
      onError: (op, error) => void told.push(["error", op, (error as { code?: unknown }).code]),
    },
  })
  return { db, told }
}

test("hooks are told of each call once when it starts and once when it ends, by the same object", async () => {
  const { db, told } = watched()
  const receipt = await db.collection("notes").put({ _id: "a", n: 1 })
  await db.collection("notes").where({ n: 1 }).all()
  const put = { method: "put", collection: "notes" }
  const all = { method: "all", collection: "notes" }
  expect(told).toEqual([
    ["start", put],
    ["end", put, receipt],
    ["start", all],
    ["end", all, [{ _id: "a", n: 1 }]],
  ])
  expect(told[0]?.[1]).toBe(told[1]?.[1])
  await db.close()
})

test("a call that fails is told with its error, and a transaction is one call", async () => {
  const { db, told } = watched()
  await db.put({ _id: "a" })
  told.length = 0
  await expect(db.insert({ _id: "a" })).rejects.toMatchObject({ code: "ALREADY_EXISTS" })
  await db.transaction((tx) => tx.collection("docs").put({ _id: "b" }))
  await db.stats()
  expect(told.map(([what, { method }, result]) => [what, method, result === "ALREADY_EXISTS"])).toEqual([
    ["start", "insert", false],
    ["error", "insert", true],
    ["start", "transaction", false],
    ["end", "transaction", false],
    ["start", "stats", false],
    ["end", "stats", false],
  ])
  await db.close()
})

test("hooks that are none are refused", () => {
  expect(() => fixpoint("app", { hooks: "all" as never })).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  )
})
