import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { utf8Encode } from "../base/bytes.ts"
import { decodeRows, encodeRows, lowerBound, rowsWithin } from "./block.ts"

const oneByte = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })
const line = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", ""))
const value = fc.option(line)

describe("rows as bytes", () => {
  test("come back as they were, with their note", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(oneByte, value)), fc.jsonValue({ noUnicodeString: false }), (rows, note) => {
        const keys = rows.map(([key]) => key)
        const values = rows.map(([, text]) => text)
        const known = JSON.parse(JSON.stringify(note ?? null)) as null
        expect(decodeRows(encodeRows({ keys, values }, { note: known }), "BLOCK_CORRUPT")).toEqual({
          keys,
          values,
          note: known,
        })
      }),
      { numRuns: 300 },
    )
  })

  test("an empty value is not a deletion", () => {
    const rows = { keys: ["a", "b"], values: ["", null] }
    expect(decodeRows(encodeRows(rows), "BLOCK_CORRUPT")).toEqual({ ...rows, note: null })
  })

  test.each([
    ["no JSON", "{\n"],
    ["a line too few", '{"p":"","k":["a","b"]}\n1'],
    ["a line too many", '{"p":"","k":["a"]}\n1\n2'],
    ["nothing", ""],
    ["a deletion of what is no position", '{"p":"","k":["a"],"d":["__proto__"]}\n1'],
  ])("%s is refused with the code of the place", (_, text) => {
    for (const code of ["BLOCK_CORRUPT", "LOG_CORRUPT"] as const)
      expect(() => decodeRows(utf8Encode(text), code)).toThrow(expect.objectContaining({ code }))
  })

  test("bytes that are no text are refused", () => {
    expect(() => decodeRows(new Uint8Array([0xff, 0xfe]), "BLOCK_CORRUPT")).toThrow(
      expect.objectContaining({ code: "BLOCK_CORRUPT" }),
    )
  })
})

test("a bound and a range are what a search by eye finds", () => {
  fc.assert(
    fc.property(fc.uniqueArray(oneByte), oneByte, oneByte, (unsorted, from, to) => {
      const keys = unsorted.sort()
      expect(lowerBound(keys, from)).toBe(keys.filter((key) => key < from).length)
      const within = rowsWithin({ keys, values: keys }, { from, to })
      expect(within.keys).toEqual(keys.filter((key) => key >= from && key < to))
      expect(within.values).toEqual(within.keys)
    }),
  )
})
