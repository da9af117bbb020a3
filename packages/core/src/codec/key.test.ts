import fc from "fast-check"
import { expect, test } from "vitest"
import { collectionOfRowKey, collectionRange, idOfRowKey, rowKey } from "./key.ts"
import { compareText } from "./order.ts"

const text = (maxLength: number) => fc.string({ unit: "binary", minLength: 1, maxLength })
const collection = fc
  .oneof(text(6), fc.constantFrom("a", "aa", "b", "é", "\u{10000}", "\uffff", "\ue000", "a "))
  .filter((name) => !/\p{Cc}/u.test(name))
const id = fc.oneof(text(8), fc.constantFrom("\0", "a", "a\0", "a\0b", "\uffff", "\u{10ffff}", "\u007f", "\u0080"))
const sign = Math.sign
const native = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

test("a key leads back to its collection and id, in one byte a character", () => {
  fc.assert(
    fc.property(collection, id, (name, one) => {
      const key = rowKey(name, one)
      expect([collectionOfRowKey(key), idOfRowKey(key)]).toEqual([name, one])
      expect(/^[\0-\u00ff]*$/.test(key)).toBe(true)
    }),
  )
})

test("the native order of keys is by collection, then by id, in code points", () => {
  fc.assert(
    fc.property(collection, id, collection, id, (name, one, otherName, other) => {
      const order = compareText(name, otherName) || compareText(one, other)
      expect(sign(native(rowKey(name, one), rowKey(otherName, other)))).toBe(sign(order))
    }),
    { numRuns: 5000 },
  )
})

test("a collection's range holds its keys and no others", () => {
  fc.assert(
    fc.property(collection, collection, id, (name, otherName, one) => {
      const { from, to } = collectionRange(name)
      const key = rowKey(otherName, one)
      expect(from <= key && key < to).toBe(name === otherName)
    }),
  )
})

test("a key of another space is not read as a row's", () => {
  for (const key of ["", "\u0002a\0b", "\u0001a"]) expect(() => idOfRowKey(key)).toThrow("INTERNAL")
})
