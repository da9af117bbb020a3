/**
 * Time that passes only when it is told to. Owns: the timers of all hosts of one world, and their order.
 * Invariant: timers fire in the order of their times, those of one time in the order in which they were set.
 */
import type { Clock, Timers } from "@fixpoint/core"

interface Timer {
  readonly atMs: number
  readonly run: () => void
}

/** Wall time at which every world begins. */
export const startMs: number = Date.UTC(2026, 0, 1)

/** A clock and timers without any real time. */
export class VirtualTime implements Clock, Timers {
  #nowMs = 0
  #wallOffsetMs = startMs
  /** In the order in which they were set. */
  readonly #timers = new Set<Timer>()
  readonly #settled: () => Promise<void>

  /** `settled` resolves when what a timer began has come to rest. */
  constructor(settled: () => Promise<void>) {
    this.#settled = settled
  }

  now(): number {
    return this.#nowMs + this.#wallOffsetMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  /** Sets the wall clock forward or, with a negative number, back. */
  shiftWall(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  /** Number of timers that wait. */
  get waiting(): number {
    return this.#timers.size
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), run }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Lets time pass: timers fire one by one, each after all that came of the one before. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs
    await this.#settled()
    for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) {
      this.#timers.delete(timer)
      this.#nowMs = Math.max(this.#nowMs, timer.atMs)
      timer.run()
      await this.#settled()
    }
    this.#nowMs = untilMs
  }

  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers)
      if (timer.atMs <= untilMs && (next === undefined || timer.atMs < next.atMs)) next = timer
    return next
  }
}
