/**
 * The nearest of many vectors. Owns: the search in two steps: the signs of all, then the likeness of the best of these.
 * Invariant: with no more vectors than `candidates`, the result is exact; with more, a near one can be missed whose signs are
 * further away than those of all candidates. Equal likeness is ordered by id. Must not know where vectors come from.
 */
import { compareText } from "../codec/order.ts"
import { likeness, signDistance, type Vector } from "./vector.ts"

/** A document found by its vector: its likeness, from -1 to 1. */
export interface Neighbour {
  readonly id: string
  readonly score: number
}

/** How many vectors are compared in full, at the least. */
const candidatesMin = 1_000
const candidatesPerResult = 20

/** How many of the vectors are compared in full for so many results. */
export const candidatesFor = (limit: number): number => Math.max(candidatesMin, limit * candidatesPerResult)

/** The vectors most like `wanted`, most like first. */
export function nearest(
  wanted: Vector,
  vectors: ReadonlyMap<string, Vector>,
  { limit, candidates = candidatesFor(limit) }: { readonly limit: number; readonly candidates?: number },
): Neighbour[] {
  const chosen = vectors.size <= candidates ? vectors : closestBySigns(wanted, vectors, candidates)
  const found: Neighbour[] = []
  for (const [id, vector] of chosen) found.push({ id, score: likeness(wanted, vector) })
  found.sort((a, b) => b.score - a.score || compareText(a.id, b.id))
  return found.slice(0, limit)
}

/** The vectors whose signs differ least: all that are nearer than the last distance, and of that one as many as there is room for. */
function closestBySigns(
  wanted: Vector,
  vectors: ReadonlyMap<string, Vector>,
  count: number,
): Iterable<[string, Vector]> {
  const distances = new Uint16Array(vectors.size)
  const histogram = new Uint32Array(wanted.signs.length * 32 + 1)
  let i = 0
  for (const vector of vectors.values()) {
    const distance = signDistance(wanted, vector)
    distances[i++] = distance
    histogram[distance]!++
  }
  let last = 0
  let room = count
  while (histogram[last]! < room) room -= histogram[last++]!
  const closest: [string, Vector][] = []
  i = 0
  for (const entry of vectors) {
    const distance = distances[i++]!
    if (distance < last || (distance === last && room-- > 0)) closest.push(entry)
  }
  return closest
}
