/**
 * Places between places. Owns: keys whose order as text is the order of a list.
 * Invariant: a key is strictly between its neighbours, and no beginning of the greater one, so that whatever is put behind it
 * stays between them; it never ends with the lowest digit, so that there is always room below. Must not know items.
 */
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const base = digits.length

const digitOf = (key: string, place: number): number => Math.max(0, digits.indexOf(key.charAt(place) || "0"))

/**
 * A key between two others; undefined stands for the end of that side. `random` gives numbers from 0 up to 1: keys that are made
 * between the same neighbours at the same time differ by it.
 */
export function keyBetween(below: string | undefined, above: string | undefined, random: () => number): string {
  let key = ""
  let isOpen = above === undefined
  for (let place = 0; ; place++) {
    const low = digitOf(below ?? "", place)
    const high = isOpen ? base : digitOf(above ?? "", place)
    if (high - low > 1) return key + digits.charAt((low + high) >> 1) + tail(random)
    key += digits.charAt(low)
    isOpen ||= high > low
  }
}

/** Digits that tell keys apart; the last is not the lowest. */
function tail(random: () => number): string {
  let text = ""
  for (let i = 0; i < tailDigits; i++) text += digits.charAt(1 + Math.floor(random() * (base - 1)))
  return text
}

const tailDigits = 4
