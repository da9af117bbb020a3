// The life of indexes: declared over documents, built in steps beside all else, gone on with after a kill, maintained by tabs that
// never heard of them, dropped when nobody declares them. And what queries by them read, counted.
import { createMemoryStore, type Engine, type Filter, type IndexSpec, type Json, type QuerySpec } from "@fixpoint/core"
import { wrapStore } from "@fixpoint/testkit"
import { describe, expect, test } from "vitest"
import { type Bench, createBench } from "./bench.ts"

const collection = "things"
const index = (name: string, over: Partial<IndexSpec> = {}): IndexSpec => ({
  name,
  parts: name.split(",").map((path) => ({
    path: path.replace(/^-|\[\]$/g, ""),
    descending: path.startsWith("-"),
    multi: path.endsWith("[]"),
  })),
  unique: false,
  where: undefined,
  ...over,
})
const declare = (engine: Engine, ...indexes: readonly IndexSpec[]) =>
  engine.declare({ [collection]: { fields: {}, indexes } })
const field = (path: string, operator: "eq" | "gte" | "lt" | "has" | "in" | "between", operand: Json): Filter => ({
  kind: "field",
  condition: { path, operator, operand },
})
const all: Filter = { kind: "and", filters: [] }
const query = (filter: Filter, over: Partial<QuerySpec> = {}): QuerySpec => ({
  collection,
  filter,
  order: [],
  limit: undefined,
  ...over,
})
const by = (path: string) => [{ path: path.replace("-", ""), descending: path.startsWith("-") }]

const documentOf = (i: number) => ({
  n: i,
  list: `list ${i % 100}`,
  done: i % 2 === 0,
  tags: [`t${i % 50}`, `u${i % 7}`],
  text: `text of document ${i}`.padEnd(160, "."),
})
const idOf = (i: number) => `d${String((i * 7919) % 20_000).padStart(5, "0")}`

async function fill(engine: Engine, count: number): Promise<void> {
  const step = 2_000
  for (let start = 0; start < count; start += step)
    await engine.write(
      Array.from({ length: Math.min(step, count - start) }, (_, i) => ({
        op: "put",
        collection,
        id: idOf(start + i),
        text: JSON.stringify(documentOf(start + i)),
      })),
    )
}

const stateOf = async (engine: Engine) => (await engine.stats()).indexes.map(({ name, state }) => `${name}: ${state}`)

/** Lets work go on until something holds. */
async function until(bench: Bench, holds: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (await holds()) return
    await bench.settle()
  }
  throw new Error("It never came to pass.")
}
const ready = (bench: Bench, engine: Engine, count: number) =>
  until(bench, async () => {
    const { indexes } = await engine.stats()
    return indexes.length === count && indexes.every(({ state }) => state === "ready")
  })

describe("an index that is declared", () => {
  test("before there are documents is ready with the first of them, and costs no commit of its own", async () => {
    const bench = createBench({})
    const engine = await bench.open()
    declare(engine, index("n"))
    await fill(engine, 10)
    expect(await stateOf(engine)).toEqual(["n: ready"])
    expect((await engine.stats()).commits).toBe(1)
    const { documents, stats } = await engine.query(query(field("n", "eq", 3)))
    expect(documents).toHaveLength(1)
    expect(stats).toMatchObject({ index: "n", rowsRead: 1, entriesRead: 1, fullScan: false })
    await engine.close()
  })

  test("over documents is built in steps; queries scan until it is ready, and then say that they use it", async () => {
    const bench = createBench({})
    const engine = await bench.open()
    await fill(engine, 5_000)
    const steps: number[] = []
    engine.on((event) => {
      if (event.event === "metric" && event.name === "index") steps.push(event.count)
    })
    declare(engine, index("n"), index("tags[]"))
    const before = await engine.query(query(field("n", "eq", 3)))
    expect(before.stats).toMatchObject({ index: undefined, fullScan: true })
    await ready(bench, engine, 2)
    expect(steps.length).toBeGreaterThan(3)
    expect(steps.reduce((sum, count) => sum + count, 0)).toBe(5_000)
    const after = await engine.query(query(field("n", "eq", 3)))
    expect(after.documents).toEqual(before.documents)
    expect(after.stats).toMatchObject({ index: "n", rowsRead: 1 })
    expect((await engine.stats()).indexes.map(({ entries }) => entries)).toEqual([5_000, 10_000])
    await engine.close()
  })

  test("is built on by another tab after a kill in the middle, from where it was", async () => {
    const gate = { commits: Number.POSITIVE_INFINITY }
    const bench = createBench({
      persistence: "indexeddb",
      openStore: (disk) =>
        wrapStore(createMemoryStore(disk), async ({ name }, run) => {
          // A killed tab never hears of its commit again.
          if (name === "commit" && gate.commits-- <= 0) return await new Promise<never>(() => undefined)
          return await run()
        }),
    })
    const engine = await bench.open()
    await fill(engine, 5_000)
    gate.commits = 3
    declare(engine, index("n"))
    await until(bench, async () => gate.commits < 0)
    gate.commits = Number.POSITIVE_INFINITY
    bench.world.locks.abandonAll()
    const other = await bench.open()
    expect(await stateOf(other)).toEqual(["n: building"])
    const counts: number[] = []
    other.on((event) => {
      if (event.event === "metric" && event.name === "index") counts.push(event.count)
    })
    await ready(bench, other, 1)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThan(5_000)
    const { documents, stats } = await other.query(query(all, { order: by("n"), limit: 3 }))
    expect(documents.map(({ id }) => id)).toEqual([0, 1, 2].map(idOf))
    expect(stats.index).toBe("n")
  })

  test("otherwise than before is built under another number, and the old one dropped once nobody else is there", async () => {
    const bench = createBench({})
    const old = await bench.open()
    declare(old, index("n"))
    await fill(old, 2_000)
    const other = await bench.open()
    declare(other, index("list,n"))
    await ready(bench, other, 2)
    await bench.world.advance(10_000)
    expect(await stateOf(other)).toEqual(["n: ready", "list,n: ready"])
    await old.close()
    await other.write([{ op: "put", collection, id: idOf(0), text: '{"n":-1}' }])
    await bench.world.advance(10_000)
    expect(await stateOf(other)).toEqual(["list,n: ready"])
    await other.compact()
    const { segments } = await other.stats()
    expect(segments.map(({ rows }) => rows)).toEqual([4_000])
    expect(await other.check({ deep: true })).toMatchObject({ ok: true })
    await other.close()
  })

  test("is maintained by a tab that has not declared it", async () => {
    const bench = createBench({})
    const one = await bench.open()
    const other = await bench.open()
    declare(one, index("n"))
    await fill(one, 10)
    await bench.settle()
    await other.write([{ op: "put", collection, id: "new", text: '{"n":99}' }])
    await other.write([{ op: "delete", collection, id: idOf(3) }])
    await bench.settle()
    for (const engine of [one, other]) {
      const { documents, stats } = await engine.query(query(field("n", "gte", 3), { order: by("-n") }))
      expect(stats.index).toBe("n")
      expect(documents.map(({ id }) => id)).toEqual(["new", ...[9, 8, 7, 6, 5, 4].map(idOf)])
    }
    for (const engine of [one, other]) await engine.close()
  })
})

describe("a transaction", () => {
  test("sees its own writes in queries by an index", async () => {
    const bench = createBench({})
    const engine = await bench.open()
    declare(engine, index("n"))
    await fill(engine, 50)
    const tx = await engine.begin()
    await tx.write([
      { op: "put", collection, id: "own", text: '{"n":4.5}' },
      { op: "delete", collection, id: idOf(4) },
      { op: "patch", collection, id: idOf(5), entries: [["n", 1000]] },
    ])
    const { documents, stats } = await tx.query(query(field("n", "gte", 3), { order: by("n"), limit: 4 }))
    expect(documents.map(({ id }) => id)).toEqual([idOf(3), "own", idOf(6), idOf(7)])
    expect(stats).toMatchObject({ index: "n", fullScan: false })
    tx.rollback()
    await engine.close()
  })
})

test("a record has one entry for each value that changes, and a deletion for the one before", async () => {
  const entries: number[] = []
  const bench = createBench({})
  const engine = await bench.open()
  declare(engine, index("n"), index("list"), index("tags[]"))
  const rows = async () => (await engine.stats()).memtableRows
  const write = async (text: string) => {
    const before = await rows()
    await engine.write([{ op: "put", collection, id: "a", text }])
    entries.push((await rows()) - before)
  }
  await write('{"n":1,"list":"x","tags":["p","q"]}')
  await write('{"n":1,"list":"x","tags":["p","q"],"more":1}')
  await write('{"n":2,"list":"x","tags":["q","r"]}')
  // The document, and: four entries; none; n 2, "r" (deletions take the places of n 1 and "p").
  expect(entries).toEqual([5, 0, 2])
  await engine.close()
})

describe("what a query reads, cold, of 20,000 documents in one segment", () => {
  const bench = createBench({})
  const open = async () => {
    const engine = await bench.open()
    return engine
  }
  const cases: readonly (readonly [string, QuerySpec, object])[] = [
    ["equality", query(field("n", "eq", 777)), { index: "n", rowsRead: 1, entriesRead: 1, blocksRead: 2 }],
    [
      "range, order, limit",
      query(field("n", "gte", 500), { order: by("n"), limit: 50 }),
      { index: "n", rowsRead: 50, rowsReturned: 50 },
    ],
    ["descending", query(all, { order: by("-n"), limit: 50 }), { index: "n", rowsRead: 50, rowsReturned: 50 }],
    [
      "compound equality, range and order",
      query(
        { kind: "and", filters: [field("list", "eq", "list 7"), field("n", "gte", 10_000)] },
        { order: by("n"), limit: 20 },
      ),
      { index: "list,n", rowsRead: 20, rowsReturned: 20 },
    ],
    [
      "several equalities, merged by the order",
      query(field("list", "in", ["list 7", "list 9", "list 11"]), { order: by("-n"), limit: 10 }),
      { index: "list,n", rowsRead: 10, rowsReturned: 10 },
    ],
    ["element of an array", query(field("tags", "has", "t7")), { index: "tags[]", rowsRead: 400, entriesRead: 400 }],
    [
      "two elements",
      query({ kind: "and", filters: [field("tags", "has", "t7"), field("tags", "has", "u3")] }),
      { index: "tags[]", rowsRead: 400, rowsReturned: 57 },
    ],
    [
      "either of two fields",
      query({ kind: "or", filters: [field("n", "lt", 5), field("tags", "has", "t7")] }),
      { index: "n | tags[]", rowsRead: 405, rowsReturned: 405 },
    ],
    [
      "some of a short list, beside a wide range",
      query({ kind: "and", filters: [field("n", "gte", 100), field("tags", "has", "t7")] }, { limit: 20 }),
      { index: "tags[]", entriesRead: 400, rowsReturned: 20 },
    ],
    ["nothing", query(field("n", "in", [])), { rowsRead: 0, entriesRead: 0, blocksRead: 0, fullScan: false }],
    ["without an index", query(field("done", "eq", true)), { index: undefined, rowsRead: 20_000, fullScan: true }],
    [
      "ids from one to another",
      query({ kind: "and", filters: [field("_id", "gte", "d00100"), field("_id", "lt", "d00110")] }),
      { index: undefined, rowsRead: 10, fullScan: false },
    ],
    [
      "the last ids",
      query(all, { order: by("-_id"), limit: 3 }),
      { index: undefined, rowsReturned: 3, fullScan: false },
    ],
  ]

  test.each(cases)(
    "%s",
    async (_, spec, wanted) => {
      if ((await (await open()).stats()).documents === 0) {
        const engine = await open()
        declare(engine, index("n"), index("list,n"), index("tags[]"))
        await fill(engine, 20_000)
        await engine.compact()
        await engine.close()
      }
      const engine = await open()
      const { stats } = await engine.query(spec)
      expect(stats).toMatchObject(wanted)
      // Rows lie scattered, so that each may need a block of its own; entries lie together.
      expect(stats.blocksRead).toBeLessThanOrEqual(stats.rowsRead + Math.ceil(stats.entriesRead / 256) + 3)
      await engine.close()
    },
    60_000,
  )
})
