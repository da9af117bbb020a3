/**
 * Bloom filters over keys: about one false answer in eight hundred, so that a read opens the block that has its row and
 * hardly ever another. Owns: the bit layout. Invariant: a key that was added is always found.
 */
import type { Key } from "../codec/key.ts"

const bitsPerKey = 14
const probes = 9

/** Two hashes of a key: all that filters know of it. One pair serves the filters of all segments. */
export interface KeyHash {
  readonly first: number
  readonly second: number
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** The hashes of a one-byte string: FNV-1a from two starts. */
export function hashKey(key: Key): KeyHash {
  let first = 0x811c9dc5
  let second = 0x9e3779b9
  for (let i = 0; i < key.length; i++) {
    const byte = key.charCodeAt(i)
    first = Math.imul(first ^ byte, 0x01000193)
    second = Math.imul(second ^ byte, 0x01000193)
  }
  return { first: mix(first), second: mix(second) }
}

/** The bit of the given probe, in a filter of `bitCount` bits. */
const bitAt = ({ first, second }: KeyHash, probe: number, bitCount: number): number =>
  ((first + Math.imul(probe, second)) >>> 0) % bitCount

/** Collects keys, then makes their filter. */
export class BloomBuilder {
  readonly #hashes: KeyHash[] = []

  /** Adds a key. */
  add(key: Key): void {
    this.#hashes.push(hashKey(key))
  }

  /** The filter of the keys added. */
  build(): Uint8Array {
    const bits = new Uint8Array(Math.ceil((this.#hashes.length * bitsPerKey) / 8))
    for (const hash of this.#hashes)
      for (let probe = 0; probe < probes; probe++) {
        const bit = bitAt(hash, probe, bits.length * 8)
        bits[bit >>> 3]! |= 1 << (bit & 7)
      }
    return bits
  }
}

/** Whether a key of these hashes may be among those of the filter. */
export function mayHold(bits: Uint8Array, hash: KeyHash): boolean {
  const bitCount = bits.length * 8
  for (let probe = 0; probe < probes; probe++) {
    const bit = bitAt(hash, probe, bitCount)
    if ((bits[bit >>> 3]! & (1 << (bit & 7))) === 0) return false
  }
  return true
}
