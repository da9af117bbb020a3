import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { formatPath, parsePath, readPath, splitPath, storedKey, userKey } from "./path.ts"

const segment = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.string({ unit: fc.constantFrom(".", "\\", "0", "\0", "$", "a"), maxLength: 6 }),
)

test("a path's text leads back to its segments, and holds no NUL", () => {
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), (segments) => {
      const path = formatPath(segments)
      expect(splitPath(path)).toEqual(segments)
      expect(path).not.toContain("\0")
    }),
    { numRuns: 2000 },
  )
})

test("two paths never share a text", () => {
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1 }), fc.array(segment, { minLength: 1 }), (a, b) => {
      expect(formatPath(a) === formatPath(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
    }),
  )
})

test("a user's key is stored under a key of its own that is no escape", () => {
  fc.assert(
    fc.property(segment, (key) => {
      expect(userKey(storedKey(key))).toBe(key)
      expect(storedKey(key)).not.toBe("$")
    }),
  )
})

test("a path of an application gives stored keys", () => {
  expect(parsePath("a")).toEqual(["a"])
  expect(parsePath("a.b.0")).toEqual(["a", "b", "0"])
  expect(parsePath("a\\.b.c\\\\d.\\0")).toEqual(["a.b", "c\\d", "\0"])
  expect(parsePath("$.$a.b$")).toEqual(["$$", "$$a", "b$"])
  expect(parsePath("a.")).toEqual(["a", ""])
  expect(parsePath("a._id")).toEqual(["a", "_id"])
  expect(parsePath(Array(32).fill("a").join("."))).toHaveLength(32)
})

describe("a path is refused", () => {
  test.each<readonly [string, unknown, string]>([
    ["that is empty", "", "INVALID_ARGUMENT"],
    ["that is no text", 5, "INVALID_ARGUMENT"],
    ["that is missing", undefined, "INVALID_ARGUMENT"],
    ["of the id", "_id", "INVALID_ARGUMENT"],
    ["below the id", "_id.a", "INVALID_ARGUMENT"],
    ["with half of a surrogate pair", "a.\ud800", "INVALID_ARGUMENT"],
    ["with a backslash before a letter", "a\\b", "INVALID_ARGUMENT"],
    ["with a backslash at its end", "a\\", "INVALID_ARGUMENT"],
    ["of too many segments", Array(33).fill("a").join("."), "INVALID_ARGUMENT"],
    ["with too long a segment", `a.${"k".repeat(1025)}`, "INVALID_ARGUMENT"],
    ["to __proto__", "a.__proto__.b", "KEY_FORBIDDEN"],
    ["to constructor", "constructor", "KEY_FORBIDDEN"],
    ["to prototype", "a.prototype", "KEY_FORBIDDEN"],
  ])("%s", (_, path, code) => {
    const details = { path: String(path) }
    expect(() => parsePath(path as string)).toThrow(expect.objectContaining({ code, details }))
  })
})

test("reading a path goes through objects alone", () => {
  const document = { a: { b: [{ c: 1 }], d: { $: ["d", 5] }, "": 2 }, $$: 3 }
  expect(readPath(document, ["a", "b"])).toEqual([{ c: 1 }])
  expect(readPath(document, ["a", ""])).toBe(2)
  expect(readPath(document, ["$$"])).toBe(3)
  expect(readPath(document, [])).toBe(document)
  for (const path of [["a", "b", "0"], ["a", "d", "0"], ["x"], ["a", "b", "length"], ["toString"], ["$$", "x"]])
    expect([path, readPath(document, path)]).toEqual([path, undefined])
})
