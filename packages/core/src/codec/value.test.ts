import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { isFixpointError } from "../base/errors.ts"
import type { JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { parseDocumentText } from "./document.ts"
import {
  checkCollection,
  checkId,
  decodeDocument,
  decodeValue,
  draftDocument,
  encodeDocument,
  encodeValue,
  type FileValues,
  type Value,
} from "./value.ts"

/** What a call is refused with: code, path and bound. */
function refusalOf(call: () => unknown): readonly unknown[] {
  try {
    return ["gave", call()]
  } catch (error) {
    if (!isFixpointError(error)) throw error
    const { path, max } = error.details
    return max === undefined ? [error.code, path] : [error.code, path, max]
  }
}

const key = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("$", "$$", "$a", "a.b", "a\\b", "\0", "", "_id", "toString", "hasOwnProperty", "length", "0", "10"),
)
const leaf: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom(null, true, false, 0, -1, Number.MAX_VALUE, Number.MIN_VALUE, "", "$", '"$', "\\ud800", "__proto__"),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  fc.string({ unit: "binary" }),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
)
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
}))
const fields = fc.dictionary(key, value, { maxKeys: 8, noNullPrototype: true }).map(({ _id, ...rest }) => rest)

describe("what is stored comes back equal", () => {
  test("documents", () => {
    fc.assert(
      fc.property(fields, fc.option(fc.string({ unit: "grapheme", minLength: 1, maxLength: 9 })), (document, id) => {
        const given = id === null ? document : { ...document, _id: id }
        const encoded = encodeDocument(given)
        expect(encoded.id).toBe(id ?? undefined)
        expect(decodeDocument(id ?? "x", encoded.text)).toStrictEqual({ _id: id ?? "x", ...document })
        expect(Object.keys(decodeDocument<object>("x", encoded.text)).length).toBe(Object.keys(document).length + 1)
      }),
      { numRuns: 2000 },
    )
  })

  test("values", () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(decodeValue(encodeValue(one, "a"))).toStrictEqual(one)
      }),
      { numRuns: 2000 },
    )
  })

  test("and what the page makes passes the engine's door", () => {
    fc.assert(
      fc.property(fields, (document) => {
        const { text } = encodeDocument(document)
        expect(parseDocumentText(text)).toStrictEqual(JSON.parse(text))
      }),
      { numRuns: 2000 },
    )
  })

  test("as one text, whichever way it is encoded", () => {
    fc.assert(
      fc.property(fields, (document) => {
        expect(encodeDocument(document).text).toBe(JSON.stringify(encodeValue(document, "")))
      }),
    )
  })
})

describe("the stored form", () => {
  test("is JSON, with three escapes", () => {
    const document = {
      _id: "a",
      plain: [1, "two", null, { three: true }],
      date: new Date(5),
      bytes: new Uint8Array([1, 2, 255]),
      big: -12345678901234567890n,
      $: "dollar",
      $b: { $$: 1 },
    }
    expect(encodeDocument(document)).toEqual({
      id: "a",
      text: JSON.stringify({
        plain: [1, "two", null, { three: true }],
        date: { $: ["d", 5] },
        bytes: { $: ["b", "AQL/"] },
        big: { $: ["n", "-12345678901234567890"] },
        $$: "dollar",
        $$b: { $$$: 1 },
      }),
    })
  })

  test("leaves out fields that are undefined, and the sign of zero", () => {
    expect(encodeDocument({ a: undefined, b: { c: undefined }, d: -0 }).text).toBe('{"b":{},"d":0}')
    expect(encodeDocument({ a: undefined, b: 1n, d: -0 }).text).toBe('{"b":{"$":["n","1"]},"d":0}')
  })

  test("takes objects without a prototype, and views of a part of memory", () => {
    const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3)
    expect(encodeDocument(Object.assign(Object.create(null), { a: { bytes } })).text).toBe(
      '{"a":{"bytes":{"$":["b","AgM="]}}}',
    )
  })

  test("a file is what its keeper makes of it, and is no value where none are kept", () => {
    class Picture {}
    const content = ["cid", 3, 1, "key", "digest", "image/png", "a.png"] as const
    const files: FileValues = {
      store: (one) => (one instanceof Picture ? content : undefined),
      show: (shown) => ({ shown }),
    }
    const draft = draftDocument({ picture: new Picture(), list: [new Picture()] }, files)
    const file = { $: ["f", content] }
    expect(draft.text()).toBe(JSON.stringify({ picture: file, list: [file] }))
    expect(decodeDocument("x", draft.text(), files)).toEqual({
      _id: "x",
      picture: { shown: content },
      list: [{ shown: content }],
    })
    expect(refusalOf(() => encodeDocument({ picture: new Picture() }))).toEqual(["INVALID_DOCUMENT", "picture"])
    expect(refusalOf(() => draftDocument({ other: new (class {})() }, files))).toEqual(["INVALID_DOCUMENT", "other"])
    expect(refusalOf(() => decodeDocument("x", draft.text()))).toEqual(["FORMAT_TOO_NEW", undefined])
  })

  test("an escape of a later version is told, not guessed", () => {
    expect(refusalOf(() => decodeValue({ $: ["l", "link"] }))).toEqual(["FORMAT_TOO_NEW", undefined])
  })

  test("a decoded document has no field that reaches a prototype", () => {
    const text = '{"a":{"__proto__":{"polluted":true}}}'
    expect(refusalOf(() => decodeDocument("x", text))).toEqual(["KEY_FORBIDDEN", "__proto__"])
    expect(({} as { readonly polluted?: boolean }).polluted).toBeUndefined()
  })
})

class Point {
  x = 1
}
class List extends Array {}

const nested = (depth: number): JsonObject => (depth === 1 ? {} : { a: nested(depth - 1) })
const deepest = (object: object, depth: number = limits.depthMax): object =>
  depth === 1 ? object : { a: deepest(object, depth - 1) }
const cyclic: Record<string, unknown> = { a: {} }
cyclic["a"] = { b: [cyclic] }
const beside = Object.assign([1], { extra: 2 })
const accessor = Object.defineProperty({}, "a", { get: () => 1, enumerable: true })

describe("a refusal names its place", () => {
  test.each<readonly [string, unknown, readonly unknown[]]>([
    ["NaN", { a: Number.NaN }, ["INVALID_DOCUMENT", "a"]],
    ["Infinity", { a: [0, Number.POSITIVE_INFINITY] }, ["INVALID_DOCUMENT", "a.1"]],
    ["-Infinity", { a: { b: Number.NEGATIVE_INFINITY } }, ["INVALID_DOCUMENT", "a.b"]],
    ["a function", { a: () => 1 }, ["INVALID_DOCUMENT", "a"]],
    ["a method", { toJSON: () => 1 }, ["INVALID_DOCUMENT", "toJSON"]],
    ["a symbol", { a: Symbol("s") }, ["INVALID_DOCUMENT", "a"]],
    ["a symbol as a key", { a: { [Symbol("s")]: 1 } }, ["INVALID_DOCUMENT", "a"]],
    ["undefined in an array", { a: [undefined] }, ["INVALID_DOCUMENT", "a.0"]],
    ["a hole in an array", { a: Object.assign([], { length: 2 }) }, ["INVALID_DOCUMENT", "a.0"]],
    ["a class instance", { a: [new Point()] }, ["INVALID_DOCUMENT", "a.0"]],
    ["an instance of a class of arrays", { a: new List(0) }, ["INVALID_DOCUMENT", "a"]],
    ["fields beside an array's elements", { a: beside }, ["INVALID_DOCUMENT", "a"]],
    ["a match of a RegExp", { a: /b/.exec("b") }, ["INVALID_DOCUMENT", "a"]],
    ["a Map", { a: new Map() }, ["INVALID_DOCUMENT", "a"]],
    ["a Set", { a: new Set() }, ["INVALID_DOCUMENT", "a"]],
    ["a RegExp", { a: /b/ }, ["INVALID_DOCUMENT", "a"]],
    ["an Error", { a: new Error("e") }, ["INVALID_DOCUMENT", "a"]],
    ["a Promise", { a: Promise.resolve() }, ["INVALID_DOCUMENT", "a"]],
    ["a boxed number", { a: Object(1) }, ["INVALID_DOCUMENT", "a"]],
    ["an ArrayBuffer", { a: new ArrayBuffer(1) }, ["INVALID_DOCUMENT", "a"]],
    ["other typed arrays", { a: new Float64Array(1) }, ["INVALID_DOCUMENT", "a"]],
    ["shared memory", { a: new Uint8Array(new SharedArrayBuffer(1)) }, ["INVALID_DOCUMENT", "a"]],
    ["a Blob", { a: new Blob([]) }, ["INVALID_DOCUMENT", "a"]],
    ["an invalid Date", { a: new Date(Number.NaN) }, ["INVALID_DOCUMENT", "a"]],
    ["an accessor", { a: accessor }, ["INVALID_DOCUMENT", "a.a"]],
    ["a cycle", cyclic, ["INVALID_DOCUMENT", "a.b.0"]],
    ["half of a surrogate pair", { a: ["\ud800"] }, ["INVALID_DOCUMENT", "a.0"]],
    ["the other half", { a: "x\udc00" }, ["INVALID_DOCUMENT", "a"]],
    ["half of a pair in a key", { a: { "\ud800": 1 } }, ["INVALID_DOCUMENT", "a.\ud800"]],
    ["half of a pair beside an escape", { a: 1n, b: "\\\ud800" }, ["INVALID_DOCUMENT", "b"]],
    ["__proto__", JSON.parse('{"a":{"__proto__":1}}'), ["INVALID_DOCUMENT", "a.__proto__"]],
    ["constructor", { constructor: 1 }, ["INVALID_DOCUMENT", "constructor"]],
    ["prototype", { a: [{ prototype: 1 }] }, ["INVALID_DOCUMENT", "a.0.prototype"]],
    ["a path that needs escapes", { "a.b": { "c\\": { "\0": Number.NaN } } }, ["INVALID_DOCUMENT", "a\\.b.c\\\\.\\0"]],
    ["an id that is no text", { _id: 5 }, ["INVALID_DOCUMENT", "_id"]],
    ["an id that is null", { _id: null }, ["INVALID_DOCUMENT", "_id"]],
    ["an empty id", { _id: "" }, ["INVALID_DOCUMENT", "_id"]],
    ["half of a pair in an id", { _id: "\udfff" }, ["INVALID_DOCUMENT", "_id"]],
    ["a long id", { _id: "x".repeat(513) }, ["LIMIT_SIZE", "_id", 512]],
    ["a long id in UTF-8", { _id: "é".repeat(257) }, ["LIMIT_SIZE", "_id", 512]],
    ["a long key", { a: { ["k".repeat(1025)]: 1 } }, ["LIMIT_SIZE", `a.${"k".repeat(1025)}`, 1024]],
    ["a large document", { a: "x".repeat(1024 * 1024) }, ["LIMIT_SIZE", "", 1024 * 1024]],
    ["deep nesting", nested(33), ["LIMIT_DEPTH", Array(32).fill("a").join("."), 32]],
    ["deep nesting beside an escape", { ...nested(33), b: 1n }, ["LIMIT_DEPTH", Array(32).fill("a").join("."), 32]],
    ["a document that is an array", [], ["INVALID_DOCUMENT", ""]],
    ["a document that is null", null, ["INVALID_DOCUMENT", ""]],
    ["a document that is text", "a", ["INVALID_DOCUMENT", ""]],
    ["a document of a class", new Point(), ["INVALID_DOCUMENT", ""]],
    ["a document that is undefined", undefined, ["INVALID_DOCUMENT", ""]],
  ])("%s", (_, document, refusal) => {
    expect(refusalOf(() => encodeDocument(document))).toEqual(refusal)
  })

  test("under the path where a single value will be", () => {
    expect(refusalOf(() => encodeValue(undefined, "a.b"))).toEqual(["INVALID_DOCUMENT", "a.b"])
    expect(refusalOf(() => encodeValue({ c: [Number.NaN] }, "a.b"))).toEqual(["INVALID_DOCUMENT", "a.b.c.0"])
  })
})

describe("at its limit a document is stored", () => {
  test.each<readonly [string, object]>([
    ["depth", nested(limits.depthMax)],
    [
      "depth, with scalars of every kind in the deepest object",
      deepest({ a: new Date(1), b: 1n, c: new Uint8Array(2) }),
    ],
    ["key", { ["k".repeat(1024)]: 1 }],
    ["id", { _id: "é".repeat(256) }],
    ["size", { a: "x".repeat(1024 * 1024 - 8) }],
    ["extreme dates", { a: new Date(8.64e15), b: new Date(-8.64e15) }],
  ])("%s", (_, document) => {
    const { id, text } = encodeDocument(document)
    parseDocumentText(text)
    expect(decodeDocument(id ?? "x", text)).toStrictEqual({ _id: id ?? "x", ...document })
  })
})

describe("names", () => {
  test("of collections", () => {
    for (const name of ["a", "docs", "Über uns", "a.b/c", "x".repeat(128)]) expect(checkCollection(name)).toBe(name)
    for (const name of ["", "a\0b", "a\n", "\ud800", "x".repeat(129), "é".repeat(65), "__proto__", 5, undefined, {}])
      expect(refusalOf(() => checkCollection(name))).toEqual(["INVALID_ARGUMENT", "collection"])
  })

  test("of documents", () => {
    for (const id of ["a", " ", "\0", "💾", "__proto__", "x".repeat(512)]) expect(checkId(id)).toBe(id)
  })
})
