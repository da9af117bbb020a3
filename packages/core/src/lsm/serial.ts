/**
 * One piece of work after the other. Owns: the order. Invariant: a piece begins when the one before has ended, well or
 * not. Must not know what the work is.
 */

/** A line of work. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()
  #count = 0

  /** Whether something is under way or waits. */
  get isBusy(): boolean {
    return this.#count > 0
  }

  /** Does `work` when all before it has ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#count++
    const done = this.#last.then(work).finally(() => this.#count--)
    // Whoever called gets the failure; it is no reason for the next piece not to begin.
    this.#last = done.then(noop, noop)
    return done
  }

  /** Resolves when all that is under way has ended. */
  idle(): Promise<unknown> {
    return this.#last
  }
}

const noop = (): void => undefined
