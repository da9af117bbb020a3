import { expect, test, vi } from "vitest"
import { fetchedAhead } from "./fetch-ahead.ts"

vi.mock("../base/limits.ts", () => ({ fetchAheadMax: 3, fetchAheadBytes: 100 }))

const itemsOf = (...sizes: readonly number[]) => sizes.map((byteCount, n) => ({ byteCount, n }))

/** Fetches that end in the order in which they were begun, or fail. */
async function follow(sizes: readonly number[], failing = -1) {
  const under = new Set<number>()
  const taken: number[] = []
  let many = 0
  let bytes = 0
  const items = itemsOf(...sizes)
  const held = () => items.filter(({ n }) => under.has(n)).reduce((sum, { byteCount }) => sum + byteCount, 0)
  const fetch = async ({ n }: { readonly n: number }) => {
    under.add(n)
    many = Math.max(many, under.size)
    bytes = Math.max(bytes, held())
    for (let turn = 0; turn < 3; turn++) await Promise.resolve()
    if (n === failing) throw new Error("lost")
    return n
  }
  const outcome = await (async () => {
    for await (const [{ n }, result] of fetchedAhead(items, fetch)) {
      expect(result).toBe(n)
      taken.push(n)
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
      under.delete(n)
    }
  })().then(
    () => "done",
    (error: Error) => error.message,
  )
  return { taken, many, bytes, outcome }
}

test("items come in their order, a few of them ahead, and no more of them than there is room for", async () => {
  const few = await follow([10, 10, 10, 10, 10, 10])
  expect(few).toMatchObject({ taken: [0, 1, 2, 3, 4, 5], many: 4, outcome: "done" })
  const large = await follow([60, 60, 60, 60])
  expect(large).toMatchObject({ taken: [0, 1, 2, 3], many: 2 })
  expect(await follow([])).toMatchObject({ taken: [], outcome: "done" })
})

test("one that is larger than all the room comes all the same", async () => {
  expect(await follow([500, 500, 500])).toMatchObject({ taken: [0, 1, 2], many: 2, outcome: "done" })
})

test("a failure comes in its turn, and those behind it are let go", async () => {
  expect(await follow([10, 10, 10, 10], 1)).toMatchObject({ taken: [0], outcome: "lost" })
})
