import { describe, expect, test } from "vitest"
import type { Filter, Operator } from "../api/filter.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { compileFilter } from "./filter.ts"

const field = (path: string, operator: Operator, operand: Json): Filter => ({
  kind: "field",
  condition: { path, operator, operand },
})
const holds = (filter: Filter, document: JsonObject, id = "id") => compileFilter(filter)?.(document, id) ?? true
const date = (ms: number): Json => ({ $: ["d", ms] })

describe("operators", () => {
  const cases: [operator: Operator, operand: Json, matching: (Json | undefined)[], others: (Json | undefined)[]][] = [
    ["eq", 0, [0], [false, "", null, undefined, "0", 1]],
    ["eq", "", [""], [0, false, null, undefined]],
    ["eq", false, [false], [0, "", null, undefined]],
    ["eq", null, [null], [undefined, 0, false, ""]],
    ["eq", [1, [2]], [[1, [2]]], [[1, 2], [1], "1,2"]],
    ["eq", date(5), [date(5)], [5, date(6)]],
    ["ne", 1, [2, "1", null, undefined], [1]],
    ["gt", 5, [6, 5.1], [5, 4, "6", null, undefined, [6], date(6)]],
    ["gte", "b", ["b", "c", "ba"], ["a", 9, undefined, "B"]],
    ["lt", date(10), [date(9), date(-1)], [date(10), 9, undefined]],
    ["lte", 0, [0, -1], [1, false, null, undefined]],
    ["in", [1, null, [2]], [1, null, [2]], [2, undefined, "1"]],
    ["in", [], [], [1, null, undefined]],
    ["nin", [1], [2, undefined, null], [1]],
    ["between", [1, 3], [1, 2, 3], [0, 4, "2", undefined]],
    ["startsWith", "ab", ["ab", "abc"], ["a", "xab", 1, undefined, ["ab"]]],
    ["startsWith", "", ["", "a"], [1, undefined]],
    ["has", "x", [["x"], ["y", "x"]], ["x", [], [["x"]], undefined]],
    ["hasAny", ["x", 1], [["x"], [1, 2]], [["y"], [], "x", undefined]],
    ["hasAll", ["x", 1], [[1, "x", 2]], [["x"], [1], [], undefined]],
    ["hasAll", [], [[], [1]], ["x", undefined]],
    ["exists", true, [null, 0, ""], [undefined]],
    ["exists", false, [undefined], [null, 0, ""]],
  ]
  test.each(cases)("%s %j", (operator, operand, matching, others) => {
    const documentOf = (value: Json | undefined): JsonObject => (value === undefined ? {} : { a: { b: value } })
    for (const value of matching)
      expect([value, holds(field("a.b", operator, operand), documentOf(value))]).toEqual([value, true])
    for (const value of others)
      expect([value, holds(field("a.b", operator, operand), documentOf(value))]).toEqual([value, false])
  })

  test("_id is the id", () => {
    expect(holds(field("_id", "startsWith", "x:"), {}, "x:1")).toBe(true)
    expect(holds(field("_id", "eq", "x"), {}, "y")).toBe(false)
  })

  test("nothing of a prototype is ever read", () => {
    expect(holds(field("toString", "exists", true), {})).toBe(false)
    expect(holds(field("a.length", "exists", true), { a: "text" })).toBe(false)
  })

  test.each([
    ["in", 1],
    ["nin", "x"],
    ["between", [1]],
    ["between", [1, 2, 3]],
    ["hasAny", 1],
    ["hasAll", null],
    ["startsWith", 1],
  ] as const)("%s refuses %j", (operator, operand) => {
    expect(() => compileFilter(field("a", operator, operand))).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    )
  })
})

describe("and, or, not", () => {
  const a = field("a", "eq", 1)
  const b = field("b", "eq", 1)
  test("an empty and holds for everything, an empty or for nothing", () => {
    expect(compileFilter({ kind: "and", filters: [] })).toBeUndefined()
    expect(holds({ kind: "or", filters: [] }, {})).toBe(false)
    expect(holds({ kind: "not", filter: { kind: "and", filters: [] } }, {})).toBe(false)
  })
  test("combine", () => {
    expect(holds({ kind: "and", filters: [a, b] }, { a: 1 })).toBe(false)
    expect(holds({ kind: "and", filters: [a, b] }, { a: 1, b: 1 })).toBe(true)
    expect(holds({ kind: "or", filters: [a, b] }, { b: 1 })).toBe(true)
    expect(holds({ kind: "or", filters: [a, { kind: "and", filters: [] }] }, {})).toBe(true)
    expect(holds({ kind: "not", filter: a }, {})).toBe(true)
  })
})
