import fc from "fast-check"
import { expect, test } from "vitest"
import type { Filter, Operator } from "../api/filter.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { compileFilter } from "./filter.ts"
import { compileGlance } from "./needles.ts"
import { planQuery } from "./plan.ts"

const field = (path: string, operator: Operator, operand: Json): Filter => ({
  kind: "field",
  condition: { path, operator, operand },
})
/** JSON with each character of its strings as an escape: as no page of ours writes it, and yet the same document. */
const escaped = (text: string) =>
  text.replaceAll(/[a-z]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`)

test("a document that matches is never passed over", () => {
  const word = fc.oneof(
    fc.constantFrom("a", "b", "ab", "", '"', "\\", "\n", "ž", "\ud800", "😀"),
    fc.string({ maxLength: 3 }),
  )
  const value = fc.oneof(word, fc.integer({ min: 0, max: 2 }), fc.constant(null), fc.array(word, { maxLength: 3 }))
  const document = fc.dictionary(fc.constantFrom("a", "b"), value, { noNullPrototype: true })
  const leaf = fc
    .tuple(
      fc.constantFrom("a", "b", "_id"),
      fc.constantFrom<Operator>("eq", "ne", "has", "startsWith", "in", "gt"),
      word,
    )
    .map(([path, operator, operand]) => field(path, operator, operator === "in" ? [operand] : operand))
  const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.record({ kind: fc.constantFrom("and", "or"), filters: fc.array(tie("filter"), { maxLength: 3 }) }),
      fc.record({ kind: fc.constant("not"), filter: tie("filter") }),
    ) as fc.Arbitrary<Filter>,
  }))
  fc.assert(
    fc.property(document, filter, word, (given, asked, id) => {
      const stored = given as JsonObject
      const matches = compileFilter(asked)?.(stored, id) ?? true
      if (matches) expect(compileGlance(asked)(JSON.stringify(stored))).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

test("texts that hold no such string are passed over without a parse", () => {
  const spec = { collection: "c", order: [], limit: undefined }
  const filter: Filter = { kind: "and", filters: [field("city", "eq", "Riga"), field("tags", "has", "x")] }
  const plan = planQuery({ ...spec, filter })
  const text = JSON.stringify({ city: "Rig", tags: ["x"] })
  const refuse = () => expect.unreachable("it was parsed")
  expect(plan.match("id", text, refuse)).toBeUndefined()
  const other = { city: "Riga", tags: ["x"] }
  expect(plan.match("id", JSON.stringify(other), () => other)?.id).toBe("id")
  expect(plan.match("id", '{"city":"\\u0052iga","tags":["x"]}', () => other)?.id).toBe("id")
})

test("an operand that JSON escapes is looked for by parsing", () => {
  for (const operand of ['a"b', "a\\b", "a\nb", "\ud800"])
    expect(compileGlance(field("a", "eq", operand))("{}")).toBe(true)
  expect(compileGlance(field("_id", "eq", "x"))("{}")).toBe(true)
  expect(compileGlance(field("a", "eq", "abc"))(escaped('{"a":"abc"}'))).toBe(true)
})
