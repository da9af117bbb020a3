import fc from "fast-check"
import { expect, test } from "vitest"
import { nearest } from "./nearest.ts"
import { likeness, quantize, type Vector } from "./vector.ts"

/** Embeddings as models make them: near a topic, with some noise. The same for every run. */
function embeddings(count: number, dimensions: number): Map<string, Vector> {
  let seed = 1
  const next = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32 - 0.5
  const topics = Array.from({ length: 40 }, () => Array.from({ length: dimensions }, next))
  const vectors = new Map<string, Vector>()
  for (let i = 0; i < count; i++) vectors.set(`d${i}`, quantize(topics[i % 40]!.map((value) => value + next()))!)
  return vectors
}

const exactly = (wanted: Vector, vectors: ReadonlyMap<string, Vector>, limit: number) =>
  [...vectors]
    .map(([id, vector]) => ({ id, score: likeness(wanted, vector) }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .slice(0, limit)

test("of few vectors the nearest are found exactly", () => {
  const vectors = embeddings(200, 33)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 199 }), fc.integer({ min: 0, max: 250 }), (i, limit) => {
      const wanted = vectors.get(`d${i}`)!
      expect(nearest(wanted, vectors, { limit })).toEqual(exactly(wanted, vectors, limit))
    }),
    { numRuns: 50 },
  )
})

test("of many, nearly all of the nearest are found among the candidates", () => {
  const vectors = embeddings(4_000, 128)
  let found = 0
  for (let i = 0; i < 20; i++) {
    const wanted = vectors.get(`d${i * 7}`)!
    const best = new Set(exactly(wanted, vectors, 10).map(({ id }) => id))
    const given = nearest(wanted, vectors, { limit: 10, candidates: 400 })
    expect(given).toHaveLength(10)
    expect(given[0]?.id).toBe(`d${i * 7}`)
    expect(given[0]?.score).toBeCloseTo(1, 10)
    found += given.filter(({ id }) => best.has(id)).length
  }
  expect(found).toBeGreaterThanOrEqual(190)
})

test("as many candidates are compared as asked for, where signs are alike too", () => {
  const same = quantize([1, 1, 1])!
  const vectors = new Map(Array.from({ length: 30 }, (_, i) => [`d${i}`, same] as const))
  expect(nearest(same, vectors, { limit: 30, candidates: 7 })).toHaveLength(7)
})
