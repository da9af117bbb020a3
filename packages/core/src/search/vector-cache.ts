/**
 * The vectors of an index in memory. Owns: what was read of an index, and up to which record.
 * Invariant: after `refresh` every entry of the index is here as it is. Entries that were deleted may still be here, until
 * somebody who looks for the document says so: scans give no deletions. Must not know how vectors are compared.
 */
import type { Key } from "../codec/key.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { Vector } from "./vector.ts"
import { readVectorEntry } from "./vector-plugin.ts"

/** Vectors by document. */
export class VectorCache {
  readonly #vectors = new Map<string, Vector>()
  #head = 0
  #refreshing: Promise<unknown> = Promise.resolve()

  /** Reads what has changed of the entries under a prefix; gives how many entries that were. */
  refresh(lsm: Lsm, prefix: Key): Promise<number> {
    const refreshed = this.#refreshing.then(() => this.#read(lsm, prefix))
    // A failed one leaves the head where it was: the next one reads the same again.
    this.#refreshing = refreshed.catch(() => undefined)
    return refreshed
  }

  /** The vectors as of the last refresh. */
  get vectors(): ReadonlyMap<string, Vector> {
    return this.#vectors
  }

  /** The document has no vector any more. */
  forget(id: string): void {
    this.#vectors.delete(id)
  }

  async #read(lsm: Lsm, prefix: Key): Promise<number> {
    const { head } = lsm
    if (head === this.#head) return 0
    let count = 0
    for await (const rows of lsm.scan({ from: prefix, to: `${prefix}\u0100` }, { newerThan: this.#head })) {
      count += rows.length
      for (const [key, value] of rows) this.#vectors.set(...readVectorEntry(key.slice(prefix.length), value))
    }
    this.#head = head
    return count
  }
}
