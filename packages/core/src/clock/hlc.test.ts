import fc from "fast-check"
import { expect, test } from "vitest"
import { hlcToMs, nextHlc } from "./hlc.ts"

const start = Date.UTC(2025, 0, 1)
const nowMs = fc.oneof(
  fc.integer({ min: 0, max: Date.UTC(2094, 0, 1) }),
  fc.double({ min: start, max: start + 1e6, noNaN: true }),
  fc.constantFrom(-1e15, 0, start, start + 0.999),
)

test("readings grow, whatever the wall clock does", () => {
  fc.assert(
    fc.property(fc.array(nowMs, { minLength: 2, maxLength: 50 }), (times) => {
      let last = 0
      for (const time of times) {
        const next = nextHlc(last, time)
        expect(next).toBeGreaterThan(last)
        expect(Number.isSafeInteger(next)).toBe(true)
        expect(hlcToMs(next)).toBeGreaterThanOrEqual(Math.floor(time))
        last = next
      }
    }),
    { numRuns: 1000 },
  )
})

test("a clock that moves on is followed, and one that stands is counted", () => {
  expect(nextHlc(0, start + 5)).toBe(5 * 4096)
  expect(hlcToMs(5 * 4096)).toBe(start + 5)
  expect(nextHlc(5 * 4096, start + 5)).toBe(5 * 4096 + 1)
  expect(nextHlc(5 * 4096, start)).toBe(5 * 4096 + 1)
  expect(nextHlc(5 * 4096 + 4095, start + 5)).toBe(6 * 4096)
})

test("a clock out of range stops, and does not repeat itself", () => {
  expect(hlcToMs(nextHlc(0, Date.UTC(2094, 0, 1)))).toBe(Date.UTC(2094, 0, 1))
  for (const [last, now] of [
    [Number.MAX_SAFE_INTEGER, 0],
    [0, Date.UTC(2095, 0, 1)],
    [0, Number.NaN],
    [0, Number.POSITIVE_INFINITY],
    [0.5, 0],
  ] as const)
    expect(() => nextHlc(last, now)).toThrow("INTERNAL")
})
