// Parts that an engine loads on demand: nothing is loaded before it is used, and a load that fails costs that call alone.
import { createMemoryStore, type IndexSpec, type LiveStep, type QuerySpec, type WriteOp } from "@fixpoint/core"
import { wrapStore } from "@fixpoint/testkit"
import { expect, test } from "vitest"
import { countOf, createBench } from "./bench.ts"
import { parts } from "./parts.ts"

const onN: IndexSpec = {
  name: "n",
  parts: [{ path: "n", descending: false, multi: false }],
  unique: false,
  where: undefined,
}

test("a check whose part does not load says so, the database serves on, and the next check loads it", async () => {
  const loads: string[] = []
  const bench = createBench({
    loaders: {
      check: async () => {
        if (loads.push("check") === 1) throw new TypeError("Failed to fetch")
        return await parts.check()
      },
    },
  })
  const engine = await bench.open()
  await engine.write([{ op: "put", collection: "notes", id: "a", text: "{}" }])
  expect(loads).toEqual([])
  await expect(engine.check({ deep: true })).rejects.toMatchObject({ code: "PART_UNAVAILABLE", kind: "unavailable" })
  expect(await engine.get("notes", ["a"])).toMatchObject([{ id: "a" }])
  expect(await engine.check({ deep: true })).toMatchObject({ ok: true, logRecords: 1 })
  expect(await engine.check({ deep: false })).toMatchObject({ ok: true })
  expect(loads).toEqual(["check", "check"])
})

test("a query by an index and an aggregate whose part does not load say so, plain queries go on, and the next one loads it", async () => {
  const loads: string[] = []
  const bench = createBench({
    loaders: {
      queries: async () => {
        if (loads.push("queries") <= 2) throw new TypeError("Failed to fetch")
        return await parts.queries()
      },
    },
  })
  const engine = await bench.open()
  await engine.write([{ op: "put", collection: "notes", id: "a", text: '{"n":1}' }])
  const spec = (operand: number): QuerySpec => ({
    collection: "notes",
    filter: { kind: "field", condition: { path: "n", operator: "eq", operand } },
    order: [],
    limit: undefined,
  })
  const steps: LiveStep[] = []
  engine.watch(spec(1), (step) => void steps.push(step))
  expect((await engine.query(spec(1))).documents).toMatchObject([{ id: "a" }])
  expect(steps).toMatchObject([{ kind: "reset", documents: [{ id: "a" }] }])
  expect(loads).toEqual([])
  const unavailable = { code: "PART_UNAVAILABLE", kind: "unavailable", details: { part: "queries" } }
  await expect(countOf(engine, spec(1))).rejects.toMatchObject(unavailable)
  engine.watch({ ...spec(1), select: ["n"] }, (step) => void steps.push(step))
  await bench.settle()
  expect(steps[1]).toMatchObject({ kind: "error", error: { code: "PART_UNAVAILABLE" } })
  expect(await countOf(engine, spec(1))).toBe(1)
  expect(await countOf(engine, spec(2))).toBe(0)
  expect(loads).toHaveLength(3)
})

test("a record waits for what keeps an index: where that does not load it is refused, and none is stored without its entries", async () => {
  const loads = { count: 0, fail: false }
  const bench = createBench({
    loaders: {
      indexes: async () => {
        loads.count++
        if (loads.fail) throw new TypeError("Failed to fetch")
        return await parts.indexes()
      },
    },
  })
  const put = (id: string): WriteOp => ({ op: "put", collection: "notes", id, text: '{"n":1}' })
  const plain = await bench.open()
  await plain.write([put("a")])
  expect(loads.count).toBe(0)
  const declaring = await bench.open()
  declaring.declare({ notes: { fields: {}, indexes: [onN] } })
  await declaring.write([put("b")])
  await bench.world.advance(100)
  await bench.settle()
  expect(await declaring.stats()).toMatchObject({ indexes: [{ name: "n", state: "ready", entries: 2 }] })

  // A tab that never declared it has heard of the index, and what keeps it is gone from where it was.
  loads.fail = true
  const other = await bench.open()
  const unavailable = { code: "PART_UNAVAILABLE", kind: "unavailable", details: { part: "indexes" } }
  await expect(other.write([put("c")])).rejects.toMatchObject(unavailable)
  await expect(other.check({ deep: true })).rejects.toMatchObject(unavailable)
  expect(await other.get("notes", ["a", "c"])).toMatchObject([{ id: "a" }, undefined])
  loads.fail = false
  await other.write([put("c")])
  await bench.settle()
  for (const engine of [plain, declaring, other]) {
    expect(await engine.stats()).toMatchObject({ indexes: [{ name: "n", state: "ready", entries: 3 }] })
    expect(await engine.check({ deep: true })).toMatchObject({ ok: true, findings: [] })
    await engine.close()
  }
})

test("what another tab begins to derive while a record is prepared is in that record", async () => {
  const gate: { hold: boolean; release: (() => void)[] } = { hold: false, release: [] }
  const bench = createBench({
    persistence: "indexeddb",
    openStore: (disk) =>
      wrapStore(createMemoryStore(disk), async ({ name }, run) => {
        if (name === "commit" && gate.hold) await new Promise<void>((resolve) => void gate.release.push(resolve))
        return await run()
      }),
  })
  const put = (id: string): WriteOp => ({ op: "put", collection: "notes", id, text: '{"n":1}' })
  const [one, other] = [await bench.open(), await bench.open()]
  gate.hold = true
  const late = other.write([put("late")])
  await bench.world.advance(1)
  gate.hold = false
  one.declare({ notes: { fields: {}, indexes: [onN] } })
  await one.write([put("first")])
  for (const release of gate.release) release()
  await late
  await bench.settle()
  expect(await one.stats()).toMatchObject({ indexes: [{ name: "n", state: "ready", entries: 2 }] })
  expect(await one.check({ deep: true })).toMatchObject({ ok: true })
})

test("a write that waits for what keeps an index when its database is closed is stored", async () => {
  const held: { load?: () => void } = {}
  const bench = createBench({
    loaders: {
      indexes: async () => {
        await new Promise<void>((resolve) => (held.load = resolve))
        return await parts.indexes()
      },
    },
  })
  const engine = await bench.open()
  engine.declare({ notes: { fields: {}, indexes: [onN] } })
  const stored = engine.write([{ op: "put", collection: "notes", id: "a", text: '{"n":1}' }])
  await bench.settle()
  const closed = engine.close()
  await bench.settle()
  held.load?.()
  expect(await stored).toMatchObject({ ids: ["a"] })
  await closed
  const again = await bench.open()
  held.load?.()
  expect(await again.stats()).toMatchObject({ documents: 1, indexes: [{ name: "n", entries: 1 }] })
})

test("a write of a counter whose part does not load is refused alone, in a transaction too, and the next one loads it", async () => {
  const loads = { count: 0, fail: true }
  const bench = createBench({
    loaders: {
      cells: async () => {
        loads.count++
        if (loads.fail) throw new TypeError("Failed to fetch")
        return await parts.cells()
      },
    },
  })
  const engine = await bench.open()
  const own = { collection: "notes", id: "a" }
  await engine.write([{ op: "put", ...own, text: '{"n":1,"o":{"a":1}}' }])
  await engine.write([
    {
      op: "patch",
      ...own,
      entries: [
        ["o", 5],
        ["p.q", 2],
      ],
    },
  ])
  await engine.write([{ op: "delete", collection: "notes", id: "none" }])
  await expect(
    engine.write([{ op: "increment", collection: "notes", id: "none", path: "n", by: 1 }]),
  ).rejects.toMatchObject({ code: "NOT_FOUND" })
  expect(loads.count).toBe(0)

  const unavailable = { code: "PART_UNAVAILABLE", kind: "unavailable", details: { part: "cells" } }
  const move: WriteOp = { op: "increment", ...own, path: "n", by: 1 }
  const moved = engine.write([move])
  const beside = engine.write([{ op: "put", collection: "notes", id: "b", text: "{}" }])
  await expect(moved).rejects.toMatchObject(unavailable)
  expect(await beside).toMatchObject({ ids: ["b"] })
  const refused = await engine.begin()
  await expect(refused.write([move])).rejects.toMatchObject(unavailable)
  refused.rollback()

  loads.fail = false
  const transaction = await engine.begin()
  await transaction.write([{ op: "patch", ...own, entries: [["m", 1]] }, move, move])
  await transaction.commit(undefined)
  await engine.write([move])
  const [document] = await engine.get("notes", ["a"])
  expect(JSON.parse(document?.text ?? "")).toEqual({ n: 4, o: 5, p: { q: 2 }, m: 1 })
  expect(await engine.check({ deep: true })).toMatchObject({ ok: true })
})
