/**
 * Finds what changed in a value. Owns: when an edit is worth it.
 * Pieces of the value before are looked for in the one after, so that changes in several places cost what they are; what has changed
 * much is not looked through. Must not know what values mean.
 */
import { hashOfValue, type ValueEdit } from "./value-edit.ts"

/** Pieces of the value before are found again by so many characters. */
const pieceChars = 64

/** Fewer that stay the same are not worth two numbers. */
const copiedCharsMin = 12

/** An edit has at most so many new characters, and a quarter of the value after. */
const freshCharsMax = 16 * 1024

/** The edit that makes a value of the one before it; undefined where that is not worth it. */
export function findEdit(before: string, after: string): ValueEdit | undefined {
  const places = placesOf(before)
  const max = Math.min(freshCharsMax, after.length / 4)
  const parts: (string | number)[] = []
  let fresh = 0
  /** Up to where the new value is in the edit. */
  let done = 0
  /** Where the value before would go on. */
  let next = 0
  for (let at = 0; at < after.length; ) {
    let place = next
    let start = at
    let end = at + (at === done ? commonLength(before, next, after, at) : 0)
    if (end - at < copiedCharsMin) {
      const found = places.get(after.slice(at, at + pieceChars))
      if (found === undefined) {
        if (fresh + ++at - done > max) return undefined
        continue
      }
      place = found
      while (start > done && place > 0 && before.charCodeAt(place - 1) === after.charCodeAt(start - 1)) {
        start--
        place--
      }
      end = at + commonLength(before, found, after, at)
    }
    if (start > done) parts.push(after.slice(done, start))
    parts.push(place, end - start)
    fresh += start - done
    next = place + end - start
    done = end
    at = end
  }
  if (done < after.length) parts.push(after.slice(done))
  return [hashOfValue(before), before.length, ...parts]
}

/** Where the pieces of a value are. */
function placesOf(value: string): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  for (let at = 0; at + pieceChars <= value.length; at += pieceChars) places.set(value.slice(at, at + pieceChars), at)
  return places
}

/** How much is the same in two texts from two places on. */
function commonLength(a: string, i: number, b: string, j: number): number {
  const max = Math.min(a.length - i, b.length - j)
  let length = 0
  while (length < max && a.charCodeAt(i + length) === b.charCodeAt(j + length)) length++
  return length
}
