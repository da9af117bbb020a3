// Transactions as their users see them: all or nothing, on one moment, and never two on the same moment.
import type { Engine, VersionedText, WriteOp } from "@fixpoint/core"
import { decodeDocument, encodeDocument } from "@fixpoint/core/codec"
import { expect, test } from "vitest"
import { type Bench, createBench } from "./bench.ts"

const collection = "accounts"
const put = (id: string, document: object): WriteOp => ({
  op: "put",
  collection,
  id,
  text: encodeDocument(document).text,
})
const balanceOf = (document: VersionedText | undefined): number =>
  document === undefined ? 0 : decodeDocument<{ balance: number }>(document.id, document.text).balance
const everything = { collection, filter: { kind: "and", filters: [] }, order: [], limit: undefined } as const

/** Moves an amount when there is enough, again and again until nothing has come between. */
async function transfer(engine: Engine, from: string, to: string, amount: number): Promise<number> {
  for (let attempts = 1; ; attempts++) {
    const transaction = await engine.begin()
    const [source, target] = await transaction.get(collection, [from, to])
    if (balanceOf(source) < amount) return attempts
    await transaction.write([put(from, { balance: balanceOf(source) - amount })])
    await transaction.write([put(to, { balance: balanceOf(target) + amount })])
    if ((await transaction.commit(undefined)) !== undefined) return attempts
  }
}

async function openBank(accounts: readonly string[], tabs: number): Promise<{ bench: Bench; engines: Engine[] }> {
  const bench = createBench({})
  const engines: Engine[] = []
  for (let i = 0; i < tabs; i++) engines.push(await bench.open())
  await engines[0]?.write(accounts.map((id) => put(id, { balance: 100 })))
  await bench.settle()
  return { bench, engines }
}

test("transfers of two engines at once neither make nor lose money", async () => {
  const accounts = ["a", "b", "c", "d"]
  const { bench, engines } = await openBank(accounts, 2)
  const transfers = Array.from({ length: 40 }, (_, i) => {
    const engine = engines[i % 2] as Engine
    return transfer(engine, accounts[i % 4] as string, accounts[(i * 3 + 1) % 4] as string, (i * 7) % 30)
  })
  const attempts = await Promise.all(transfers)
  await bench.settle()
  for (const engine of engines) {
    const balances = (await engine.get(collection, accounts)).map(balanceOf)
    expect(balances.reduce((a, b) => a + b)).toBe(400)
    expect(Math.min(...balances)).toBeGreaterThanOrEqual(0)
  }
  expect(attempts.reduce((a, b) => a + b)).toBeGreaterThan(40)
})

test("a transaction that has queried a collection goes stale by any write to it", async () => {
  const { engines } = await openBank(["a"], 1)
  const [engine] = engines as [Engine]
  const transaction = await engine.begin()
  expect((await transaction.query(everything)).documents).toHaveLength(1)
  await engine.write([put("b", { balance: 1 })])
  await transaction.write([put("sum", { balance: 100 })])
  expect(await transaction.commit(undefined)).toBeUndefined()
  expect(await engine.get(collection, ["sum"])).toEqual([undefined])
})

test("a transaction sees its own writes, and nobody else does before it commits", async () => {
  const { engines } = await openBank(["a"], 1)
  const [engine] = engines as [Engine]
  const transaction = await engine.begin()
  await transaction.write([put("b", { balance: 7 }), { op: "delete", collection, id: "a" }])
  expect((await transaction.get(collection, ["a", "b"])).map(balanceOf)).toEqual([0, 7])
  expect((await transaction.query(everything)).documents.map(({ id }) => id)).toEqual(["b"])
  expect((await engine.get(collection, ["a", "b"])).map(balanceOf)).toEqual([100, 0])
  const receipt = await transaction.commit("strict")
  expect(receipt?.ids).toEqual(["b", "a"])
  expect((await engine.get(collection, ["a", "b"])).map(balanceOf)).toEqual([0, 7])
})

test("a transaction rolled back, or refused in the middle, leaves nothing", async () => {
  const { engines } = await openBank(["a"], 1)
  const [engine] = engines as [Engine]
  const forgotten = await engine.begin()
  await forgotten.write([put("a", { balance: 0 })])
  forgotten.rollback()
  const refused = await engine.begin()
  await refused.write([put("b", { balance: 1 })])
  const insert: WriteOp = { op: "insert", collection, id: "a", text: "{}" }
  await expect(refused.write([insert])).rejects.toMatchObject({ code: "ALREADY_EXISTS" })
  await expect(refused.commit(undefined)).rejects.toMatchObject({ code: "ALREADY_EXISTS" })
  expect((await engine.get(collection, ["a", "b"])).map(balanceOf)).toEqual([100, 0])
})

test("replace stores only over the version it was given", async () => {
  const { engines } = await openBank(["a"], 1)
  const [engine] = engines as [Engine]
  const [before] = await engine.get(collection, ["a"])
  const replace = (version: string | undefined): WriteOp => ({
    op: "replace",
    collection,
    id: "a",
    text: "{}",
    version,
  })
  await engine.write([put("a", { balance: 1 })])
  await expect(engine.write([replace(before?.version)])).rejects.toMatchObject({ code: "CONFLICT" })
  await expect(engine.write([replace(undefined)])).rejects.toMatchObject({ code: "CONFLICT" })
  const [now] = await engine.get(collection, ["a"])
  expect((await engine.write([replace(now?.version)])).ids).toEqual(["a"])
})

test("a refused write of a tick does not take its neighbours along", async () => {
  const { engines } = await openBank(["a"], 1)
  const [engine] = engines as [Engine]
  const outcomes = await Promise.allSettled([
    engine.write([put("b", { balance: 1 })]),
    engine.write([{ op: "insert", collection, id: "a", text: "{}" }]),
    engine.write([put("c", { balance: 3 })]),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"])
  expect((await engine.get(collection, ["a", "b", "c"])).map(balanceOf)).toEqual([100, 1, 3])
})

test("a thousand writes of one tick share a handful of log records", async () => {
  const { engines } = await openBank([], 1)
  const [engine] = engines as [Engine]
  const { commits } = await engine.stats()
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => engine.write([put(`k${i}`, { balance: i })])))
  const after = await engine.stats()
  expect(after.documents).toBe(1_000)
  expect(after.commits - commits).toBeLessThanOrEqual(3)
})

test("what a transaction has worked out is worked out anew when others have committed meanwhile", async () => {
  const { bench, engines } = await openBank(["a"], 2)
  const [first, second] = engines as [Engine, Engine]
  const transaction = await second.begin()
  await transaction.write([{ op: "patch", collection, id: "a", entries: [["owner", "Ann"]] }])
  const third = await bench.open()
  await third.write([{ op: "patch", collection, id: "a", entries: [["limit", 5]] }])
  await second.write([{ op: "patch", collection, id: "a", entries: [["city", "Riga"]] }])
  await transaction.commit(undefined)
  await bench.settle()
  for (const engine of [first, second, third]) {
    const [found] = await engine.get(collection, ["a"])
    expect(decodeDocument("a", found?.text ?? "")).toEqual({
      _id: "a",
      balance: 100,
      owner: "Ann",
      limit: 5,
      city: "Riga",
    })
  }
})

test("a refused write says which of its call it was, and keeps the transaction from being stored", async () => {
  const { engines } = await openBank(["a"], 1)
  const [engine] = engines as [Engine]
  const transaction = await engine.begin()
  const writes: WriteOp[] = [put("a", { balance: 1 }), { op: "patch", collection, id: "absent", entries: [["x", 1]] }]
  await expect(transaction.write(writes)).rejects.toMatchObject({ code: "NOT_FOUND", details: { index: 1 } })
  await expect(transaction.commit(undefined)).rejects.toMatchObject({ code: "NOT_FOUND" })
  expect((await engine.get(collection, ["a"])).map(balanceOf)).toEqual([100])
})
