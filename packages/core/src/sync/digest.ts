/**
 * The convergence digest: equal for replicas that show the same under the same stamps. Owns: what is summed up.
 * A sum of 64-bit hashes, one for each live cell, so that the order does not matter (AdHash). Deletions are left out: replicas
 * drop them at different times. Invariant: it is a function of the cells that have values, and of the lives of documents.
 * Must not know where rows come from. It is no proof against someone who makes collisions on purpose.
 */
import type { Stamp } from "../clock/stamp.ts"
import { encodeCbor } from "../codec/cbor.ts"
import type { Key } from "../codec/key.ts"
import type { State } from "../crdt/cells.ts"

const prefix = "fp1:"
/** FNV-1a (32 bits) from its own offset and from another one, each through the finaliser of MurmurHash3. */
const offsets = [0x811c9dc5, 0x9e3779b9] as const
const fnvPrime = 0x01000193

/** A digest under way. */
export class StateDigest {
  #high = 0
  #low = 0

  /** Adds a document. */
  add(key: Key, { life, dead, cells }: State): void {
    if (dead !== undefined) return
    this.#add([key, life === 0 ? 0 : stampFields(life)])
    for (const [cell, { stamp, value }] of cells)
      if (value !== undefined) this.#add([key, cell, stampFields(stamp), value])
  }

  /** The digest as text. */
  get text(): string {
    const half = (part: number): string => part.toString(16).padStart(8, "0")
    return prefix + half(this.#high) + half(this.#low)
  }

  #add(fields: unknown): void {
    const bytes = encodeCbor(fields)
    const sum = this.#low + hash32(bytes, offsets[0])
    this.#low = sum >>> 0
    this.#high = (this.#high + hash32(bytes, offsets[1]) + (sum > 0xffff_ffff ? 1 : 0)) >>> 0
  }
}

const stampFields = ({ hlc, actor }: Stamp) => [hlc, actor]

function hash32(bytes: Uint8Array, offset: number): number {
  let hash = offset
  for (const byte of bytes) hash = Math.imul(hash ^ byte, fnvPrime)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
