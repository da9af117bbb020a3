/**
 * Opened blocks in memory, least recently used ones out first. Owns: the bound on their size.
 * Invariant: blocks never change, so that nothing here is ever stale. Must not know what a block holds.
 */

/** A map of opened blocks that keeps its total below a bound. */
export class BlockCache {
  readonly #bytesMax: number
  #entries = new Map<number, { readonly block: unknown; readonly bytes: number }>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Size of what is kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** The block, which thereby becomes the most recently used one. */
  get(key: number): unknown {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.block
  }

  /** Keeps a block of the given size, and forgets old ones until all fit. */
  set(key: number, block: unknown, bytes: number): void {
    this.#bytes += bytes - (this.#entries.get(key)?.bytes ?? 0)
    this.#entries.delete(key)
    this.#entries.set(key, { block, bytes })
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) break
      this.#entries.delete(oldest)
      this.#bytes -= entry.bytes
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }
}
