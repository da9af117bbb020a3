/**
 * Tells the engines of other tabs that there are new commits. Owns: when.
 * Invariant: nobody who commits waits for it, as a post to a channel wakes other processes; commits that follow each other
 * share a hint. A hint may be lost: others look by themselves too.
 */
import type { CancelTimer, Timers } from "../base/host.ts"
import { hintDelayMs } from "../base/limits.ts"

/** The hints of one engine. */
export class Hints {
  readonly #timers: Timers
  readonly #post: () => void
  #cancel: CancelTimer | undefined

  constructor(timers: Timers, post: () => void) {
    this.#timers = timers
    this.#post = post
  }

  /** There is a commit. */
  commit(): void {
    this.#cancel ??= this.#timers.after(hintDelayMs, () => this.flush())
  }

  /** Tells at once what has not been told. */
  flush(): void {
    if (this.#cancel === undefined) return
    this.#cancel()
    this.#cancel = undefined
    this.#post()
  }
}
