/**
 * The convergence digest: equal for replicas that show the same under the same stamps. Owns: what is summed up.
 * A sum of 64-bit hashes, one for each live cell, so that the order does not matter (AdHash). Deletions are left out: replicas
 * drop them at different times. Invariant: it is a function of the cells that have values, and of the lives of documents.
 * Must not know where rows come from. It is no proof against someone who makes collisions on purpose.
 */
import type { ActorId, Stamp } from "../clock/stamp.ts"
import { encodeCbor } from "../codec/cbor.ts"
import type { Key } from "../codec/key.ts"
import type { State } from "../crdt/cells.ts"

const prefix = "fp1:"
/** FNV-1a (32 bits) from its own offset and from another one, each through the finaliser of MurmurHash3. */
const offsets = [0x811c9dc5, 0x9e3779b9] as const
const fnvPrime = 0x01000193

/** Heads of what is summed up: lists of four, two and two, as canonical CBOR begins them. */
const cellHead = encodeCbor([0, 0, 0, 0]).subarray(0, 1)
const pairHead = encodeCbor([0, 0]).subarray(0, 1)

/** A digest under way. Each hash is of the canonical CBOR of `[key, cell, [hlc, actor], value]`, or of `[key, life]`. */
export class StateDigest {
  readonly #stamps = new Map<ActorId, { readonly hlc: number; readonly bytes: Uint8Array }>()
  #high = 0
  #low = 0

  /** Adds a document. */
  add(key: Key, { life, dead, cells }: State): void {
    if (dead !== undefined) return
    const of = (head: Uint8Array): Hashes => withText(withBytes(begin, head), key)
    this.#sum(withBytes(of(pairHead), life === 0 ? zero : this.#bytesOf(life)))
    const ofCell = of(cellHead)
    for (const [cell, { stamp, value }] of cells)
      if (value !== undefined) this.#sum(withValue(withBytes(withText(ofCell, cell), this.#bytesOf(stamp)), value))
  }

  /** The digest as text. */
  get text(): string {
    const half = (part: number): string => part.toString(16).padStart(8, "0")
    return prefix + half(this.#high) + half(this.#low)
  }

  #sum([first, second]: Hashes): void {
    const sum = this.#low + finished(first)
    this.#low = sum >>> 0
    this.#high = (this.#high + finished(second) + (sum > 0xffff_ffff ? 1 : 0)) >>> 0
  }

  /** Cells of one document, and documents of one commit, have one stamp: it is encoded once for them. */
  #bytesOf({ hlc, actor }: Stamp): Uint8Array {
    const last = this.#stamps.get(actor)
    if (last?.hlc === hlc) return last.bytes
    const bytes = encodeCbor([hlc, actor])
    this.#stamps.set(actor, { hlc, bytes })
    return bytes
  }
}

type Hashes = readonly [number, number]

const begin: Hashes = offsets
const zero = encodeCbor(0)
const shortMax = 23
const textHead = 0x60

function withBytes([first, second]: Hashes, bytes: Uint8Array): Hashes {
  for (const byte of bytes) {
    first = Math.imul(first ^ byte, fnvPrime)
    second = Math.imul(second ^ byte, fnvPrime)
  }
  return [first, second]
}

const withValue = (hashes: Hashes, value: unknown): Hashes =>
  typeof value === "string" ? withText(hashes, value) : withBytes(hashes, encodeCbor(value))

/** A text as CBOR has it; one that is short and plain is not encoded for it. */
function withText(hashes: Hashes, text: string): Hashes {
  if (text.length > shortMax) return withBytes(hashes, encodeCbor(text))
  let [first, second] = hashes
  const mix = (byte: number): void => {
    first = Math.imul(first ^ byte, fnvPrime)
    second = Math.imul(second ^ byte, fnvPrime)
  }
  mix(textHead + text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return withBytes(hashes, encodeCbor(text))
    mix(code)
  }
  return [first, second]
}

function finished(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
