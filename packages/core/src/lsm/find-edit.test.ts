import fc from "fast-check"
import { expect, test } from "vitest"
import { findEdit } from "./find-edit.ts"
import { applyEdit, isEdit, type ValueEdit } from "./value-edit.ts"

const prose = Array.from({ length: 900 }, (_, i) => `word${(i * 7_919) % 997}`).join(" ")

/** Pieces of a text, and others, in any order: what a value may become. */
const changed = fc
  .array(
    fc.oneof(
      fc.tuple(fc.nat(prose.length), fc.nat(3_000)).map(([at, length]) => prose.slice(at, at + length)),
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom("😀".slice(0, 1), "x".repeat(200)),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(""))

test("an edit makes the one value of the other, also as it is stored", () => {
  let count = 0
  fc.assert(
    fc.property(fc.oneof(fc.constant(prose), changed), changed, (before, after) => {
      const edit = findEdit(before, after)
      if (edit === undefined) return
      count++
      const read: unknown = JSON.parse(JSON.stringify(edit))
      expect(isEdit(read)).toBe(true)
      expect(applyEdit(before, read as ValueEdit)).toBe(after)
    }),
    { numRuns: 500 },
  )
  expect(count).toBeGreaterThan(100)
})

test("an edit of changes in several places is little more than they are", () => {
  const after = `${prose.slice(0, 1_000)}one ${prose.slice(1_000, 4_000)}two${prose.slice(4_003, 6_000)}${prose.slice(6_010)}three`
  expect(JSON.stringify(findEdit(`1f${prose}`, `1g${after}`)).length).toBeLessThan(110)
})

test("what has changed much has no edit", () => {
  expect(findEdit(prose, prose.toUpperCase())).toBeUndefined()
  expect(findEdit("", prose)).toBeUndefined()
})

test("an edit of another value is refused, and so is what is no edit", () => {
  const edit = findEdit(prose, `${prose}!`) as ValueEdit
  expect(applyEdit(prose, edit)).toBe(`${prose}!`)
  for (const other of [`${prose}!`, `x${prose.slice(1)}`, ""]) expect(applyEdit(other, edit)).toBeUndefined()
  for (const odd of [[], [1], ["1", 2], [1, 2, null], [1, 2, -1, 4], [1, 2, 1.5], {}, "1", [1, 2, ["a"]]])
    expect(isEdit(odd)).toBe(false)
})
