/**
 * Vectors small enough to keep many. Owns: the forms of an embedding as it is stored, and their likeness.
 * A vector is brought to length 1 and kept twice: as one bit a dimension (its sign), which is compared by counting bits, and
 * as one signed byte a dimension, which is what likeness is computed from. Likeness is the cosine: 1 for the same direction.
 * Invariant: reading what was written gives the same forms; likeness of a vector with itself is 1 within 1 percent.
 * Must not know documents or how vectors are found.
 */
import type { Bytes } from "../base/bytes.ts"

/** An embedding as it is compared. */
export interface Vector {
  /** The signs, 32 to a word. */
  readonly signs: Uint32Array
  /** The dimensions, each times `scale`. */
  readonly steps: Int8Array
  /** The length of `steps`, so that a comparison is one division away from the cosine. */
  readonly length: number
}

/** The vector of an embedding; undefined for one without direction or with dimensions that are no finite numbers. */
export function quantize(embedding: ArrayLike<number>): Vector | undefined {
  let largest = 0
  for (let i = 0; i < embedding.length; i++) {
    const size = Math.abs(embedding[i]!)
    if (!(size < Number.POSITIVE_INFINITY)) return undefined
    if (size > largest) largest = size
  }
  if (largest === 0) return undefined
  const steps = new Int8Array(embedding.length)
  for (let i = 0; i < steps.length; i++) steps[i] = Math.round((embedding[i]! / largest) * 127)
  return vectorOf(steps)
}

/** The vector whose bytes `bytesOfVector` gave. */
export function vectorOfBytes(bytes: Uint8Array): Vector {
  return vectorOf(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length).slice())
}

/** A vector's bytes: its dimensions. The signs follow from them. */
export function bytesOfVector({ steps }: Vector): Bytes {
  return new Uint8Array(steps.buffer.slice(steps.byteOffset, steps.byteOffset + steps.byteLength) as ArrayBuffer)
}

function vectorOf(steps: Int8Array): Vector {
  const signs = new Uint32Array(Math.ceil(steps.length / 32))
  let squares = 0
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!
    squares += step * step
    if (step > 0) signs[i >>> 5]! |= 1 << (i & 31)
  }
  return { signs, steps, length: Math.sqrt(squares) }
}

/** In how many dimensions the signs differ: a cheap guess of how unlike two vectors are. */
export function signDistance(a: Vector, b: Vector): number {
  let distance = 0
  for (let i = 0; i < a.signs.length; i++) distance += bitCount(a.signs[i]! ^ b.signs[i]!)
  return distance
}

/** The cosine of the angle between two vectors of as many dimensions, from -1 to 1. */
export function likeness(a: Vector, b: Vector): number {
  let product = 0
  for (let i = 0; i < a.steps.length; i++) product += a.steps[i]! * b.steps[i]!
  return product / (a.length * b.length)
}

/** Bits that are set in a word of 32, counted in parallel (Warren, "Hacker's Delight", 5-1). */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return (((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}
