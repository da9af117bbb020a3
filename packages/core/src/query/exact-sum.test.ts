import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Json } from "../base/json.ts"
import { ExactSum } from "./exact-sum.ts"

const sumOf = (values: readonly Json[]): ExactSum => {
  const sum = new ExactSum()
  for (const value of values) sum.move(value, 1)
  return sum
}
const number = fc.double({ noNaN: true, noDefaultInfinity: true })
const whole = fc.maxSafeInteger()
const big = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((value): Json => ({ $: ["n", String(value)] }))
const values = fc.array(fc.oneof(number, whole, fc.integer({ min: -9, max: 9 })), { maxLength: 30 })

describe("an exact sum", () => {
  test("of one number is that number", () => {
    fc.assert(
      fc.property(fc.oneof(number, whole), (value) => {
        expect(sumOf([value]).toNumber()).toBe(value + 0)
      }),
    )
    for (const value of [5e-324, 2 ** -1022, 2 ** -1022 - 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 0.1])
      expect(sumOf([value]).toNumber()).toBe(value)
  })

  test("of two numbers is what the platform adds, which rounds once", () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(sumOf([a, b]).toNumber()).toBe(a + b + 0)
      }),
      { numRuns: 2_000 },
    )
  })

  test("does not depend on the order, and forgets what is taken out", () => {
    fc.assert(
      fc.property(values, values, fc.nat(), (kept, taken, turn) => {
        const sum = sumOf([...taken, ...kept])
        for (const value of taken) sum.move(value, -1)
        const turned = [...kept.slice(turn % (kept.length + 1)), ...kept.slice(0, turn % (kept.length + 1))]
        expect(sum.toNumber()).toBe(sumOf(turned).toNumber())
        expect(sum.count).toBe(kept.length)
      }),
      { numRuns: 500 },
    )
  })

  test("loses nothing on the way", () => {
    expect(sumOf([1e308, 1e308, -1e308, 1, -1e308]).toNumber()).toBe(1)
    expect(sumOf(Array.from({ length: 10 }, () => 0.1)).toNumber()).toBe(1)
    expect(sumOf([2 ** 53, 1, 1]).toNumber()).toBe(2 ** 53 + 2)
    expect(sumOf([1e308, 1e308]).toNumber()).toBe(Number.POSITIVE_INFINITY)
  })

  test("of bigints is a bigint, of both a number, of other values nothing", () => {
    fc.assert(
      fc.property(fc.array(big, { minLength: 1 }), (bigs) => {
        const total = bigs.reduce<bigint>((sum, value) => sum + BigInt((value as { $: [string, string] }).$[1]), 0n)
        expect(sumOf(bigs).toJson()).toEqual({ $: ["n", String(total)] })
        expect(sumOf(bigs).toNumber()).toBe(Number(total))
        expect(sumOf([...bigs, 0]).toJson()).toBe(Number(total))
      }),
    )
    expect(sumOf(["5", true, null, [1], { n: 1 }, { $: ["d", 5] }]).toJson()).toBe(0)
  })
})
