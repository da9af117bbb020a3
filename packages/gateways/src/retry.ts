/**
 * A gateway that tries again. Owns: after which failures, when, and how often in all.
 * Invariant: what cannot pass by itself is not tried again, and repetitions are a tenth of all calls in the long run, so that a
 * server that fails is not called more for it. Delays are drawn from zero to a bound that doubles ("full jitter": M. Brooker,
 * "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 */
import type { Host } from "@fixpoint/core"
import { type Code, FixpointError } from "@fixpoint/core/errors"
import type { Gateway } from "@fixpoint/core/gateway"
import { sleep, wrapVerbs } from "./around.ts"

/** When to try again. */
export interface RetryOptions {
  /** Calls in all for one of the caller; 4 otherwise. */
  readonly attemptsMax?: number
  /** Bound of the first delay; 250 ms otherwise. */
  readonly delayMs?: number
  /** Bound of every delay; 30,000 ms otherwise. A server that wishes for more is left to the caller. */
  readonly delayMaxMs?: number
}

/** What may pass by itself, soon. */
const passing: readonly Code[] = ["REMOTE_UNAVAILABLE", "REMOTE_TIMEOUT", "REMOTE_THROTTLED"]

const budgetMax = 10
const budgetOfCall = 0.1

/** Calls again what failed in passing. A PUT with `ifAbsent` may then meet its own object: it is `exists`. */
export function retry(
  gateway: Gateway,
  effects: Pick<Host, "random" | "timers">,
  { attemptsMax = 4, delayMs = 250, delayMaxMs = 30_000 }: RetryOptions = {},
): Gateway {
  let budget = budgetMax
  return wrapVerbs(gateway, async (_, signal, run) => {
    budget = Math.min(budgetMax, budget + budgetOfCall)
    for (let attempt = 1; ; attempt++) {
      try {
        return await run()
      } catch (error) {
        if (!(error instanceof FixpointError) || !passing.includes(error.code)) throw error
        const wishMs = Number(error.details["retryAfterMs"] ?? 0)
        if (attempt >= attemptsMax || budget < 1 || wishMs > delayMaxMs) throw error
        budget--
        const bound = Math.min(delayMaxMs, delayMs * 2 ** (attempt - 1))
        await sleep(effects, Math.max(wishMs, drawn(effects) * bound), signal)
      }
    }
  })
}

/** A number from 0 up to, not including, 1. */
function drawn({ random }: Pick<Host, "random">): number {
  const [high = 0, low = 0] = random(2)
  return (high * 256 + low) / 65_536
}
