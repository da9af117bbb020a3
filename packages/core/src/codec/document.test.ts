import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { isFixpointError } from "../base/errors.ts"
import { checkEncoded, parseDocumentText } from "./document.ts"

function refusalOf(call: () => unknown): readonly unknown[] {
  try {
    return ["gave", call()]
  } catch (error) {
    if (!isFixpointError(error)) throw error
    const { path, max } = error.details
    return max === undefined ? [error.code, path] : [error.code, path, max]
  }
}

const secret = `${"A".repeat(43)}=`
const file = [`bafkrei${"a".repeat(52)}`, 5, 1, secret, secret, "text/plain", "größe.txt"]
const fileText = (change: Readonly<Record<number, unknown>>) =>
  JSON.stringify({ a: { $: ["f", Object.assign([...file], change)] } })

const nestedText = (depth: number) => '{"a":'.repeat(depth - 1) + "{}" + "}".repeat(depth - 1)
const invalid = (path: string) => ["INVALID_DOCUMENT", path]

describe("stored text of a hostile page is refused", () => {
  test.each<readonly [string, string, readonly unknown[]]>([
    ["no JSON", "{", invalid("")],
    ["nothing", "", invalid("")],
    ["an array", "[]", invalid("")],
    ["null", "null", invalid("")],
    ["a number", "1", invalid("")],
    ["an escape", '{"$":["d",1]}', invalid("")],
    ["a document with its id", '{"_id":"a"}', invalid("_id")],
    ["__proto__", '{"a":{"__proto__":{"b":1}}}', invalid("a.__proto__")],
    ["__proto__ in disguise", '{"__proto\\u005f_":1}', invalid("__proto__")],
    ["constructor", '{"a":[{"constructor":1}]}', invalid("a.0.constructor")],
    ["a $ that is not doubled", '{"$a":1}', invalid("a")],
    ["an escape of no known kind", '{"a":{"$":["x",1]}}', invalid("a")],
    ["an escape with something beside", '{"a":{"$":["d",1],"b":1}}', invalid("a")],
    ["an escape that is no list", '{"a":{"$":"d"}}', invalid("a")],
    ["an escape of three", '{"a":{"$":["d",1,2]}}', invalid("a")],
    ["a date of text", '{"a":{"$":["d","1"]}}', invalid("a")],
    ["a date with a fraction", '{"a":{"$":["d",1.5]}}', invalid("a")],
    ["a date beyond all dates", '{"a":{"$":["d",8640000000000001]}}', invalid("a")],
    ["a bigint with a sign too many", '{"a":{"$":["n","-0"]}}', invalid("a")],
    ["a bigint in hex", '{"a":{"$":["n","0x10"]}}', invalid("a")],
    ["a bigint with leading zeros", '{"a":{"$":["n","007"]}}', invalid("a")],
    ["a bigint with a line end", '{"a":{"$":["n","1\\n"]}}', invalid("a")],
    ["bytes without padding", '{"a":{"$":["b","AQ"]}}', invalid("a")],
    ["bytes with bits to spare", '{"a":{"$":["b","AR=="]}}', invalid("a")],
    ["bytes with a space", '{"a":{"$":["b","AQ =="]}}', invalid("a")],
    ["bytes of other digits", '{"a":{"$":["b","_-=="]}}', invalid("a")],
    ["a file that is text", '{"a":{"$":["f","x"]}}', invalid("a")],
    ["a file with something more", fileText({ 7: 1 }), invalid("a")],
    ["a file with another form of CID", fileText({ 0: `bafyrei${"a".repeat(52)}` }), invalid("a")],
    ["a file of less than nothing", fileText({ 1: -1 }), invalid("a")],
    ["a file of no chunks", fileText({ 2: 0 }), invalid("a")],
    ["a file of too many chunks", fileText({ 2: 65_537 }), invalid("a")],
    ["a file with a short key", fileText({ 3: "AAAA" }), invalid("a")],
    ["a file without a digest", fileText({ 4: null }), invalid("a")],
    ["a file with a long name", fileText({ 6: "é".repeat(513) }), invalid("a")],
    ["a number beyond all numbers", '{"a":[1e999]}', invalid("a.0")],
    ["a number beyond them by its digits and its exponent", `{"a":${"9".repeat(250)}e99}`, invalid("a")],
    ["half of a surrogate pair", '{"a":"\\ud800"}', invalid("")],
    ["half of a surrogate pair, raw", '{"a":"\ud800"}', invalid("")],
    ["half of a pair in a key", '{"\\udc00":1}', invalid("")],
    ["a needless escape of a character", '{"a":"\\u0041"}', invalid("")],
    ["a $ in disguise", '{"a":{"\\u0024":["d",1]}}', invalid("")],
    ["a line end between tokens", '{\n"a":1}', invalid("")],
    ["a tab between tokens", '{"a":\t1}', invalid("")],
    ["a return between tokens", '{"a":1}\r', invalid("")],
    ["a long key", `{"${"k".repeat(1025)}":1}`, ["LIMIT_SIZE", "k".repeat(1025), 1024]],
    ["a large document", `{"a":"${"x".repeat(1024 * 1024)}"}`, ["LIMIT_SIZE", "", 1024 * 1024]],
    ["a large document in UTF-8", `{"a":"${"é".repeat(512 * 1024)}"}`, ["LIMIT_SIZE", "", 1024 * 1024]],
    ["an escape that holds what is nested deep", `${'{"$":'.repeat(40)}1${"}".repeat(40)}`, invalid("")],
    [
      "deep nesting with a $ on every level",
      `${'{"a":'.repeat(80_000)}1${',"$":1}'.repeat(80_000)}`,
      ["INVALID_DOCUMENT"],
    ],
    ["deep nesting", nestedText(33), ["LIMIT_DEPTH", Array(32).fill("a").join("."), 32]],
    ["the deepest nesting that fits", `{"a":${"[".repeat(500_000)}${"]".repeat(500_000)}}`, ["LIMIT_DEPTH"]],
  ])("%s", (_, text, refusal) => {
    const [code, path, max] = refusalOf(() => parseDocumentText(text))
    expect([code, path, max].slice(0, refusal.length)).toEqual(refusal)
  })

  test("and what is well-formed passes", () => {
    for (const text of [
      "{}",
      '{ "a": 1.0 }',
      '{"a":"\\n\\t\\"\\\\\\u0001"}',
      '{"a":"C:\\\\users"}',
      '{"$$":{"$":["n","-1"]}}',
      '{"a":{"$":["b",""]}}',
      '{"a":[{"$":["d",-1]}]}',
      `{"a":{"$":["f",${JSON.stringify(file)}]}}`,
      nestedText(32),
      nestedText(32).replace("{}", '{"a":{"$":["n","1"]}}'),
    ])
      expect(parseDocumentText(text)).toEqual(JSON.parse(text))
  })
})

describe("an encoded value of a hostile page is refused", () => {
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  test.each<readonly [string, unknown, readonly unknown[]]>([
    ["undefined", undefined, invalid("f")],
    ["undefined in an object", { a: undefined }, invalid("f.a")],
    ["a hole", Object.assign([1], { 2: 2 }), invalid("f.1")],
    ["NaN", [Number.NaN], invalid("f.0")],
    ["a bigint", 1n, invalid("f")],
    ["a Date", { a: new Date(1) }, invalid("f.a")],
    ["a Map", new Map(), invalid("f")],
    ["bytes", new Uint8Array(1), invalid("f")],
    ["a cycle", cyclic, ["LIMIT_DEPTH", `f${".0".repeat(32)}`, 32]],
    ["half of a surrogate pair", "\udc00", invalid("f")],
    ["half of a surrogate pair in a key", { "\udc00": 1 }, invalid("f")],
    ["__proto__", JSON.parse('{"__proto__":1}'), invalid("f.__proto__")],
    ["a $ that is not doubled", { a: { $b: 1 } }, invalid("f.a.b")],
    ["a large value", "x".repeat(1024 * 1024), ["LIMIT_SIZE", "f", 1024 * 1024]],
  ])("%s", (_, value, refusal) => {
    expect(refusalOf(() => checkEncoded(value, "f"))).toEqual(refusal)
  })

  test("and what is well-formed passes", () => {
    for (const value of [null, 0, "", [], {}, { $: ["d", 0] }, { $$: [{ $: ["b", "AQ=="] }] }]) checkEncoded(value, "f")
  })
})

test("a text that looks ordinary is refused, or not, as a look at all its values does", () => {
  // What makes a text unusual, or nearly does, as the tokens of its JSON.
  const name = fc.constantFrom(
    "a",
    "e9",
    "$",
    "$$",
    "$a",
    "constructor",
    "proto",
    "__proto__",
    "x".repeat(340),
    "\u{1f388}",
  )
  const numbers = ["1", "-0", "1e5", "1e999", "1E+0400", "0.5", "12e", "9".repeat(320), `${"9".repeat(250)}e99`]
  const texts = ["1e9", "a,1e9", 'x"y', "é", "\ud800", "z".repeat(1500), "[[[[", "a\nb"]
  const leaf = fc.oneof(
    fc.constantFrom(...numbers).map((token) => token),
    fc.constantFrom(...texts).map((text) => JSON.stringify(text)),
    fc.constantFrom("true", "null", '{"$":["d",1]}', "[]"),
  )
  const key = fc.oneof(name, fc.string({ maxLength: 5 })).map((text) => JSON.stringify(text))
  const gap = fc.constantFrom("", "", "", " ", "\n", "\t")
  const json = fc.letrec<{ value: string; object: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      tie("object"),
      fc.array(tie("value"), { maxLength: 3 }).map((all) => `[${all}]`),
    ),
    object: fc
      .array(fc.tuple(key, gap, tie("value")), { maxLength: 4 })
      .map((fields) => `{${fields.map(([own, space, value]) => `${own}:${space}${value}`)}}`),
  }))
  const depth = fc.integer({ min: 0, max: 34 })
  const wrapped = fc
    .tuple(json.object, fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, depth))
    .map(([text, levels]) => {
      return `${'{"a":'.repeat(levels)}${text}${"}".repeat(levels)}`
    })
  fc.assert(
    fc.property(wrapped, (text) => {
      const [code] = refusalOf(() => parseDocumentText(text))
      // A line end that nothing needs makes the same text unusual: what it is refused for first is then told.
      const [careful, path] = refusalOf(() => parseDocumentText(`${text}\n`))
      const isWhole = careful === "gave" || (careful === "INVALID_DOCUMENT" && path === "")
      if (code === "gave") expect(isWhole).toBe(true)
      else if (!isWhole) expect(code).toBe(careful)
    }),
    { numRuns: 2_000 },
  )
})
