// The line of commits with jobs of the engine's own in it: each sees one moment, and is stored as the next record or not at all.
import { createMemoryDisk, createMemoryStore, type LiveStep, type MemoryDisk, rawKeys } from "@fixpoint/core"
import { SeededWorld } from "@fixpoint/testkit"
import { expect, test } from "vitest"
import { FixpointError } from "../../packages/core/src/base/errors.ts"
import { newActor } from "../../packages/core/src/clock/stamp.ts"
import { rowKey } from "../../packages/core/src/codec/key.ts"
import { cellWays, editRow } from "../../packages/core/src/crdt/row-edit.ts"
import { admitOps } from "../../packages/core/src/db/admit.ts"
import { Ledger } from "../../packages/core/src/db/ledger.ts"
import type { LineJob, Moment } from "../../packages/core/src/db/line-job.ts"
import { LiveRouter } from "../../packages/core/src/db/live-router.ts"
import { openDatabase } from "../../packages/core/src/db/open.ts"
import { rowOf } from "../../packages/core/src/db/stored-row.ts"
import { Writer } from "../../packages/core/src/db/writer.ts"
import { LiveQuery } from "../../packages/core/src/query/live.ts"
import { planQuery } from "../../packages/core/src/query/plan.ts"
import { secretOf } from "./bench.ts"
import { parts } from "./parts.ts"

const collection = "c"
const systemKey = "\u0006counter"

async function openLine(world: SeededWorld, disk: MemoryDisk) {
  const host = world.host()
  const log = host.log("db")
  const openStore = async () => createMemoryStore(disk)
  const { lsm, store } = await openDatabase({ name: "line", host, log, openStore, keys: rawKeys(secretOf(1)), parts })
  const ledger = new Ledger()
  ledger.reset(lsm.note)
  const live = new LiveRouter()
  const writer = new Writer({
    host,
    log,
    lsm,
    ledger,
    derived: { keeping: undefined, isLacking: () => false, ready: async () => undefined },
    cells: { ways: cellWays, load: async () => undefined },
    live,
    specs: new Map(),
    freshActor: newActor((count) => host.random(count)),
    renew: false,
    onApplied: () => undefined,
    onDerived: () => undefined,
    onCommitted: () => undefined,
    onLost: () => undefined,
  })
  await writer.catchUp()
  const put = (id: string, text: string) =>
    writer.submit({ ops: admitOps([{ op: "put", collection, id, text }]), reads: undefined }, "relaxed")
  return { writer, lsm, ledger, live, store, put }
}

/** Adds one to a number beside the documents. */
const countUp: LineJob<number> = {
  durability: "relaxed",
  async prepare(at) {
    const [line] = await at.read([systemKey])
    const next = Number(line ?? 0) + 1
    return { result: next, record: { entries: [[systemKey, String(next)]] } }
  },
}

test("commits and jobs come in the order in which they were asked for", async () => {
  const { writer, put } = await openLine(new SeededWorld(1), createMemoryDisk())
  const order: string[] = []
  const asked = (name: string, work: Promise<unknown>) => work.then(() => void order.push(name))
  const names = ["job 1", "put 1", "put 2", "job 2", "job 3", "put 3"]
  const all = names.map((name) => asked(name, name.startsWith("job") ? writer.run(countUp) : put(name, "{}")))
  await all[0]
  // What comes while the line is at work goes behind what waits there.
  const late = asked("job 4", writer.run(countUp))
  await Promise.all([...all, late])
  expect(order).toEqual([...names, "job 4"])
})

test("jobs of two tabs add up, whoever comes first, and commits go on between them", async () => {
  const world = new SeededWorld(1)
  const disk = createMemoryDisk()
  const tabs = [await openLine(world, disk), await openLine(world, disk)] as const
  const work = Array.from({ length: 20 }, (_, i) => {
    const tab = tabs[i % 2 === 0 ? 0 : 1]
    return [tab.writer.run(countUp), tab.put(`d${i}`, `{"i":${i}}`)] as const
  })
  const results = await Promise.all(work.map(([job]) => job))
  await Promise.all(work.map(([, put]) => put))
  expect(results.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  for (const { writer, lsm, ledger } of tabs) {
    await writer.catchUp()
    expect(await lsm.getMany([systemKey])).toEqual(["20"])
    expect(ledger.count(collection)).toBe(20)
  }
})

test("a job waits for no writer to rest", async () => {
  const { writer, put } = await openLine(new SeededWorld(2), createMemoryDisk())
  let isDone = false
  const job = writer.run(countUp).then(() => {
    isDone = true
  })
  let writes = 0
  for (; !isDone && writes < 50; writes++) await put(`d${writes}`, "{}")
  await job
  expect(writes).toBeLessThan(5)
})

test("the rows of a job are counted, derived from and told of as those of a write", async () => {
  const { writer, lsm, ledger, live } = await openLine(new SeededWorld(3), createMemoryDisk())
  const steps: LiveStep[] = []
  const spec = { collection, filter: { kind: "and", filters: [] }, order: [], limit: undefined } as const
  live.mount(new LiveQuery(planQuery(spec), undefined, async () => []), (step) => void steps.push(step))
  await writer.catchUp()
  const stamp = { hlc: 5_000, actor: "00112233445566ff" }
  const hlc = await writer.run({
    durability: "strict",
    async prepare({ read }: Moment) {
      const key = rowKey(collection, "a")
      const before = rowOf((await read([key]))[0])
      const after = editRow(before, { op: "put", text: '{"n":1}' }, { stamp, actors: ledger, fields: {} })
      return { result: stamp.hlc, record: { rows: [{ key, collection, id: "a", before, after }], hlc: stamp.hlc } }
    },
  })
  expect(ledger.hlc).toBe(hlc)
  expect(ledger.count(collection)).toBe(1)
  expect(steps.at(-1)).toMatchObject({ kind: "delta", placed: [{ at: 0, document: { id: "a", text: '{"n":1}' } }] })
  expect(rowOf((await lsm.getMany([rowKey(collection, "a")]))[0])).toContain('{"n":1}')
})

test("a job that stores nothing takes no number; one that fails leaves nothing, and the line goes on", async () => {
  const { writer, lsm, put } = await openLine(new SeededWorld(4), createMemoryDisk())
  const looked = writer.run({ durability: "relaxed", prepare: async ({ n }) => ({ result: n }) })
  expect(await looked).toBe(1)
  expect(lsm.head).toBe(0)
  const failing = writer.run({
    durability: "relaxed",
    prepare: () => Promise.reject(new FixpointError("LIMIT_SIZE")),
  })
  const after = put("a", "{}")
  await expect(failing).rejects.toMatchObject({ code: "LIMIT_SIZE" })
  expect(await after).toMatchObject({ ids: ["a"] })
  expect(lsm.head).toBe(1)
  await writer.close()
  await expect(writer.run(countUp)).rejects.toMatchObject({ code: "CLOSED" })
})
