// History of one database: what its tabs wrote, grouped, flushed, merged and reopened; for how long it is kept, at what price, and
// that what is kept no more does not come back.
import type { Authorship, Engine, HistoryStep, QueryResult, QuerySpec, WriteOp } from "@fixpoint/core"
import { memoryBucket } from "@fixpoint/gateways/memory"
import { expect, test } from "vitest"
import { type Bench, type BenchOptions, createBench } from "./bench.ts"
import { attach, remoteOf } from "./remotes.ts"

const collection = "docs"
const put = (id: string, document: object): WriteOp => ({ op: "put", collection, id, text: JSON.stringify(document) })
const patch = (id: string, path: string, value: string | number): WriteOp => ({
  op: "patch",
  collection,
  id,
  entries: [[path, value]],
})
const history = (engine: Engine, id: string, options?: object) =>
  engine.part("history", "history", [collection, id, options]) as Promise<HistoryStep[]>
const asOf = async (engine: Engine, id: string, when: string | number) => {
  const text = await engine.part("history", "asOf", [collection, id, when])
  return text === undefined ? undefined : JSON.parse(text as string)
}
const dayMs = 24 * 3600 * 1000
const rowsOf = async (engine: Engine) => (await engine.stats()).segments.reduce((sum, { rows }) => sum + rows, 0)

async function opened(options: BenchOptions): Promise<{ readonly bench: Bench; readonly engine: Engine }> {
  const bench = createBench({ fields: { [collection]: {} }, ...options })
  return { bench, engine: await bench.open() }
}

test("every commit is a step, also those of one tick and of another tab, wherever the rows are", async () => {
  const { bench, engine } = await opened({ history: "forever" })
  const other = await bench.open()
  const first = await engine.write([put("a", { title: "one", n: 0 })])
  const grouped = await Promise.all([1, 2, 3].map((n) => engine.write([patch("a", "n", n)])))
  await engine.compact()
  await bench.settle()
  const theirs = await other.write([{ ...patch("a", "title", "two") }])
  await bench.settle()
  const gone = await engine.write([{ op: "delete", collection, id: "a" }])
  const again = await bench.open()
  for (const tab of [engine, again]) {
    const steps = await history(tab, "a")
    expect(steps.map(({ stamp }) => stamp)).toEqual(
      [gone, theirs, ...grouped.toReversed(), first].map(({ stamp }) => stamp),
    )
    expect(steps[0]).toMatchObject({
      exists: false,
      changes: [
        { path: "n", before: 3 },
        { path: "title", before: "two" },
      ],
    })
    expect(steps[1]?.changes).toEqual([{ path: "title", before: "one", after: "two" }])
    expect(steps[2]?.changes).toEqual([{ path: "n", before: 2, after: 3 }])
    expect(steps[5]).toMatchObject({
      exists: true,
      changes: [
        { path: "n", after: 0 },
        { path: "title", after: "one" },
      ],
    })
    expect(await asOf(tab, "a", grouped[0]?.stamp ?? "")).toEqual({ title: "one", n: 1 })
    expect(await asOf(tab, "a", gone.stamp)).toBeUndefined()
    const last = await tab.part("history", "last", [collection, "a"])
    expect(JSON.parse(last as string)).toEqual({ title: "two", n: 3 })
  }
  expect((await history(engine, "a", { limit: 2 })).map(({ stamp }) => stamp)).toEqual([gone.stamp, theirs.stamp])
  const older = await history(engine, "a", { limit: 2, before: theirs.stamp })
  expect(older.map(({ stamp }) => stamp)).toEqual([grouped[2]?.stamp, grouped[1]?.stamp])
})

test("a moment in milliseconds is the document at its end; before all there was none", async () => {
  const { bench, engine } = await opened({ history: "forever" })
  const start = bench.world.host().clock.now()
  for (const n of [1, 2, 3]) {
    await bench.world.advance(1000)
    await engine.write([put("a", { n })])
  }
  expect(await asOf(engine, "a", start)).toBeUndefined()
  expect(await asOf(engine, "a", start + 1000)).toEqual({ n: 1 })
  expect(await asOf(engine, "a", start + 2999.5)).toEqual({ n: 2 })
  expect(await asOf(engine, "a", start + 1e9)).toEqual({ n: 3 })
  expect(await asOf(engine, "a", 0)).toBeUndefined()
  expect(await asOf(engine, "never", start)).toBeUndefined()
})

test("fields under keys that paths escape are told as applications write them", async () => {
  const { engine } = await opened({ history: "forever" })
  await engine.write([put("a", { $$: 1, "a.b": { c: 1 } })])
  const [step] = await history(engine, "a")
  expect(step?.changes.map(({ path }) => path).sort()).toEqual(["$", "a\\.b"])
})

test("1,000 updates of a document leave one row where no history is kept, and so many small entries where it is", async () => {
  const bytes: Partial<Record<string, number>> = {}
  for (const keep of ["none", "forever"] as const) {
    const { engine } = await opened({ history: keep })
    for (let n = 0; n <= 1000; n++) await engine.write([put("a", { title: "a title of some length", n })])
    await engine.compact()
    expect(await rowsOf(engine)).toBe(keep === "none" ? 1 : 1001)
    expect(await history(engine, "a")).toHaveLength(keep === "none" ? 0 : 1000)
    bytes[keep] = (await engine.stats()).storedBytes
  }
  // What the updates replaced takes 4 bytes of JSON each; the rest is what an entry costs, compressed.
  expect(((bytes["forever"] ?? 0) - (bytes["none"] ?? 0)) / 1000).toBeLessThan(20)
})

test("without history a moment behind the newest write is now, and any other one is not known", async () => {
  const { engine } = await opened({})
  const { stamp: first } = await engine.write([put("a", { n: 1 })])
  const { stamp } = await engine.write([put("a", { n: 2, m: 1 })])
  expect(await history(engine, "a")).toEqual([])
  expect(await asOf(engine, "a", stamp)).toEqual({ n: 2, m: 1 })
  await expect(asOf(engine, "a", first)).rejects.toMatchObject({ code: "HISTORY_GONE", details: {} })
})

test("what is older than 30 days is told no more, and goes with the next merge; what is younger stays", async () => {
  const { bench, engine } = await opened({ history: "30d" })
  const old = await engine.write([put("a", { n: 1, m: 1 })])
  await engine.write([patch("a", "n", 2)])
  await bench.world.advance(20 * dayMs)
  const young = await engine.write([patch("a", "n", 3)])
  await bench.world.advance(11 * dayMs)
  expect((await history(engine, "a")).map(({ stamp }) => stamp)).toEqual([young.stamp])
  expect(await asOf(engine, "a", bench.world.host().clock.now() - 15 * dayMs)).toEqual({ n: 2, m: 1 })
  await expect(asOf(engine, "a", old.stamp)).rejects.toMatchObject({
    code: "HISTORY_GONE",
    details: { since: expect.stringMatching(/^20\d\d-/) },
  })
  await engine.compact()
  expect(await rowsOf(engine)).toBe(2)
  await bench.world.advance(20 * dayMs)
  await engine.compact()
  expect(await rowsOf(engine)).toBe(1)
  expect(await history(engine, "a")).toEqual([])
})

test("history that is turned off is dropped, and neither a later choice nor a sync brings it back", async () => {
  const bucket = memoryBucket()
  const bench = createBench({ fields: { [collection]: {} }, history: "forever" })
  const peer = createBench({ seed: 2, fields: { [collection]: {} }, history: "forever" })
  const one = await attach(await bench.open(), remoteOf(bucket))
  const two = await attach(await peer.open(), remoteOf(bucket))
  await one.engine.write([put("a", { secret: "x" })])
  await one.link.sync()
  await two.link.sync()
  await one.engine.write([patch("a", "secret", "y")])
  await one.link.sync()
  await two.link.sync()
  expect(await history(one.engine, "a")).toHaveLength(2)
  expect(await history(two.engine, "a")).toHaveLength(2)
  await one.engine.compact()
  await one.engine.close()

  const off = createBench({ fields: { [collection]: {} }, disk: bench.disk, world: bench.world, history: "none" })
  const without = await off.open()
  expect(await history(without, "a")).toEqual([])
  const rows = await rowsOf(without)
  await without.compact()
  expect(await rowsOf(without)).toBeLessThan(rows)
  await without.close()

  const again = await attach(await bench.open(), remoteOf(bucket))
  const since = await again.engine.write([patch("a", "secret", "z")])
  await again.link.sync()
  await two.link.sync()
  await two.engine.write([patch("a", "other", 1)])
  await two.link.sync()
  await again.link.sync()
  const steps = await history(again.engine, "a")
  expect(steps.map(({ changes }) => changes.map(({ path }) => path))).toEqual([["other"], ["secret"]])
  expect(steps[1]).toMatchObject({ stamp: since.stamp, changes: [{ before: "y", after: "z" }] })
  await expect(asOf(again.engine, "a", "00000000001-0000000000000000")).rejects.toMatchObject({ code: "HISTORY_GONE" })
})

test("where what keeps history does not load, writes go on, and the gap is told", async () => {
  const loads = { fail: false }
  const { history: load } = (await import("./parts.ts")).parts
  const loaders = { history: () => (loads.fail ? Promise.reject(new Error("offline")) : load()) }
  const { bench, engine } = await opened({ history: "forever", loaders })
  const first = await engine.write([put("a", { n: 1 })])
  await engine.write([patch("a", "n", 2)])
  await engine.close()
  loads.fail = true
  const without = await bench.open()
  const unseen = await without.write([patch("a", "n", 3)])
  await without.close()
  loads.fail = false
  const last = await bench.open()
  const { stamp } = await last.write([patch("a", "n", 4)])
  expect((await history(last, "a")).map((step) => step.stamp)).toEqual([stamp])
  expect(await asOf(last, "a", unseen.stamp)).toEqual({ n: 3 })
  await expect(asOf(last, "a", first.stamp)).rejects.toMatchObject({ code: "HISTORY_GONE" })
})

test("blame tells of each field who wrote it last, with or without history", async () => {
  const { engine } = await opened({ fields: { [collection]: { votes: "counter" } } })
  const made = await engine.write([put("a", { title: "t", at: { x: 1, y: 2 }, votes: 0 })])
  const moved = await engine.write([patch("a", "at.x", 5)])
  const voted = await engine.write([{ op: "increment", collection, id: "a", path: "votes", by: 1 }])
  const blame = (await engine.part("history", "blame", [collection, "a"])) as Record<string, Authorship>
  const stamps = Object.fromEntries(Object.entries(blame).map(([path, { stamp }]) => [path, stamp]))
  expect(stamps).toEqual({ title: made.stamp, "at.x": moved.stamp, "at.y": made.stamp, votes: voted.stamp })
  expect(blame["title"]).toMatchObject({ actor: engine.status().device, atMs: expect.any(Number) })
  expect(await engine.part("history", "blame", [collection, "none"])).toEqual({})
})

test("a query over the past gives what it gave then", async () => {
  const { bench, engine } = await opened({ history: "forever" })
  const spec: QuerySpec = {
    collection,
    filter: { kind: "field", condition: { path: "n", operator: "gte", operand: 3 } },
    order: [{ path: "n", descending: true }],
    limit: 4,
  }
  const given: (readonly [string, QueryResult["documents"]])[] = []
  let seed = 7
  for (let round = 0; round < 40; round++) {
    seed = (seed * 48271) % 2147483647
    const id = `d${seed % 9}`
    const op: WriteOp = seed % 5 === 0 ? { op: "delete", collection, id } : put(id, { n: seed % 11, round })
    const { stamp } = await engine.write([op])
    given.push([stamp, (await engine.query(spec)).documents])
    if (round % 13 === 0) await engine.compact()
    await bench.world.advance(1)
  }
  for (const [stamp, documents] of given) {
    const past = (await engine.part("history", "query", [spec, stamp])) as QueryResult
    const parsed = (list: QueryResult["documents"]) => list.map(({ id, text }) => [id, JSON.parse(text)])
    expect(parsed(past.documents)).toEqual(parsed(documents))
  }
})

test("what it is asked is checked", async () => {
  const { engine } = await opened({ history: "forever" })
  const ask = (verb: string, ...args: readonly unknown[]) => engine.part("history", verb, args)
  const refused = { code: "INVALID_ARGUMENT" }
  await expect(ask("toString", collection, "a")).rejects.toMatchObject(refused)
  await expect(ask("history", "", "a")).rejects.toMatchObject(refused)
  await expect(ask("history", collection, 5)).rejects.toMatchObject({ kind: "invalid" })
  for (const limit of [0, -1, 1.5, 1001, "x", Number.NaN])
    await expect(ask("history", collection, "a", { limit })).rejects.toMatchObject({
      ...refused,
      details: { path: "limit" },
    })
  await expect(ask("history", collection, "a", { before: "x" })).rejects.toMatchObject({ details: { path: "before" } })
  for (const when of [undefined, Number.NaN, Number.POSITIVE_INFINITY, "x", {}, new Date()])
    await expect(ask("asOf", collection, "a", when)).rejects.toMatchObject({ ...refused, details: { path: "when" } })
  const spec = { collection, filter: { kind: "and", filters: [] }, order: [], limit: undefined }
  await expect(ask("query", undefined, 1)).rejects.toMatchObject(refused)
  await expect(ask("query", { ...spec, aggregate: { of: "count" } }, 1)).rejects.toMatchObject(refused)
})
