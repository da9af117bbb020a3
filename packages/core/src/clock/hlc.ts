/**
 * The hybrid logical clock. Owns: how wall time and a counter share one number.
 * Invariant: each reading is greater than the last, whatever the wall clock does, and fits a safe integer.
 * Must not know who keeps the last reading, or actors (stamp.ts).
 */
import { FixpointError } from "../base/errors.ts"

/** A reading: milliseconds since 2025-01-01 UTC, times 4096, plus a counter for readings of one millisecond. */
export type Hlc = number

const epochMs = Date.UTC(2025, 0, 1)
const ticksPerMs = 4096

/** The reading after `last` at wall time `nowMs`: time when it moved forward, one tick more when it did not. */
export function nextHlc(last: Hlc, nowMs: number): Hlc {
  const next = Math.max(last + 1, hlcOfMs(nowMs))
  if (Number.isSafeInteger(next)) return next
  throw new FixpointError("INTERNAL", "The clock left its range.", { details: { last, now: String(nowMs) } })
}

/** The first reading of a millisecond since 1970. */
export function hlcOfMs(ms: number): Hlc {
  return Math.floor(ms - epochMs) * ticksPerMs
}

/** Whether a reading says that the wall clock had moved past the last one, or past all that came from others. */
export function isWallTime(hlc: Hlc): boolean {
  return hlc % ticksPerMs === 0
}

/** The wall time of a reading, in milliseconds since 1970. */
export function hlcToMs(hlc: Hlc): number {
  return epochMs + Math.floor(hlc / ticksPerMs)
}
