/**
 * Version vectors: what has been seen of whom. Owns: their order, their join, and which writes they cover.
 * Invariant: an actor that is not named counts as 0; as writes of an actor arrive without gaps, a number tells of all of them.
 * Must not know what is written.
 */
import type { Hlc } from "./hlc.ts"
import type { ActorId, Stamp } from "./stamp.ts"

/** By actor, the clock up to which everything that it wrote is known. */
export type VersionVector = Readonly<Record<ActorId, Hlc>>

/** Whether a write is among what is known. */
export function covers(vector: VersionVector, { hlc, actor }: Stamp): boolean {
  return hlc <= (vector[actor] ?? 0)
}

/** Whether `vector` knows all that `other` knows. */
export function coversAll(vector: VersionVector, other: VersionVector): boolean {
  return Object.entries(other).every(([actor, hlc]) => hlc <= (vector[actor] ?? 0))
}

/** What both know together. */
export function joinVectors(a: VersionVector, b: VersionVector): VersionVector {
  const joined: Record<ActorId, Hlc> = { ...a }
  for (const [actor, hlc] of Object.entries(b)) joined[actor] = Math.max(joined[actor] ?? 0, hlc)
  return joined
}
