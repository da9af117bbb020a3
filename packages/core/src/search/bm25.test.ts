import fc from "fast-check"
import { expect, test } from "vitest"
import { rarity, termScore } from "./bm25.ts"

const collection = { documents: 1_000, averageLength: 100 }
const count = fc.integer({ min: 1, max: 500 })
const length = fc.integer({ min: 1, max: 5_000 })

test("more of a term scores more, in a longer document less, and never beyond a bound", () => {
  fc.assert(
    fc.property(count, length, (times, words) => {
      const score = termScore(times, words, collection)
      expect(termScore(times + 1, words, collection)).toBeGreaterThan(score)
      expect(termScore(times, words + 1, collection)).toBeLessThan(score)
      expect(score).toBeLessThan(2.2)
    }),
  )
})

test("a rarer term weighs more, and even the commonest weighs something", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999 }), (holders) => {
      expect(rarity(collection, holders)).toBeGreaterThan(rarity(collection, holders + 1))
    }),
  )
  expect(rarity(collection, 1_000)).toBeGreaterThan(0)
  expect(rarity({ documents: 5, averageLength: 1 }, 9)).toBeGreaterThan(0)
})

test("a value worked out by hand", () => {
  // ln(1 + (10 - 2 + 0.5) / (2 + 0.5)), and 3 * 2.2 / (3 + 1.2 * (0.25 + 0.75 * 8 / 4))
  expect(rarity({ documents: 10, averageLength: 4 }, 2)).toBeCloseTo(Math.log(4.4), 12)
  expect(termScore(3, 8, { documents: 10, averageLength: 4 })).toBeCloseTo(6.6 / 5.1, 12)
})
