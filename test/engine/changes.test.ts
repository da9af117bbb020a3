// The change feed: a cursor names one moment for ever. Whoever has a copy as of a cursor and applies what the feed gives for it
// has the documents of now, whatever came meanwhile: commits of two tabs, flushes, merges, reopenings, another device's writes.
import { createMemoryDisk, type Engine } from "@fixpoint/core"
import { SeededWorld } from "@fixpoint/testkit"
import fc from "fast-check"
import { expect, test } from "vitest"
import { createBench } from "./bench.ts"
import { absorb, begin, cut, openTab, type Pack } from "./replicas.ts"

const collection = "c"
const id = fc.constantFrom("a", "b", "c", "d")
const write = fc.record({ id, n: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }) })
type Write = typeof write extends fc.Arbitrary<infer W> ? W : never

const opsOf = (writes: readonly Write[]) =>
  writes.map(({ id: key, n }) =>
    n === undefined
      ? ({ op: "delete", collection, id: key } as const)
      : ({ op: "put", collection, id: key, text: `{"n":${n}}` } as const),
  )

/** Copies of the documents at each moment, by their cursors, each brought up to now by what the feed gives for it. */
class Copies {
  readonly #copies = new Map<string | undefined, ReadonlyMap<string, string>>([[undefined, new Map()]])
  checks = 0

  /** Looks at every cursor so far through `changes`; the newest copy is checked against `now`. */
  async look(changes: Engine["changes"], now: ReadonlyMap<string, string>): Promise<void> {
    let next: string | undefined
    for (const [since, copy] of this.#copies) {
      const page = await changes(collection, since)
      const again = new Map(copy)
      const ids = page.changes.map((change) => change.id)
      expect(new Set(ids).size).toBe(ids.length)
      for (const { id: key, text } of page.changes)
        if (text === undefined) again.delete(key)
        else again.set(key, text)
      expect(new Map([...again].sort())).toEqual(new Map([...now].sort()))
      expect(next === undefined || next === page.cursor).toBe(true)
      next = page.cursor
      expect((await changes(collection, next)).changes).toEqual([])
      this.checks++
    }
    this.#copies.set(next, now)
  }
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ tab: fc.nat(1), writes: fc.array(write, { minLength: 1, maxLength: 4 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ tab: fc.nat(1), chore: fc.constantFrom("compact" as const, "reopen" as const) }),
  },
)

test("every cursor ever given leads to now, in both tabs, across flushes, merges and reopenings", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const bench = createBench({})
      const tabs = [await bench.open(), await bench.open()]
      const copies = new Copies()
      const now = new Map<string, string>()
      for (const one of steps) {
        const engine = tabs[one.tab] as Engine
        if ("writes" in one) {
          await engine.write(opsOf(one.writes))
          for (const { id: key, n } of one.writes)
            if (n === undefined) now.delete(key)
            else now.set(key, `{"n":${n}}`)
        } else if (one.chore === "compact") await engine.compact()
        else {
          await engine.close()
          tabs[one.tab] = await bench.open()
        }
        await bench.settle()
        for (const reader of tabs) await copies.look((...asked) => reader.changes(...asked), new Map(now))
      }
      for (const engine of tabs) await engine.close()
    }),
    { numRuns: 60 },
  )
}, 60_000)

const remoteStep = fc.record({
  device: fc.nat(1),
  writes: fc.array(write, { minLength: 1, maxLength: 3 }),
  then: fc.constantFrom("nothing", "cut", "absorb", "flush"),
})

test("what another device wrote earlier and arrives later is in the feed of every cursor before it came", async () => {
  const looked = { checks: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(remoteStep, { minLength: 2, maxLength: 12 }), async (steps) => {
      const world = new SeededWorld(1)
      const tabs = [await openTab(world, createMemoryDisk()), await openTab(world, createMemoryDisk())] as const
      const waiting: [Pack[], Pack[]] = [[await begin(tabs[1])], [await begin(tabs[0])]]
      const copies = new Copies()
      const documents = async () => {
        const found = new Map<string, string>()
        for (const key of ["a", "b", "c", "d"]) {
          const text = (await tabs[0].row(collection, key))?.split("\t")[0]
          if (text) found.set(key, text)
        }
        return found
      }
      for (const { device, writes, then } of steps) {
        const tab = tabs[device] as (typeof tabs)[number]
        const other = device === 0 ? 1 : 0
        await tab.write(opsOf(writes))
        if (then === "cut" || then === "absorb") waiting[other].push(await cut(tab))
        if (then === "absorb") {
          const packs = waiting[other].splice(0)
          if ((await absorb(tabs[other], packs)) === "uncut") {
            waiting[device === 0 ? 0 : 1].push(await cut(tabs[other]))
            expect(await absorb(tabs[other], packs)).toBe("done")
          }
        }
        if (then === "flush") await tabs[0].flush()
        await copies.look((_, since) => tabs[0].changes(since), await documents())
      }
      looked.checks += copies.checks
    }),
    { numRuns: 60 },
  )
  expect(looked.checks).toBeGreaterThan(500)
}, 60_000)
