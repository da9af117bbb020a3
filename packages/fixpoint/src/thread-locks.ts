/**
 * Locks and broadcasts within one thread, for platforms that have none of their own. Owns: who holds what.
 * Invariant: a lock is handed on in the order of asking. Engines of other processes are not seen: there the store's
 * compare-and-swap alone decides, as it always does.
 */
import { FixpointError } from "@fixpoint/core/errors"
import type { Channel, Locks } from "@fixpoint/core"

/** By name, the end of the line of those who want a lock. */
const lines = new Map<string, Promise<unknown>>()

/** By name, who listens. */
const listeners = new Map<string, Set<(message: number) => void>>()

/** Locks of this thread. */
export const threadLocks: Locks = {
  async hold(name, { ifAvailable = false, signal }, work) {
    const before = lines.get(name)
    if (ifAvailable && before !== undefined) return undefined
    const turn = (async () => {
      await before
      if (signal?.aborted) throw new FixpointError("ABORTED", undefined, { cause: signal.reason })
      return await work()
    })()
    const end = turn.catch(() => undefined)
    lines.set(name, end)
    try {
      return await turn
    } finally {
      if (lines.get(name) === end) lines.delete(name)
    }
  },
}

/** A broadcast of this thread. Nobody hears himself. */
export function threadChannel(name: string, onMessage: (message: number) => void): Channel {
  const all = listeners.get(name) ?? new Set()
  listeners.set(name, all.add(onMessage))
  return {
    post(message) {
      for (const listener of all)
        if (listener !== onMessage) queueMicrotask(() => all.has(listener) && listener(message))
    },
    close() {
      all.delete(onMessage)
      if (all.size === 0) listeners.delete(name)
    },
  }
}
