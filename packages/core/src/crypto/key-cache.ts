/**
 * Derived keys that were needed lately. Owns: the bound.
 * Invariant: at most `entriesMax` are kept, the one unused for longest goes first, and a failed derivation is not kept.
 * Must not know how keys are derived.
 */

/** Derivations by name, under way or done. */
export class KeyCache<T> {
  readonly #entries = new Map<string, Promise<T>>()
  readonly #entriesMax: number

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  /** The derivation of that name, begun by `derive` when there is none. */
  get(name: string, derive: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(name)
    this.#entries.delete(name)
    const entry = known ?? this.#begin(name, derive)
    this.#entries.set(name, entry)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#entriesMax) break
      this.#entries.delete(oldest)
    }
    return entry
  }

  async #begin(name: string, derive: () => Promise<T>): Promise<T> {
    try {
      return await derive()
    } catch (error) {
      this.#entries.delete(name)
      throw error
    }
  }
}

/** Bytes as a name. */
export function nameOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
