// Keys of values against the order of values (order.ts), which they must have in every place of a key, turned round or not.
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { utf8Encode } from "../base/bytes.ts"
import type { Json } from "../base/json.ts"
import { indexPartBytesMax } from "../base/limits.ts"
import { compareFields } from "./order.ts"
import { kindKeys, presentKeys, sortKey, textOfKey, textPrefixKey, turnedKey } from "./sort-key.ts"
import { encodeValue, type Value } from "./value.ts"

const { sign } = Math
const stored = (value: Value): Json => encodeValue(value, "")
const compareKeys = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom("", "\0", "\b", "\t", "\t1", "\n", "a", "a\0", "a\b", "é", "\uffff", "\u{10000}", "ab".repeat(200)),
  fc.string({ unit: "grapheme", minLength: 250, maxLength: 270 }),
)
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -20, max: 20 }),
  fc.integer(),
  fc.integer({ min: -50, max: 50 }).map((power) => 10 ** power),
  fc.constantFrom(0, -0, 0.1, 0.3, 2 ** 53, 2 ** 53 + 2, -(2 ** 60), 1e21, 1e22, Number.MAX_VALUE, Number.MIN_VALUE),
)
const bigint = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.bigInt(),
  fc.integer({ min: 0, max: 300 }).map((power) => 10n ** BigInt(power)),
  number.filter(Number.isInteger).map(BigInt),
)
const leaf: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom(null, false, true),
  { weight: 3, arbitrary: number },
  { weight: 2, arbitrary: bigint },
  { weight: 3, arbitrary: text },
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Uint8Array.from(bytes)),
)
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 8, arbitrary: leaf },
    fc.array(tie("value"), { maxLength: 3 }),
    fc
      .dictionary(fc.constantFrom("a", "b", "$", "", "é"), tie("value"), { maxKeys: 2, noNullPrototype: true })
      .map((fields) => fields as Value),
  ),
}))
const field: fc.Arbitrary<Json | undefined> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(undefined) },
  { weight: 30, arbitrary: value.map(stored) },
)

const isCut = (key: string): boolean => key.length > indexPartBytesMax
const kept = (key: string): string => key.slice(0, indexPartBytesMax)

/** Whether keys say of two values what the values say themselves; of keys that were cut, not the contrary. */
function expectOrder(a: Json | undefined, b: Json | undefined) {
  const [left, right] = [sortKey(a), sortKey(b)]
  const wanted = sign(compareFields(a, b))
  const order = compareKeys(kept(left), kept(right))
  const turned = compareKeys(turnedKey(kept(right)), turnedKey(kept(left)))
  if (order === 0 && isCut(left) && isCut(right)) return
  expect({ a, b, order, turned }).toEqual({ a, b, order: wanted, turned: wanted })
}

describe("keys of values", () => {
  test("have the order of values", () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 12, maxLength: 12 }), (fields) => {
        for (const a of fields) for (const b of fields) expectOrder(a, b)
      }),
      { numRuns: 300 },
    )
  })

  test("have the order of numbers and bigints that are close to each other", () => {
    const near = fc.tuple(number, fc.integer({ min: -3, max: 3 })).map(([size, by]): Json[] => {
      const numbers: Value[] = [size, -size, size * (1 + by * Number.EPSILON), size + by]
      if (Number.isInteger(size)) numbers.push(BigInt(size), BigInt(size) + BigInt(by), -BigInt(size))
      return numbers.filter((one) => typeof one === "bigint" || Number.isFinite(one)).map(stored)
    })
    fc.assert(
      fc.property(near, (numbers) => {
        for (const a of numbers) for (const b of numbers) expectOrder(a, b)
      }),
      { numRuns: 1500 },
    )
  })

  test("are never the beginning of one another, so that they may follow each other", () => {
    fc.assert(
      fc.property(field, field, field, field, (a, b, c, d) => {
        const [first, second] = [sortKey(a), sortKey(b)]
        if (isCut(first) || isCut(second)) return
        expect(first !== second && first.startsWith(second)).toBe(false)
        const wanted = sign(compareFields(a, b)) || sign(compareFields(c, d))
        const [left, right] = [sortKey(c), sortKey(d)]
        if (isCut(left) || isCut(right)) return
        expect(compareKeys(first + left, second + right)).toBe(wanted)
        expect(compareKeys(turnedKey(first) + left, turnedKey(second) + right)).toBe(
          -sign(compareFields(a, b)) || sign(compareFields(c, d)),
        )
        expect(turnedKey(turnedKey(first))).toBe(first)
      }),
      { numRuns: 5000 },
    )
  })

  test("hold bytes alone", () => {
    fc.assert(
      fc.property(field, (one) => {
        for (const key of [sortKey(one), turnedKey(sortKey(one))])
          for (let i = 0; i < key.length; i++) expect(key.charCodeAt(i)).toBeLessThan(256)
      }),
    )
  })

  test("of one kind are in its range, and those of other kinds are not", () => {
    const kind = (one: Json): string => (/^[EFG]/.test(sortKey(one)) ? "number" : sortKey(one).charAt(0))
    fc.assert(
      fc.property(value.map(stored), value.map(stored), (a, b) => {
        const [from, to] = kindKeys(a)
        const isBoolean = typeof a === "boolean" && typeof b === "boolean"
        expect(from <= sortKey(b) && sortKey(b) < to).toBe(isBoolean || kind(a) === kind(b))
        expect(presentKeys[0] <= sortKey(a) && sortKey(a) < presentKeys[1]).toBe(true)
      }),
    )
    expect(sortKey(undefined) < presentKeys[0]).toBe(true)
  })

  test("of texts with a common beginning begin as its key does, and no others", () => {
    fc.assert(
      fc.property(text, text, (prefix, rest) => {
        const begin = kept(textPrefixKey(prefix))
        expect(kept(sortKey(prefix + rest)).startsWith(begin)).toBe(true)
        if (!rest.startsWith(prefix) && begin.length < indexPartBytesMax)
          expect(sortKey(rest).startsWith(begin)).toBe(false)
      }),
    )
  })

  test("tell the text that they are of, and of other values the side of texts on which they are", () => {
    const behind = "\u0100"
    fc.assert(
      fc.property(value.map(stored), (one) => {
        const edge = textOfKey(kept(sortKey(one)), behind)
        if (typeof one !== "string") expect(edge).toBe(compareFields(one, "") < 0 ? -1 : 1)
        else if (!isCut(sortKey(one)))
          expect(edge).toEqual({ bytes: String.fromCharCode(...utf8Encode(one)), isWhole: true, isAfter: false })
      }),
    )
    expect(textOfKey(presentKeys[0], behind)).toBe(-1)
    expect(textOfKey(presentKeys[1], behind)).toBe(1)
    expect(textOfKey(textPrefixKey("a\t") + behind, behind)).toEqual({ bytes: "a\t", isWhole: false, isAfter: true })
  })

  test("stay bounded, whatever the value", () => {
    const long = "x".repeat(1_000_000)
    const huge: Json = { $: ["n", `1${"0".repeat(100_000)}`] }
    for (const one of [long, "é".repeat(100_000), huge, Array.from({ length: 50_000 }, () => 1), { a: long, b: long }])
      expect(sortKey(one).length).toBeLessThan(6 * indexPartBytesMax)
  })
})
