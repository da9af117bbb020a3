// Unique indexes: no two documents of one database get the same values, by whatever writes, together or one after the other, of
// however many tabs; and check() finds an index that does not have the entries of its documents.
import type { Engine, Filter, IndexSpec, WriteOp } from "@fixpoint/core"
import { isFixpointError } from "@fixpoint/core/errors"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as plugin from "../../packages/core/src/db/index-plugin.ts"
import { type Bench, createBench } from "./bench.ts"

const collection = "people"
const unique = (name: string, where?: Filter): IndexSpec => ({
  name,
  parts: name.split(",").map((path) => ({
    path: path.replace("[]", ""),
    descending: false,
    multi: path.endsWith("[]"),
  })),
  unique: true,
  where,
})
const put = (id: string, document: object): WriteOp => ({ op: "put", collection, id, text: JSON.stringify(document) })
const declare = (engine: Engine, ...indexes: readonly IndexSpec[]) =>
  engine.declare({ [collection]: { fields: {}, indexes } })
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return isFixpointError(error) ? error.code : "stored"
}

async function opened(bench: Bench, ...indexes: readonly IndexSpec[]): Promise<Engine> {
  const engine = await bench.open()
  declare(engine, ...indexes)
  return engine
}

describe("a unique index", () => {
  test("refuses the second document of the same values, and says which one has them", async () => {
    const engine = await opened(createBench({}), unique("mail"))
    await engine.write([put("a", { mail: "x" })])
    const refusal = await engine.write([put("b", { mail: "x" })]).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: "NOT_UNIQUE", kind: "conflict", details: { path: "mail", holder: "a" } })
    expect(await codeOf(engine.write([put("a", { mail: "x", more: 1 })]))).toBe("stored")
    expect(await codeOf(engine.write([put("b", { mail: "y" })]))).toBe("stored")
    expect(await codeOf(engine.write([{ op: "patch", collection, id: "b", entries: [["mail", "x"]] }]))).toBe(
      "NOT_UNIQUE",
    )
    await engine.write([{ op: "delete", collection, id: "a" }])
    expect(await codeOf(engine.write([{ op: "patch", collection, id: "b", entries: [["mail", "x"]] }]))).toBe("stored")
    await engine.close()
  })

  test("lets documents without a value, or with null, be as many as they are", async () => {
    const engine = await opened(createBench({}), unique("mail"), unique("a,b"))
    const documents = [{}, {}, { mail: null }, { mail: null }, { a: 1 }, { a: 1 }, { a: 1, b: null }]
    for (const [i, document] of documents.entries())
      expect(await codeOf(engine.write([put(`d${i}`, document)]))).toBe("stored")
    await engine.close()
  })

  test("is asked within one commit, one tick, and one transaction", async () => {
    const engine = await opened(createBench({}), unique("mail"))
    expect(await codeOf(engine.write([put("a", { mail: "x" }), put("b", { mail: "x" })]))).toBe("NOT_UNIQUE")
    const outcomes = await Promise.all(["c", "d", "e"].map((id) => codeOf(engine.write([put(id, { mail: "z" })]))))
    expect(outcomes).toEqual(["stored", "NOT_UNIQUE", "NOT_UNIQUE"])
    // Two documents may change places.
    await engine.write([put("f", { mail: "f" })])
    expect(await codeOf(engine.write([put("c", { mail: "f" }), put("f", { mail: "z" })]))).toBe("stored")
    const tx = await engine.begin()
    await tx.write([put("g", { mail: "z" })])
    expect(await codeOf(tx.commit(undefined))).toBe("NOT_UNIQUE")
    await engine.close()
  })

  test("goes by elements, and by its own filter", async () => {
    const live: Filter = { kind: "field", condition: { path: "live", operator: "eq", operand: true } }
    const engine = await opened(createBench({}), unique("keys[]"), unique("mail", live))
    expect(await codeOf(engine.write([put("a", { keys: [1, 1, 2] })]))).toBe("stored")
    expect(await codeOf(engine.write([put("b", { keys: [3, 2] })]))).toBe("NOT_UNIQUE")
    expect(
      await codeOf(engine.write([put("c", { mail: "x", live: false }), put("d", { mail: "x", live: true })])),
    ).toBe("stored")
    expect(await codeOf(engine.write([put("e", { mail: "x", live: true })]))).toBe("NOT_UNIQUE")
    expect(await codeOf(engine.write([put("f", { mail: "x".repeat(300), live: true })]))).toBe("LIMIT_SIZE")
    await engine.close()
  })

  test("holds whatever two tabs write at once", async () => {
    const write = fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom(1, 2, 3), fc.nat(1), fc.boolean())
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 25 }), async (writes) => {
        const bench = createBench({})
        const tabs = [await opened(bench, unique("n")), await opened(bench, unique("n"))]
        const outcomes: Promise<string>[] = []
        for (const [id, n, tab, isAwaited] of writes) {
          outcomes.push(codeOf((tabs[tab] as Engine).write([put(id, { n })])))
          if (isAwaited) await outcomes.at(-1)
        }
        for (const outcome of await Promise.all(outcomes)) expect(["stored", "NOT_UNIQUE"]).toContain(outcome)
        await bench.settle()
        for (const tab of tabs) {
          const { documents } = await tab.query({
            collection,
            filter: { kind: "and", filters: [] },
            order: [],
            limit: undefined,
          })
          const values = documents.map(({ text }) => text)
          expect(new Set(values).size).toBe(values.length)
          await tab.close()
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})

describe("check", () => {
  test("finds an index with an entry too few, too many or another one, and has it built anew", async () => {
    for (const damage of ["few", "many", "other"] as const) {
      const bench = createBench({})
      const engine = await opened(bench, { ...unique("n"), unique: false })
      const { compile } = plugin.indexPlugin
      // An engine of other code: its entries are not those of the documents.
      const spoiled = await bench.open()
      Object.assign(plugin.indexPlugin, {
        compile: (what: never) => ({
          onDelta: (delta: never, out: Parameters<ReturnType<typeof compile>["onDelta"]>[1]) =>
            compile(what).onDelta(delta, {
              ...out,
              put: (key, value) => {
                if (damage !== "few") out.put(damage === "many" ? key : `${key.slice(0, -1)}z`, value)
                if (damage === "many") out.put(`B${key}`, value)
              },
              delete: out.delete.bind(out),
              tally: out.tally.bind(out),
            }),
        }),
      })
      try {
        await engine.write([put("a", { n: 1 })])
        await bench.settle()
        await spoiled.write([put("b", { n: 2 })])
      } finally {
        Object.assign(plugin.indexPlugin, { compile })
      }
      await bench.settle()
      await spoiled.close()
      await engine.close()
      const again = await bench.open()
      const report = await again.check({ deep: true })
      expect(report, damage).toMatchObject({ ok: false, findings: [{ code: "INDEX_CORRUPT" }] })
      expect((await again.check({})).ok).toBe(true)
      for (let turn = 0; turn < 100; turn++) await bench.settle()
      expect((await again.stats()).indexes).toMatchObject([{ name: "n", state: "ready", entries: 2 }])
      expect(await again.check({ deep: true }), damage).toMatchObject({ ok: true, findings: [] })
      const { documents, stats } = await again.query({
        collection,
        filter: { kind: "field", condition: { path: "n", operator: "gte", operand: 0 } },
        order: [{ path: "n", descending: false }],
        limit: undefined,
      })
      expect([stats.index, ...documents.map(({ id }) => id)]).toEqual(["n", "a", "b"])
      await again.close()
    }
  })
})
