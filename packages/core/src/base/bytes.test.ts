import fc from "fast-check"
import { expect, test } from "vitest"
import {
  concatBytes,
  equalBytes,
  exceedsUtf8,
  fromBase64,
  fromHex,
  isWellFormed,
  toBase32Hex,
  toBase64,
  toHex,
  utf8Decode,
  utf8Encode,
  utf8EncodeAll,
} from "./bytes.ts"

const bytes = fc.uint8Array({ maxLength: 50 }).map((some) => Uint8Array.from(some))

test("texts of bytes are those of other implementations, and lead back", () => {
  fc.assert(
    fc.property(bytes, (some) => {
      expect(toHex(some)).toBe(Buffer.from(some).toString("hex"))
      expect(toBase64(some)).toBe(Buffer.from(some).toString("base64"))
      expect(fromHex(toHex(some))).toEqual(some)
      expect(fromBase64(toBase64(some))).toEqual(some)
    }),
  )
})

test("base64 of much", () => {
  const some = Uint8Array.from({ length: 100_003 }, (_, i) => i * 7)
  expect(toBase64(some)).toBe(Buffer.from(some).toString("base64"))
  expect(fromBase64(toBase64(some))).toEqual(some)
})

test("base32hex has the vectors of RFC 4648, in lower case, and the order of its bytes", () => {
  for (const [text, digits] of [
    ["", ""],
    ["f", "co"],
    ["fo", "cpng"],
    ["foo", "cpnmu"],
    ["foob", "cpnmuog"],
    ["fooba", "cpnmuoj1"],
    ["foobar", "cpnmuoj1e8"],
  ] as const)
    expect(toBase32Hex(utf8Encode(text))).toBe(digits)
  const ten = fc.uint8Array({ minLength: 10, maxLength: 10 })
  fc.assert(
    fc.property(ten, ten, (a, b) => {
      expect(toBase32Hex(a) < toBase32Hex(b)).toBe(Buffer.compare(a, b) < 0)
    }),
  )
})

test("UTF-8 comes back, with a byte order mark, and anything else is refused", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(utf8Decode(utf8Encode(text))).toBe(text)
    }),
  )
  expect(utf8Decode(utf8Encode("\ufeffa"))).toBe("\ufeffa")
  for (const wrong of ["ff", "c0af", "eda080", "c3"]) expect(() => utf8Decode(fromHex(wrong))).toThrow(TypeError)
})

test("the length of UTF-8 is told without making it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), fc.nat(60), (text, bytesMax) => {
      expect(exceedsUtf8(text, bytesMax)).toBe(utf8Encode(text).length > bytesMax)
    }),
  )
})

test("half of a surrogate pair is noticed", () => {
  for (const text of ["", "a", "é", "💾", "\uffff"]) expect(isWellFormed(text)).toBe(true)
  for (const text of ["\ud83d", "\udcbe", "a\udcbe\ud83d", "💾\ud83d"]) expect(isWellFormed(text)).toBe(false)
})

test("bytes are joined and compared as wholes", () => {
  expect(concatBytes()).toEqual(new Uint8Array())
  expect(concatBytes(new Uint8Array([1]), new Uint8Array(), new Uint8Array([2, 3]))).toEqual(new Uint8Array([1, 2, 3]))
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
    }),
  )
  fc.assert(
    fc.property(bytes, (a) => {
      expect(equalBytes(a, a.slice())).toBe(true)
    }),
  )
})

test("texts are encoded one after the other, whatever is in which", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant("é€🎈"))
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      expect(utf8EncodeAll(texts)).toEqual(new Uint8Array(Buffer.from(texts.join(""))))
    }),
  )
})
