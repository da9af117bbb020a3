// Documents that have what only one may have, though no write could be refused: they are told when they come, and found by check().
import type { Engine, EngineEvent, IndexSpec, WriteOp } from "@fixpoint/core"
import { isFixpointError } from "@fixpoint/core/errors"
import { memoryBucket } from "@fixpoint/gateways/memory"
import fc from "fast-check"
import { expect, test } from "vitest"
import { createBench } from "./bench.ts"
import { attach, remoteOf } from "./remotes.ts"

const collection = "people"
const unique = (path: string, multi = false): IndexSpec => ({
  name: path,
  parts: [{ path, descending: false, multi }],
  unique: true,
  where: undefined,
})
const declared = { [collection]: { fields: {}, indexes: [unique("mail"), unique("keys", true)] } }
const put = (id: string, document: object): WriteOp => ({ op: "put", collection, id, text: JSON.stringify(document) })

/** What an engine has told of duplicates. */
function listening(engine: Engine): unknown[] {
  const told: unknown[] = []
  engine.on((event: EngineEvent) => {
    if (event.event === "error" && event.error.code === "NOT_UNIQUE") told.push(event.error.details)
  })
  return told
}

async function found(engine: Engine): Promise<string[]> {
  const { ok, findings } = await engine.check({ deep: true })
  expect(ok).toBe(true)
  return findings.map(({ code, where }) => `${code} ${where}`)
}

test("an index over what is there tells, once it is built, who has the same, until one of them is changed", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  await engine.write([
    put("a", { mail: "x", keys: [1, 1] }),
    put("b", { mail: "x", keys: [2] }),
    put("c", { mail: null, keys: [3, 2] }),
    put("d", { mail: null }),
  ])
  const told = listening(engine)
  engine.declare(declared)
  await bench.settle()
  expect(told).toHaveLength(2)
  expect(told).toContainEqual({ path: "mail", collection, holder: "a", ids: ["a", "b"] })
  expect(told).toContainEqual({ path: "keys", collection, holder: "b", ids: ["b", "c"] })
  expect((await found(engine)).toSorted()).toEqual([
    "NOT_UNIQUE index keys of people: b, c",
    "NOT_UNIQUE index mail of people: a, b",
  ])
  await engine.write([put("a", { mail: "x", more: 1 })])
  await engine.write([put("b", { mail: "y" })])
  expect(await found(engine)).toEqual([])
  expect(told).toHaveLength(2)
})

test("a write while the index is built is refused, or told when it is built", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  await engine.write(Array.from({ length: 3000 }, (_, i) => put(`d${i}`, { mail: `m${i}` })))
  const told = listening(engine)
  engine.declare(declared)
  const outcomes = await Promise.all(
    [0, 1500, 2999].map((i) =>
      engine.write([put(`e${i}`, { mail: `m${i}` })]).then(
        () => `d${i}, e${i}`,
        (error: unknown) => (isFixpointError(error, "NOT_UNIQUE") ? undefined : "another failure"),
      ),
    ),
  )
  await bench.settle()
  const stored = outcomes.filter((one) => one !== undefined)
  expect(stored.length).toBeGreaterThan(0)
  expect((told as { ids: string[] }[]).map(({ ids }) => ids.join(", ")).toSorted()).toEqual(stored.toSorted())
  expect(await found(engine)).toHaveLength(stored.length)
})

test("what two devices wrote without knowing of each other is told on both, and found", async () => {
  const bucket = memoryBucket()
  const benches = [createBench({}), createBench({ seed: 2 })] as const
  const [a, b] = [
    await attach(await benches[0].open(), remoteOf(bucket)),
    await attach(await benches[1].open(), remoteOf(bucket)),
  ]
  const told = [a, b].map(({ engine }) => listening(engine))
  for (const { engine } of [a, b]) engine.declare(declared)
  await a.engine.write([put("a", { mail: "x" }), put("calm", { mail: "calm" })])
  await b.engine.write([put("b", { mail: "x" })])
  for (const { link } of [a, b, a]) await link.sync()
  for (const bench of benches) await bench.settle()
  for (const own of told) expect(own).toEqual([{ path: "mail", collection, holder: "a", ids: ["a", "b"] }])
  for (const { engine } of [a, b]) expect(await found(engine)).toEqual(["NOT_UNIQUE index mail of people: a, b"])
  await b.engine.write([put("b", { mail: "y" })])
  for (const { link } of [b, a]) await link.sync()
  for (const bench of benches) await bench.settle()
  for (const { engine } of [a, b]) expect(await found(engine)).toEqual([])
  for (const own of told) expect(own).toHaveLength(1)
})

test("check() finds the values that several documents have, and no others", async () => {
  const value = fc.constantFrom(undefined, null, 0, false, "", "a", "a\u0000", "ž", 1.5, "x".repeat(300))
  const documents = fc.array(fc.record({ mail: value, keys: fc.array(value, { maxLength: 3 }) }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(documents, async (all) => {
      const bench = createBench({})
      const engine = await bench.open()
      for (const [i, document] of all.entries()) await engine.write([put(`d${i}`, document)])
      engine.declare(declared)
      await bench.settle()
      const holders = new Map<string, Set<string>>()
      for (const [i, { mail, keys }] of all.entries())
        for (const [index, one] of [["mail", mail] as const, ...keys.map((key) => ["keys", key] as const)]) {
          if (one === undefined || one === null || (typeof one === "string" && one.length > 256)) continue
          const name = JSON.stringify([index, one])
          holders.set(name, (holders.get(name) ?? new Set()).add(`d${i}`))
        }
      const expected = [...holders].flatMap(([name, ids]) =>
        ids.size < 2 ? [] : [`NOT_UNIQUE index ${JSON.parse(name)[0]} of people: ${[...ids].join(", ")}`],
      )
      expect((await found(engine)).toSorted()).toEqual(expected.toSorted())
      await engine.close()
    }),
    { numRuns: 60 },
  )
})
