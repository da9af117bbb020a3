/**
 * Values of which the least and the greatest are known. Owns: their order and their numbers.
 * Invariant: taking out what was put in leaves what was before. Of d different values a change costs log d comparisons.
 */
import type { Json } from "../base/json.ts"
import { compareValues } from "../codec/order.ts"

interface Held {
  readonly value: Json
  readonly text: string
  count: number
}

/** Stored values in order. */
export class Extremes {
  readonly #held: Held[] = []

  get least(): Json | undefined {
    return this.#held[0]?.value
  }

  get greatest(): Json | undefined {
    return this.#held.at(-1)?.value
  }

  /** Puts a value in (1), or takes it out (-1). */
  move(value: Json, sign: 1 | -1): void {
    const text = JSON.stringify(value)
    let low = 0
    let high = this.#held.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#held[middle] as Held
      const order = compareValues(other.value, value) || (other.text < text ? -1 : Number(other.text > text))
      if (order < 0) low = middle + 1
      else high = middle
    }
    const held = this.#held[low]
    if (held?.text !== text) this.#held.splice(low, 0, { value, text, count: sign })
    else if ((held.count += sign) === 0) this.#held.splice(low, 1)
  }
}
