/** Moments as they are asked for. Owns: their two forms, a stamp and a time, and which writes are of a moment's past. */
import { type Hlc, hlcOfMs } from "../clock/hlc.ts"
import { compareStamps, parseStamp, type Stamp } from "../clock/stamp.ts"

/** A moment: right behind a commit, or the end of a millisecond. */
export interface Moment {
  /** No write of its past has a greater clock. */
  readonly hlc: Hlc
  isPast(stamp: Stamp): boolean
}

/** The moment of a stamp's text or of milliseconds since 1970; undefined for anything else. */
export function momentOf(when: unknown): Moment | undefined {
  if (typeof when === "number" && Number.isFinite(when)) {
    const hlc = hlcOfMs(Math.floor(when) + 1) - 1
    return { hlc, isPast: (stamp) => stamp.hlc <= hlc }
  }
  const stamp = typeof when === "string" ? parseStamp(when) : undefined
  return stamp && { hlc: stamp.hlc, isPast: (other) => compareStamps(other, stamp) <= 0 }
}
