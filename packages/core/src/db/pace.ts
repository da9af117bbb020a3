/**
 * How often a bucket is looked at. Owns: the delays between rounds, and what a failure means for the next one.
 * Invariant: pure. A failure that only the application can cure is not repeated by itself. Must not know buckets.
 */
import type { SyncStatus } from "../api/sync.ts"
import type { FixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"

/** What the pace depends on. */
export interface Pace {
  readonly sinceChangeMs: number
  readonly isVisible: boolean
  /** Requests within the last hour. */
  readonly requestsLastHour: number
}

/** The delay before the next look at a bucket that answers. */
export function pollDelayMs({ sinceChangeMs, isVisible, requestsLastHour }: Pace): number {
  if (!isVisible) return limits.pollHiddenMs
  const isBusy = sinceChangeMs < limits.activeMs && requestsLastHour < limits.requestsPerHourMax
  return isBusy ? limits.pollActiveMs : limits.pollIdleMs
}

/** What becomes of a link whose round has failed: its state, and when it tries again; undefined for never by itself. */
export interface AfterFailure {
  readonly state: SyncStatus["state"]
  readonly delayMs: number | undefined
}

/** What a failure means. `roll` is from 0 up to, not including, 1: full jitter, so that devices do not come back together. */
export function afterFailure(error: FixpointError, failures: number, roll: number): AfterFailure {
  // What is written cannot be published, but what others write still comes.
  if (error.code === "REMOTE_READ_ONLY") return { state: "auth", delayMs: limits.syncRetryMaxMs }
  if (error.kind === "auth") return { state: "auth", delayMs: undefined }
  if (error.kind === "invalid") return { state: "stopped", delayMs: undefined }
  const bound = Math.min(limits.syncRetryMaxMs, limits.syncRetryMs * 2 ** Math.min(failures - 1, 20))
  const wishMs = Number(error.details["retryAfterMs"] ?? 0)
  return { state: "backoff", delayMs: Math.max(wishMs, limits.syncRetryMs / 4, roll * bound) }
}
