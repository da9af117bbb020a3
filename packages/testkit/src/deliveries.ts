/**
 * Results of real asynchronous work in an order that does not depend on how long it took. Owns: that order.
 * Invariant: results are delivered in the order of the calls, each in a turn of its own, so that all that follows from
 * one is done before the next one comes.
 */

/** Ends the turn: everything that is waiting as a microtask runs first. Takes no time, unlike a timer. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (run: () => void) => unknown }
    if (setImmediate !== undefined) return void setImmediate(resolve)
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(0)
  })
}

/** A line of results. */
export class Deliveries {
  #last: Promise<unknown> = Promise.resolve()
  #pending = 0

  /** The result of `work`, which has begun already, in its turn. */
  deliver<T>(work: Promise<T>): Promise<T> {
    this.#pending++
    // A failure is delivered like a result; until its turn comes nobody listens to it.
    work.catch(noop)
    const delivered = this.#inTurn(this.#last, work)
    this.#last = delivered.catch(noop)
    return delivered
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    do await nextTurn()
    while (this.#pending > 0)
  }

  async #inTurn<T>(before: Promise<unknown>, work: Promise<T>): Promise<T> {
    await before
    try {
      return await work
    } finally {
      await nextTurn()
      this.#pending--
    }
  }
}

const noop = (): void => undefined
