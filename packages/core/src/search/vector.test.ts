import fc from "fast-check"
import { expect, test } from "vitest"
import { bytesOfVector, likeness, quantize, signDistance, vectorOfBytes } from "./vector.ts"

const dimension = fc.double({ min: -1, max: 1, noNaN: true })
const embedding = fc
  .array(dimension, { minLength: 64, maxLength: 64 })
  .filter((one) => one.some((value) => Math.abs(value) > 1e-3))

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

test("likeness is near the cosine of what was given, and a vector is like itself", () => {
  fc.assert(
    fc.property(embedding, embedding, (a, b) => {
      const [left, right] = [quantize(a)!, quantize(b)!]
      expect(Math.abs(likeness(left, right) - cosine(a, b))).toBeLessThan(0.03)
      expect(likeness(left, left)).toBeCloseTo(1, 10)
    }),
  )
})

test("a vector comes back from its bytes", () => {
  fc.assert(
    fc.property(embedding, (given) => {
      const vector = quantize(given)!
      expect(vectorOfBytes(bytesOfVector(vector))).toEqual(vector)
    }),
  )
})

test("signs differ in as many dimensions as they do", () => {
  fc.assert(
    fc.property(embedding, embedding, (a, b) => {
      const [left, right] = [quantize(a)!, quantize(b)!]
      const expected = [...left.steps].filter((step, i) => step > 0 !== right.steps[i]! > 0).length
      expect(signDistance(left, right)).toBe(expected)
    }),
  )
})

test("what has no direction is no vector", () => {
  for (const given of [[], [0, 0], [1, Number.NaN], [Number.POSITIVE_INFINITY], [-0]])
    expect(quantize(given)).toBeUndefined()
  expect(quantize([1e-300, 0])?.steps).toEqual(new Int8Array([127, 0]))
})
