/**
 * Sums that do not depend on the order of their parts. Owns: exact addition of numbers and bigints.
 * Invariant: the sum is exact, and rounded once when it is read; taking out what was put in leaves what was before. So a sum
 * that is kept true by changes equals the one that is worked out anew, to the last bit.
 */
import type { Json } from "../base/json.ts"

/** Every finite number is a multiple of 2^-1074. */
const scale = 1074

const bits = new DataView(new ArrayBuffer(8))

/** A finite number in units of 2^-1074. */
function scaled(value: number): bigint {
  bits.setFloat64(0, Math.abs(value))
  const exponent = bits.getUint16(0) >> 4
  const fraction = bits.getBigUint64(0) & ((1n << 52n) - 1n)
  const magnitude = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1)
  return value < 0 ? -magnitude : magnitude
}

/** The number nearest to so many units of 2^-1074. */
function rounded(units: bigint): number {
  const magnitude = units < 0n ? -units : units
  // 64 bits are enough to round by, if the last one tells of what is cut off.
  const shift = Math.max(0, magnitude.toString(16).length * 4 - 64)
  const top = magnitude >> BigInt(shift)
  const isExact = top << BigInt(shift) === magnitude
  const value = Number(isExact ? top : top | 1n) * 2 ** (shift - scale)
  return units < 0n ? -value : value
}

/** The bigint of a stored value; undefined when it is none. */
function bigintOf(value: Json): bigint | undefined {
  const escape = (value as { readonly $?: readonly [string, string] } | null)?.$
  return escape?.[0] === "n" ? BigInt(escape[1]) : undefined
}

/** A sum of stored values; those that are no numbers are passed over. */
export class ExactSum {
  /** Whole numbers, as long as their sum is exact. */
  #whole = 0
  #rest = 0n
  #numbers = 0
  #bigints = 0

  /** How many values it is of. */
  get count(): number {
    return this.#numbers + this.#bigints
  }

  /** Puts a value in (1), or takes it out (-1). */
  move(value: Json, sign: 1 | -1): void {
    if (typeof value === "number") {
      this.#numbers += sign
      const next = this.#whole + sign * value
      if (Number.isSafeInteger(value) && Number.isSafeInteger(next)) this.#whole = next
      else this.#rest += BigInt(sign) * scaled(value)
      return
    }
    const big = bigintOf(value)
    if (big === undefined) return
    this.#bigints += sign
    this.#rest += (BigInt(sign) * big) << BigInt(scale)
  }

  /** The sum as a number. */
  toNumber(): number {
    return this.#rest === 0n ? this.#whole : rounded(this.#units())
  }

  /** The sum as stored: a bigint when all values are. */
  toJson(): Json {
    if (this.#numbers > 0 || this.#bigints === 0) return this.toNumber()
    return { $: ["n", String(this.#units() >> BigInt(scale))] }
  }

  #units(): bigint {
    return this.#rest + (BigInt(this.#whole) << BigInt(scale))
  }
}
