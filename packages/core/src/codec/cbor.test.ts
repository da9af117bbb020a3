import { decode, encode } from "@ipld/dag-cbor"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { fromHex, toHex } from "../base/bytes.ts"
import { isFixpointError } from "../base/errors.ts"
import { decodeCbor, encodeCbor } from "./cbor.ts"

function codeOf(bytes: Uint8Array): string {
  try {
    decodeCbor(bytes)
    return "gave a value"
  } catch (error) {
    if (isFixpointError(error)) return error.code
    throw error
  }
}

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.string({ unit: "binary" }),
    fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
    fc.array(tie("value"), { maxLength: 6 }),
    fc.dictionary(fc.string({ unit: "binary" }), tie("value"), { maxKeys: 6, noNullPrototype: true }),
  ),
}))

test("a value comes back from its one encoding", () => {
  fc.assert(
    fc.property(value, (one) => {
      const bytes = encodeCbor(one)
      expect(decodeCbor(bytes)).toEqual(one)
      expect(encodeCbor(decodeCbor(bytes))).toEqual(bytes)
    }),
    { numRuns: 1000 },
  )
})

test("the bytes are those of @ipld/dag-cbor, both ways", () => {
  fc.assert(
    fc.property(value, (one) => {
      const bytes = encodeCbor(one)
      expect(toHex(bytes)).toBe(toHex(encode(one)))
      expect(decode(bytes)).toEqual(decodeCbor(bytes))
    }),
    { numRuns: 2000 },
  )
})

test("whatever @ipld/dag-cbor would not write is refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      if (!codeOf(bytes).startsWith("gave")) return
      expect(toHex(encode(decode(bytes)))).toBe(toHex(bytes))
    }),
    { numRuns: 5000 },
  )
})

test.each([
  ["a function", () => 1],
  ["a bigint", 1n],
  ["a field without a value in a list", undefined],
  ["a number that is none", Number.NaN],
  ["a number without end", Number.NEGATIVE_INFINITY],
])("%s stops who writes it: nothing is made of it that reads as something else", (_, one) => {
  for (const value of [one, [1, one]])
    expect(() => encodeCbor(value)).toThrow(expect.objectContaining({ code: "INTERNAL" }))
  if (one !== undefined) expect(() => encodeCbor({ a: one })).toThrow(expect.objectContaining({ code: "INTERNAL" }))
})

test("the order of an object's keys does not show", () => {
  expect(toHex(encodeCbor({ bb: 1, a: 2, c: 3 }))).toBe(toHex(encodeCbor({ c: 3, a: 2, bb: 1 })))
  expect(toHex(encodeCbor({ bb: 1, a: 2 }))).toBe("a2616102626262" + "01")
})

test("whatever the bytes are, they are refused with a code or are the one encoding of a value", () => {
  const damaged = fc.tuple(value, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([one, at, difference]) => {
    const bytes = encodeCbor(one)
    bytes[at % bytes.length]! ^= difference
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged), (bytes) => {
      if (codeOf(bytes).startsWith("gave")) expect(toHex(encodeCbor(decodeCbor(bytes)))).toBe(toHex(bytes))
    }),
    { numRuns: 5000 },
  )
})

describe("bytes that are not the canonical form", () => {
  test.each([
    ["an integer in a longer head", "1801"],
    ["an integer in eight bytes", "1b0000000000000001"],
    ["a length in a longer head", "7801" + "61"],
    ["a float of 16 bits", "f93c00"],
    ["a float of 32 bits", "fa3fc00000"],
    ["a float that is an integer", "fb3ff0000000000000"],
    ["NaN", "fb7ff8000000000000"],
    ["Infinity", "fb7ff0000000000000"],
    ["negative zero", "fb8000000000000000"],
    ["undefined", "f7"],
    ["a simple value", "e0"],
    ["a simple value in two bytes", "f8ff"],
    ["keys that are not sorted", "a2" + "616201" + "616102"],
    ["shorter keys after longer ones", "a2" + "62616101" + "616202"],
    ["a key twice", "a2" + "616101" + "616102"],
    ["a key that is no text", "a1" + "0101"],
    ["a key that is a map with a toString of its own", "a1" + `a168${"746f537472696e67"}00` + "00"],
    ["an array of indefinite length", "9f01ff"],
    ["a text of indefinite length", "7f6161ff"],
    ["a map of indefinite length", "bfff"],
    ["a break alone", "ff"],
    ["a tag that is no link", "c101"],
    ["a link that holds no CID", "d82a4100"],
    ["text that is no UTF-8", "61ff"],
    ["half of a surrogate pair in UTF-8", "63eda080"],
  ])("%s", (_, hex) => {
    expect(codeOf(fromHex(hex))).toBe("NONCANONICAL")
  })
})

describe("bytes that are no CBOR", () => {
  test.each([
    ["nothing", ""],
    ["something after the end", "0101"],
    ["an array that ends early", "8201"],
    ["a map that ends early", "a16161"],
    ["a text that ends early", "6261"],
    ["a head that ends early", "19"],
    ["a head of no meaning", "1c"],
    ["a text longer than all memory", "7bffffffffffffffff"],
    ["bytes longer than all memory", "5b001fffffffffffff" + "00"],
    ["an array longer than all memory", "9bffffffffffffffff"],
    ["a map longer than all memory", "bb7fffffffffffffff"],
  ])("%s", (_, hex) => {
    expect(codeOf(fromHex(hex))).toBe("FORMAT_UNKNOWN")
  })
})

test("nesting is bounded before anything recurses", () => {
  const nested = (depth: number) => fromHex("81".repeat(depth - 1) + "80")
  expect(codeOf(nested(64))).toMatch("gave")
  for (const depth of [65, 1_000_000]) expect(codeOf(nested(depth))).toBe("LIMIT_DEPTH")
  expect(codeOf(fromHex("c1".repeat(100_000)))).toBe("LIMIT_DEPTH")
  expect(codeOf(fromHex("a1616181".repeat(33) + "80"))).toBe("LIMIT_DEPTH")
  expect(codeOf(fromHex(`99ffff${"80".repeat(0xffff)}`))).toMatch("gave")
})

test("what is encoded is not shared with the encoder", () => {
  const first = encodeCbor({ a: new Uint8Array(1000).fill(1) })
  const copy = first.slice()
  encodeCbor({ b: new Uint8Array(1000).fill(2) })
  expect(first).toEqual(copy)
  expect(first.buffer.byteLength).toBe(first.length)
})
