// Writes of one tick, each of which is a commit of its own, cross to the engine as one call: none hears of another's refusal.
import type { WriteOp } from "@fixpoint/core"
import { encodeDocument } from "@fixpoint/core/codec"
import { expect, test } from "vitest"
import { Client } from "../../packages/fixpoint/src/client.ts"
import { serveEngine } from "../../packages/fixpoint/src/engine-server.ts"
import type { Answer, Batch } from "../../packages/fixpoint/src/protocol.ts"
import { createBench } from "../engine/bench.ts"

const collection = "notes"
const { text } = encodeDocument({ text: "a note" })
const put = (id: string): WriteOp => ({ op: "put", collection, id, text })
const insert = (id: string): WriteOp => ({ op: "insert", collection, id, text })

async function openPage() {
  const engine = await createBench({}).open()
  const client = new Client()
  const sent: string[] = []
  const post = (answers: readonly Answer[]) => {
    for (const answer of structuredClone(answers))
      if (answer.kind === "result" || answer.kind === "error") client.settle(answer)
  }
  const openRemote = () => Promise.reject(new Error("nothing is attached here"))
  const server = serveEngine(engine, { post, revise: (event) => event, openRemote })
  client.attach((batch: Batch) => {
    sent.push(...batch.map(({ method }) => method))
    const message = structuredClone(batch)
    queueMicrotask(() => server.take(message))
  })
  return { engine, client, sent }
}

test("many writes of a tick are one call and one record, and each has a stamp", async () => {
  const { engine, client, sent } = await openPage()
  const stamps = await Promise.all(Array.from({ length: 50 }, (_, i) => client.commit(put(`note ${i}`), undefined)))
  expect(sent).toEqual(["writeEach"])
  expect((await engine.stats()).commits).toBe(1)
  expect(new Set(stamps).size).toBe(50)
  expect([...stamps].sort()).toEqual(stamps)
})

test("one that is refused, or is no write at all, is refused alone", async () => {
  const { engine, client } = await openPage()
  await client.commit(put("there"), undefined)
  const told = await Promise.allSettled([
    client.commit(put("a"), undefined),
    client.commit(insert("there"), undefined),
    client.commit({ op: "put", collection, id: "bad", text: "[]" }, undefined),
    client.commit("nonsense" as never, undefined),
    client.commit(put("b"), undefined),
  ])
  const codes = told.map((one) => (one.status === "rejected" ? (one.reason as { code: string }).code : "stored"))
  expect(codes).toEqual(["stored", "ALREADY_EXISTS", "INVALID_DOCUMENT", "INVALID_ARGUMENT", "stored"])
  expect((await engine.stats()).documents).toBe(3)
})

test("a read between two writes does not see the later one before the earlier; durabilities do not mix", async () => {
  const { client, sent } = await openPage()
  const first = client.commit(put("a"), undefined)
  const read = client.get(collection, ["a", "b"])
  const second = client.commit(put("b"), undefined)
  const strict = client.commit(put("c"), "strict")
  await Promise.all([first, read, second, strict])
  expect(sent).toEqual(["writeEach", "texts", "writeEach", "writeEach"])
})

test("a page that keeps documents forgets those that are written", async () => {
  const { client } = await openPage()
  const ids = Array.from({ length: 8 }, (_, i) => `note ${i}`)
  await Promise.all(ids.map((id) => client.commit(put(id), undefined)))
  for (const id of [...ids, ...ids]) await client.get(collection, [id])
  const changed = encodeDocument({ text: "another" }).text
  await client.commit({ op: "put", collection, id: "note 3", text: changed }, undefined)
  expect((await client.get(collection, ["note 3"]))[0]?.text).toBe(changed)
})
