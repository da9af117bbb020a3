// What was written is cut at commits into packs of a bounded size. Limits are so small that a few documents are too many.
import { createMemoryDisk, type WriteOp } from "@fixpoint/core"
import { SeededWorld } from "@fixpoint/testkit"
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import { absorb, begin, cutAll, openTab, type Pack } from "./replicas.ts"

const charsMax = 400
/** Three documents, each with all that four writes have put into it. */
const commitCharsMax = 3 * (4 * 120 + 300)

vi.setConfig({ testTimeout: 240_000 })
vi.mock("../../packages/core/src/base/limits.ts", async () => {
  const actual = await vi.importActual<typeof import("../../packages/core/src/base/limits.ts")>(
    "../../packages/core/src/base/limits.ts",
  )
  return { ...actual, packCharsMax: 400 }
})

const collection = "c"
const put = (id: string, document: object): WriteOp => ({ op: "put", collection, id, text: JSON.stringify(document) })
const patch = (id: string, field: string, value: number): WriteOp => {
  return { op: "patch", collection, id, entries: [[field, value]] }
}
const charsOf = ({ rows }: Pack): number => rows.reduce((sum, [, row]) => sum + row.length, 0)

const write = fc.record({
  ids: fc.uniqueArray(fc.nat(12), { minLength: 1, maxLength: 3 }),
  size: fc.nat(120),
  isDeletion: fc.boolean(),
  then: fc.constantFrom("nothing", "nothing", "nothing", "nothing", "cut", "flush"),
})

test("packs follow one another at commits, each small, and are together what was written", async () => {
  let most = 0
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 40 }), async (writes) => {
      const world = new SeededWorld(1)
      const [mine, theirs] = [await openTab(world), await openTab(world, createMemoryDisk())]
      const packs = [await begin(mine)]
      await begin(theirs)
      for (const [n, { ids, size, isDeletion, then }] of writes.entries()) {
        const ops = ids.map(
          (id): WriteOp =>
            isDeletion && id % 3 === 0
              ? { op: "delete", collection, id: `d${id}` }
              : put(`d${id}`, { n, [`f${n % 4}`]: "x".repeat(size) }),
        )
        await mine.write(ops)
        if (then === "cut") packs.push(...(await cutAll(mine)))
        if (then === "flush") await mine.flush()
      }
      const last = await cutAll(mine)
      packs.push(...last)
      most = Math.max(most, last.length)
      expect((await mine.replica.read()).hasUncut).toBe(false)
      for (const [i, pack] of packs.entries()) {
        expect(pack.lo).toBe(packs[i - 1]?.hi ?? 0)
        expect(pack.hi).toBeGreaterThan(pack.lo)
        expect(charsOf(pack), `pack ${i}`).toBeLessThanOrEqual(charsMax + commitCharsMax)
      }
      for (const pack of packs) expect(await absorb(theirs, [pack])).toBe("done")
      expect(await theirs.states()).toEqual(await mine.states())
    }),
    { numRuns: 30 },
  )
  expect(most).toBeGreaterThan(1)
})

test("one commit is one pack, however large it is", async () => {
  const mine = await openTab(new SeededWorld(1))
  await begin(mine)
  await mine.write(Array.from({ length: 50 }, (_, i) => put(`d${i}`, { text: "x".repeat(100) })))
  await mine.write([put("small", {})])
  const packs = await cutAll(mine)
  expect(packs.map(({ rows }) => rows.length)).toEqual([50, 1])
})

test("a document of which only some was written by the end of a pack is in it by that, and the rest is in the next", async () => {
  const mine = await openTab(new SeededWorld(1))
  await begin(mine)
  await mine.write([put("a", { text: "x".repeat(300), n: 1 })])
  await mine.write([put("b", { text: "y".repeat(300) })])
  await mine.write([patch("a", "n", 2)])
  const packs = await cutAll(mine)
  const texts = packs.map(({ rows }) => rows.map(([, row]) => row).join())
  expect(texts.map((text) => [text.includes("xxx"), text.includes("yyy"), text.includes('"n":2')])).toEqual([
    [true, false, false],
    [false, true, false],
    [false, false, true],
  ])
})
