/**
 * What the tabs of a database tell each other of a remote: one number, as a channel carries it. Owns: its form,
 * (time · states + state) · codes + code, with 0 for "something was written". Invariant: it fits a safe integer until long after
 * clocks of 53 bits end. Must not know channels.
 */
import type { SyncStatus } from "../api/sync.ts"
import { type Code, codes } from "../base/codes.ts"

/** How a round of some tab ended. */
export interface Beat {
  readonly state: SyncStatus["state"]
  readonly atMs: number
  readonly code: Code | undefined
}

/** Says that something was written that a tab should publish. */
export const writtenBeat = 0

const states: readonly SyncStatus["state"][] = ["idle", "pulling", "pushing", "offline", "backoff", "auth", "stopped"]
const stateCount = 8
const codeCount = 256
const known = Object.keys(codes) as Code[]

/** The number of a beat. */
export function formatBeat({ state, atMs, code }: Beat): number {
  return (Math.floor(atMs) * stateCount + states.indexOf(state)) * codeCount + (code ? known.indexOf(code) + 1 : 0)
}

/** The beat of a number. */
export function parseBeat(beat: number): Beat {
  const rest = Math.floor(beat / codeCount)
  return {
    state: states[rest % stateCount] ?? "idle",
    atMs: Math.floor(rest / stateCount),
    code: known[(beat % codeCount) - 1],
  }
}
