// Documents read ahead are those that the engine has: whatever this page, another tab or both at once write in between.
import type { Engine, WriteOp } from "@fixpoint/core"
import { encodeDocument } from "@fixpoint/core/codec"
import fc from "fast-check"
import { expect, test } from "vitest"
import { Client } from "../../packages/fixpoint/src/client.ts"
import { serveEngine } from "../../packages/fixpoint/src/engine-server.ts"
import type { Answer, Batch } from "../../packages/fixpoint/src/protocol.ts"
import { createBench } from "../engine/bench.ts"

const collection = "notes"
const ids = Array.from({ length: 12 }, (_, i) => `note ${i}`)
const put = (id: string, n: number): WriteOp => ({ op: "put", collection, id, text: encodeDocument({ n }).text })

/** An engine that holds what it has read ahead until `release` has been waited for. */
const slow = (engine: Engine, release: () => Promise<unknown>): Engine =>
  new Proxy(engine, {
    get(target, name) {
      if (name === "getAhead")
        return async (...args: Parameters<Engine["getAhead"]>) => {
          const lines = await target.getAhead(...args)
          await release()
          return lines
        }
      const value: unknown = Reflect.get(target, name)
      return typeof value === "function" ? value.bind(target) : value
    },
  })

/** A page whose messages are counted, and the engine of another tab over the same disk. */
async function openPage(release: () => Promise<unknown> = async () => undefined) {
  const bench = createBench({})
  const own = slow(await bench.open(), release)
  const other = await bench.open()
  const client = new Client()
  const sent: string[] = []
  const post = (answers: readonly Answer[]) => {
    for (const answer of structuredClone(answers)) {
      if (answer.kind === "stale") client.forget()
      else if (answer.kind === "result" || answer.kind === "error") client.settle(answer)
    }
  }
  const openRemote = () => Promise.reject(new Error("nothing is attached here"))
  const server = serveEngine(own, { post, revise: (event) => event, openRemote })
  client.attach((batch: Batch) => {
    sent.push(...batch.map(({ method }) => method))
    const message = structuredClone(batch)
    queueMicrotask(() => server.take(message))
  })
  const readAll = async (): Promise<(string | undefined)[]> => {
    const texts: (string | undefined)[] = []
    for (const id of ids) texts.push((await client.get(collection, [id]))[0]?.text)
    return texts
  }
  return { bench, own, other, client, sent, readAll }
}

test("who reads one document after the other soon asks no more, until something changes", async () => {
  const { bench, other, client, sent, readAll } = await openPage()
  await client.call(
    "write",
    ids.map((id, i) => put(id, i)),
    undefined,
    {},
  )
  await readAll()
  expect(sent.filter((method) => method === "getAhead")).toHaveLength(1)
  sent.length = 0
  const before = await readAll()
  expect(sent).toEqual([])
  await client.call("write", [put("note 3", 33)], undefined, {})
  expect(await readAll()).toEqual(before.with(3, '{"n":33}'))
  expect(sent).toEqual(["write", "texts"])
  await other.write([put("note 4", 44)])
  await bench.settle()
  expect((await readAll())[4]).toBe('{"n":44}')
})

test("what others changed while it was read ahead is not kept", async () => {
  const held = { release: (): void => undefined }
  const released = new Promise<void>((resolve) => (held.release = resolve))
  const { bench, other, client, readAll } = await openPage(() => released)
  await client.call(
    "write",
    ids.map((id, i) => put(id, i)),
    undefined,
    {},
  )
  await readAll()
  await other.write([put("note 4", 44)])
  await bench.settle()
  held.release()
  await client.call("stats")
  expect((await readAll())[4]).toBe('{"n":44}')
})

test("many documents of one read are not read ahead", async () => {
  const { client, sent } = await openPage()
  await client.call(
    "write",
    ids.map((id, i) => put(id, i)),
    undefined,
    {},
  )
  for (let n = 0; n < 10; n++) await client.get(collection, ids)
  expect(sent).not.toContain("getAhead")
})

const step = fc.record({
  kind: fc.constantFrom("put", "delete", "transaction", "other", "settle", "texts", "rest"),
  at: fc.nat({ max: ids.length - 1 }),
  isAwaited: fc.boolean(),
})

test("once all is quiet, every document is as the engine has it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const { bench, own, other, client, readAll } = await openPage()
      await client.call(
        "write",
        ids.map((id, i) => put(id, i)),
        undefined,
        {},
      )
      const underWay: Promise<unknown>[] = []
      for (const [n, { kind, at, isAwaited }] of steps.entries()) {
        const id = ids[at] as string
        const work = async (): Promise<unknown> => {
          switch (kind) {
            case "put":
              return await client.call("write", [put(id, 1000 + n)], undefined, {})
            case "delete":
              return await client.call("write", [{ op: "delete", collection, id }], undefined, {})
            case "transaction": {
              const ticket = client.ticket()
              client.tell("begin", ticket)
              await client.write(ticket, [put(id, 2000 + n)])
              return await client.call("commit", ticket, undefined)
            }
            case "other":
              return await other.write([put(id, 3000 + n)])
            case "settle":
              return await bench.settle()
            case "texts":
              return await client.get(collection, [id])
            case "rest":
              return await readAll()
          }
        }
        const done = work()
        underWay.push(done)
        if (isAwaited) await done
      }
      await Promise.all(underWay)
      await bench.settle()
      const stored = (await own.get(collection, ids)).map((document) => document?.text)
      expect(await readAll()).toEqual(stored)
      expect(await readAll()).toEqual(stored)
    }),
    { numRuns: 150 },
  )
})
