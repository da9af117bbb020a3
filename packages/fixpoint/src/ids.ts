/**
 * Ids of documents that bring none. Owns: their form: 48 bits of time in ms, then 80 random ones, in base32hex, which sorts as
 * text in the order of time. Invariant: ids of one tab ascend, within a millisecond and when the clock goes back too.
 */
import { nowMs, randomBits39 } from "./thread-host.ts"

/** The newest id of this thread: later ones come after it. */
const last = { ms: 0, high: 0, low: 0 }

/** A new id of 26 characters, greater than all before it. */
export function newId(): string {
  const ms = nowMs()
  if (ms > last.ms) Object.assign(last, { ms, high: randomBits39(), low: randomBits39() })
  else last.low += 1
  return digits(last.ms, 10) + digits(last.high, 8) + digits(last.low, 8)
}

function digits(n: number, count: number): string {
  return n.toString(32).padStart(count, "0")
}
