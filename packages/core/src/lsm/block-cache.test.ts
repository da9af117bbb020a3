import { expect, test } from "vitest"
import { BlockCache } from "./block-cache.ts"

test("the cache keeps what was used last, within its bound", () => {
  const cache = new BlockCache(100)
  cache.set(1, "a", 40)
  cache.set(2, "b", 40)
  expect(cache.get(1)).toBe("a")
  cache.set(3, "c", 40)
  expect([cache.get(1), cache.get(2), cache.get(3), cache.bytes]).toEqual(["a", undefined, "c", 80])
  cache.set(3, "d", 60)
  expect([cache.get(1), cache.get(3), cache.bytes]).toEqual(["a", "d", 100])
  cache.set(4, "too large", 101)
  expect([cache.get(4), cache.bytes]).toEqual([undefined, 0])
})
