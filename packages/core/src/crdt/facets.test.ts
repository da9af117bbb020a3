import { describe, expect, test } from "vitest"
import { clampNumber, counterValue, elementText, isElement, isElementList, setValue } from "./facets.ts"

describe("a counter", () => {
  test("shows its parts and the number that was there before", () => {
    expect(counterValue(undefined, [2, -5])).toBe(-3)
    expect(counterValue(10, [2, -5])).toBe(7)
    expect(counterValue("none", [2])).toBe(2)
  })

  test("adds up to the same in any order, and stays finite", () => {
    const parts = [0.1, 1e16, -1e16, 0.2, 0.3]
    expect(counterValue(0, parts)).toBe(counterValue(0, parts.toReversed()))
    expect(counterValue(undefined, [Number.MAX_VALUE, Number.MAX_VALUE])).toBe(Number.MAX_VALUE)
    expect(clampNumber(Number.NEGATIVE_INFINITY)).toBe(-Number.MAX_VALUE)
  })
})

describe("a set", () => {
  test("shows each element once, in the order of values", () => {
    expect(setValue(undefined, ["b", 2, "a", null, "b"], [])).toEqual([null, 2, "a", "b"])
    expect(setValue(undefined, [{ $: ["n", "5"] }, 5], [])).toEqual(setValue(undefined, [5, { $: ["n", "5"] }], []))
  })

  test("adds to and takes from the list that was there before", () => {
    expect(setValue(["c", "a", "c"], ["b"], ["a"])).toEqual(["b", "c"])
    expect(setValue("none", ["b"], ["a"])).toEqual(["b"])
  })

  test("holds scalars, dates, bytes and bigints", () => {
    for (const one of [null, true, 1, "x", { $: ["d", 1] }, { $: ["n", "1"] }]) expect(isElement(one)).toBe(true)
    for (const one of [[], {}, { a: 1 }]) expect(isElement(one)).toBe(false)
    expect(isElementList(["a", 1])).toBe(true)
    expect(isElementList(["a", []])).toBe(false)
    expect(isElementList("a")).toBe(false)
    expect(elementText("a")).not.toBe(elementText({ $: ["n", "1"] }))
  })
})
