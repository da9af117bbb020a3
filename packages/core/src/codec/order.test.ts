import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { utf8Encode } from "../base/bytes.ts"
import type { Json } from "../base/json.ts"
import { compareFields, compareText, compareValues, equalValues } from "./order.ts"
import { encodeValue, type Value } from "./value.ts"

const stored = (value: Value): Json => encodeValue(value, "")
const sign = Math.sign

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1)
}

/** Values in ascending order: the table of decision 004. */
const ascending: readonly Value[] = [
  null,
  false,
  true,
  -(10n ** 400n),
  -Number.MAX_VALUE,
  -1.5,
  -1n,
  0,
  Number.MIN_VALUE,
  2 ** 53,
  2n ** 53n + 1n,
  2 ** 53 + 2,
  10n ** 400n,
  new Date(-1),
  new Date(0),
  new Date(8.64e15),
  "",
  "A",
  "a",
  "a\0",
  "aa",
  "b",
  "é",
  "\ue000",
  "\uffff",
  "\u{10000}",
  new Uint8Array([]),
  new Uint8Array([0]),
  new Uint8Array([0, 0]),
  new Uint8Array([0, 1]),
  new Uint8Array([1]),
  new Uint8Array([128]),
  new Uint8Array([255]),
  [],
  [null],
  [null, null],
  [1],
  [1, 2],
  ["a"],
  [[]],
  {},
  { a: 1 },
  { a: 1, b: 1 },
  { a: 2 },
  { a: "1" },
  { b: 0 },
]

describe("the order", () => {
  test("is that of the table, for every pair", () => {
    for (const [i, a] of ascending.entries())
      for (const [j, b] of ascending.entries())
        expect([a, b, sign(compareValues(stored(a), stored(b)))]).toEqual([a, b, sign(i - j)])
  })

  const value = fc.constantFrom(...ascending)
  const any: fc.Arbitrary<Json> = fc
    .oneof(
      value,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.bigInt(),
      fc.string({ unit: "binary" }),
      fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
      fc.array(value, { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 2 }), value, { maxKeys: 3, noNullPrototype: true }),
    )
    .map(stored)

  test("is total: antisymmetric and transitive", () => {
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        expect(sign(compareValues(a, b)) + sign(compareValues(b, a))).toBe(0)
        expect(compareValues(a, a)).toBe(0)
        if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0) expect(compareValues(a, c)).toBeLessThanOrEqual(0)
      }),
      { numRuns: 3000 },
    )
  })

  test("of texts and of bytes is that of bytes", () => {
    const text = fc.string({ unit: "binary" })
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(sign(compareText(a, b))).toBe(sign(compareBytes(utf8Encode(a), utf8Encode(b))))
      }),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9 }), fc.uint8Array({ maxLength: 9 }), (a, b) => {
        const order = compareValues(stored(Uint8Array.from(a)), stored(Uint8Array.from(b)))
        expect(sign(order)).toBe(sign(compareBytes(a, b)))
      }),
      { numRuns: 2000 },
    )
  })

  test("of numbers and bigints is exact", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(number, fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (a, b) => {
        expect(sign(compareValues(a, stored(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
      }),
    )
  })

  test("does not see the order of an object's keys", () => {
    expect(compareValues({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(0)
  })

  test("puts a missing field before all", () => {
    expect(compareFields(undefined, null)).toBeLessThan(0)
    expect(compareFields(null, undefined)).toBeGreaterThan(0)
    expect(compareFields(undefined, undefined)).toBe(0)
    expect(compareFields(1, 2)).toBeLessThan(0)
  })
})

describe("equality", () => {
  test("of the same value, whatever the order of its keys", () => {
    for (const [i, a] of ascending.entries())
      for (const [j, b] of ascending.entries()) expect(equalValues(stored(a), stored(b))).toBe(i === j)
    expect(equalValues({ a: [1, { b: 2, c: 3 }] }, { a: [1, { c: 3, b: 2 }] })).toBe(true)
  })

  test("tells kinds apart that the order does not", () => {
    expect(compareValues(5, stored(5n))).toBe(0)
    expect(equalValues(5, stored(5n))).toBe(false)
  })

  test("is not fooled by inherited names, arrays or nulls", () => {
    expect(equalValues({ toString: 1 }, { a: 1 })).toBe(false)
    expect(equalValues([], {})).toBe(false)
    expect(equalValues({ 0: 1 }, [1])).toBe(false)
    expect(equalValues(null, {})).toBe(false)
    expect(equalValues([1], [1, 2])).toBe(false)
  })
})
