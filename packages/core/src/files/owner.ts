/**
 * Which engines are alive, as far as files go. Owns: the lock that shows it of this one.
 * Invariant: an engine holds its lock from before its first row that names it until it ends, however it ends. Must not know files.
 */
import { toHex } from "../base/bytes.ts"
import type { Host } from "../base/host.ts"

const nameBytes = 8
const lockOf = (owner: string): string => `fixpoint-files-${owner}`

/** This engine as an owner of files. */
export class Owner {
  readonly name: string
  readonly #host: Host
  readonly #ending = new AbortController()
  #held: Promise<void> | undefined

  constructor(host: Host) {
    this.#host = host
    this.name = toHex(host.random(nameBytes))
  }

  /** Resolves once others can see that this engine is alive. */
  show(): Promise<void> {
    this.#held ??= new Promise((resolve, reject) => {
      const { signal } = this.#ending
      const untilEnd = async () => {
        resolve()
        if (!signal.aborted)
          await new Promise<void>((end) => signal.addEventListener("abort", () => end(), { once: true }))
      }
      this.#host.locks.hold(lockOf(this.name), { signal }, untilEnd).catch(reject)
    })
    return this.#held
  }

  /** Those of the owners that have ended. */
  async ended(owners: Iterable<string>): Promise<Set<string>> {
    const ended = new Set<string>()
    for (const owner of owners) {
      if (owner === this.name) continue
      const isFree = await this.#host.locks.hold(lockOf(owner), { ifAvailable: true }, async () => true)
      if (isFree === true) ended.add(owner)
    }
    return ended
  }

  end(): void {
    this.#ending.abort()
  }
}
