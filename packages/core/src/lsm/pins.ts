/**
 * The segments that reads of this engine stand on. Owns: their counts.
 * Invariant: a pinned segment is not swept by this engine, however long its reader takes. Must not know manifests.
 */

/** Counts of readers by segment. */
export class Pins {
  #counts = new Map<number, number>()

  /** Pins segments; gives the function that ends it, once. */
  hold(segments: readonly { readonly id: number }[]): () => void {
    for (const { id } of segments) this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1)
    return () => {
      for (const { id } of segments) {
        const left = (this.#counts.get(id) ?? 0) - 1
        if (left > 0) this.#counts.set(id, left)
        else this.#counts.delete(id)
      }
    }
  }

  /** Whether a read stands on the segment. */
  has(segment: number): boolean {
    return this.#counts.has(segment)
  }
}
