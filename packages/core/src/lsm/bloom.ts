/**
 * Bloom filters over keys: about one false answer in a hundred, so that a read opens the block that has its row and
 * hardly ever another. Owns: the bit layout. Invariant: a key that was added is always found.
 */
import type { Key } from "../codec/key.ts"

const bitsPerKey = 10
const probes = 6

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** FNV-1a of a one-byte string, from a given start. */
function hashOf(key: Key, start: number): number {
  let h = start
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193)
  return mix(h)
}

/** Calls `visit` with the positions of two hashes in a filter of `bitCount` bits, until it gives false. */
function probe(first: number, second: number, bitCount: number, visit: (bit: number) => boolean): boolean {
  for (let i = 0; i < probes; i++) if (!visit((first + i * second) % bitCount)) return false
  return true
}

const firstHash = (key: Key): number => hashOf(key, 0x811c9dc5)
const secondHash = (key: Key): number => hashOf(key, 0x9e3779b9)

/** Collects keys, then makes their filter. */
export class BloomBuilder {
  #hashes: number[] = []

  /** Adds a key. */
  add(key: Key): void {
    this.#hashes.push(firstHash(key), secondHash(key))
  }

  /** The filter of the keys added. */
  build(): Uint8Array {
    const hashes = this.#hashes
    const bits = new Uint8Array(Math.ceil((hashes.length * bitsPerKey) / 16))
    for (let i = 0; i < hashes.length; i += 2)
      probe(hashes[i]!, hashes[i + 1]!, bits.length * 8, (bit) => {
        bits[bit >>> 3]! |= 1 << (bit & 7)
        return true
      })
    return bits
  }
}

/** Whether a key may be among those of the filter. */
export function mayHold(bits: Uint8Array, key: Key): boolean {
  const has = (bit: number) => (bits[bit >>> 3]! & (1 << (bit & 7))) !== 0
  return probe(firstHash(key), secondHash(key), bits.length * 8, has)
}
