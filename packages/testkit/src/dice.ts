/**
 * Dice from a seed. Owns: the generator (sfc32). Invariant: a seed gives one sequence, on every platform.
 * Must not be used where secrecy is meant.
 */

/** A seeded source of numbers. */
export interface Dice {
  /** An integer from 0 to 2^32 - 1. */
  uint32(): number
  /** An integer from 0 to `below` - 1. */
  below(below: number): number
  bytes(byteCount: number): Uint8Array<ArrayBuffer>
}

/** Numbers that are drawn before the first one is given, so that seeds that differ little give sequences that differ. */
const warmUpCount = 16

/** The dice of a seed. */
export function createDice(seed: number): Dice {
  let a = seed >>> 0
  let b = 0x9e3779b9
  let c = 0x243f6a88
  let counter = 1
  const uint32 = (): number => {
    const drawn = (a + b + counter) >>> 0
    counter = (counter + 1) >>> 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) >>> 0
    c = (((c << 21) | (c >>> 11)) + drawn) >>> 0
    return drawn
  }
  for (let i = 0; i < warmUpCount; i++) uint32()
  return {
    uint32,
    below: (below) => Math.floor((uint32() / 2 ** 32) * below),
    bytes: (byteCount) => Uint8Array.from({ length: byteCount }, () => uint32() & 255),
  }
}

/** One of a list; undefined, and a draw all the same, where the list is empty. */
export const pick = <T>(dice: Dice, list: readonly T[]): T => list[dice.below(list.length)] as T
