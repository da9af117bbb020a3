/**
 * A gateway that spares a server which does not work. Owns: when calls are refused without being made.
 * Invariant: while it is open no call gets through but one at a time, to see whether the server works again.
 */
import type { Host } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import type { Gateway } from "@fixpoint/core/gateway"
import { wrapVerbs } from "./around.ts"

/** When calls are refused. */
export interface BreakerOptions {
  /** After so many failures in a row; 5 otherwise. */
  readonly failuresMax?: number
  /** For so long; 15,000 ms otherwise. */
  readonly openMs?: number
}

/** Refuses calls for a while after failures in a row, as REMOTE_UNAVAILABLE with the reason `breaker`. */
export function breaker(
  gateway: Gateway,
  { clock }: Pick<Host, "clock">,
  { failuresMax = 5, openMs = 15_000 }: BreakerOptions = {},
): Gateway {
  let failures = 0
  let openUntilMs = 0
  let isTrying = false
  return wrapVerbs(gateway, async (_, __, run) => {
    const isOpen = failures >= failuresMax
    const leftMs = openUntilMs - clock.monotonic()
    if (isOpen && (leftMs > 0 || isTrying)) {
      const details = { reason: "breaker", retryAfterMs: Math.max(0, Math.ceil(leftMs)) }
      throw new FixpointError("REMOTE_UNAVAILABLE", "The bucket failed too often; it is left alone for a while.", {
        details,
      })
    }
    isTrying = isOpen
    try {
      const result = await run()
      failures = 0
      return result
    } catch (error) {
      // A refusal is an answer, and a call that was given up says nothing.
      const isFailure = error instanceof FixpointError && error.kind === "unavailable"
      const isAborted = error instanceof FixpointError && error.code === "ABORTED"
      if (isFailure) failures++
      else if (!isAborted) failures = 0
      if (failures >= failuresMax) openUntilMs = clock.monotonic() + openMs
      throw error
    } finally {
      if (isOpen) isTrying = false
    }
  })
}
