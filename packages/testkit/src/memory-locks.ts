/**
 * Locks in memory, with the meaning of Web Locks. Owns: who holds what, and the order of those who wait.
 * Invariant: a lock has one holder, and goes to those who wait in the order in which they asked.
 */
import type { Locks } from "@fixpoint/core"

interface Asker {
  readonly begin: () => void
}

/** Locks that all hosts of a world share. */
export class MemoryLocks implements Locks {
  /** By name: the holder first, then those who wait. */
  readonly #lines = new Map<string, Asker[]>()

  /** Names of the locks that are held. */
  get held(): string[] {
    return [...this.#lines.keys()]
  }

  /** Frees all locks, as when those who hold them are killed. */
  abandonAll(): void {
    this.#lines.clear()
  }

  async hold<T>(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    options.signal?.throwIfAborted()
    const line = this.#lines.get(name) ?? []
    if (options.ifAvailable === true && line.length > 0) return undefined
    this.#lines.set(name, line)
    const asker = await this.#turnOf(line, options.signal)
    try {
      return await work()
    } finally {
      this.#leave(name, line, asker)
    }
  }

  /** Resolves when the asker is the first of its line. */
  #turnOf(line: Asker[], signal: AbortSignal | undefined): Promise<Asker> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        line.splice(line.indexOf(asker), 1)
        reject(signal?.reason as Error)
      }
      const asker: Asker = {
        begin() {
          signal?.removeEventListener("abort", giveUp)
          resolve(asker)
        },
      }
      line.push(asker)
      if (line[0] === asker) asker.begin()
      else signal?.addEventListener("abort", giveUp, { once: true })
    })
  }

  #leave(name: string, line: Asker[], asker: Asker): void {
    line.splice(line.indexOf(asker), 1)
    const [next] = line
    if (next === undefined) this.#lines.delete(name)
    else next.begin()
  }
}
