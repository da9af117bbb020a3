/** Timers of the platform, for stores under test. */
import type { Timers } from "@fixpoint/core"

/** One-shot timers. */
export const timers: Timers = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}
