import { describe, expect, test } from "vitest"
import type { Json, JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { rootPath } from "./cell-key.ts"
import { changesBetween, eachLeaf } from "./changes.ts"

const told = (before: JsonObject, after: JsonObject) =>
  changesBetween(before, after).changes.map(({ path, before: was, after: now }) => [path, was, now])

/** A value below `depth` fields named a. */
const below = (depth: number, value: Json): JsonObject =>
  Array.from({ length: depth }).reduce<Json>((inner) => ({ a: inner }), value) as JsonObject

describe("changes", () => {
  test("name the leaves that differ, come and go", () => {
    const before = { same: 1, was: 1, o: { x: 1, y: [1], gone: true } }
    const after = { same: 1, o: { x: 2, y: [1], new: null }, now: "n" }
    expect(told(before, after)).toEqual([
      ["o.x", 1, 2],
      ["o.new", undefined, null],
      ["o.gone", true, undefined],
      ["now", undefined, "n"],
      ["was", 1, undefined],
    ])
    expect(changesBetween(before, after).kept).toBe(2)
    expect(told(before, structuredClone(before))).toEqual([])
  })

  test("take lists and escapes as one value", () => {
    expect(told({ l: [{ a: 1 }] }, { l: [{ a: 2 }] })).toEqual([["l", [{ a: 1 }], [{ a: 2 }]]])
    expect(told({ d: { $: ["d", 1] } }, { d: { $: ["d", 2] } })).toEqual([["d", { $: ["d", 1] }, { $: ["d", 2] }]])
    expect(told({ d: { $: ["d", 1] } }, { d: { $: ["d", 1] } })).toEqual([])
    expect(told({ d: { $: ["d", 1] } }, { d: {} })).toHaveLength(1)
  })

  test("tell an object that gives way, or that comes, once", () => {
    expect(told({ o: { a: 1, b: 2 } }, { o: 5 })).toEqual([["o", { a: 1, b: 2 }, 5]])
    expect(told({}, { o: { a: { b: 1 } } })).toEqual([["o", undefined, { a: { b: 1 } }]])
    expect(told({ o: { a: 1 } }, { o: {} })).toEqual([["o.a", 1, undefined]])
    expect(told({ o: [] }, { o: {} })).toEqual([["o", [], {}]])
  })

  test("know names that objects inherit", () => {
    expect(told({}, { toString: 1, valueOf: {} })).toHaveLength(2)
    expect(told({ toString: 1 }, {})).toEqual([["toString", 1, undefined]])
  })

  test("count an object without fields that stays as kept", () => {
    expect(changesBetween({ o: {}, n: 1 }, { o: {}, n: 2 }).kept).toBe(1)
  })

  test("take what lies deeper than registers as one value", () => {
    const { registerDepthMax: depth } = limits
    const path = Array(depth).fill("a").join(".")
    expect(told(below(depth, 1), below(depth, 2))).toEqual([[path, 1, 2]])
    expect(told(below(depth + 1, 1), below(depth + 1, 2))).toEqual([[path, { a: 1 }, { a: 2 }]])
  })
})

test("leaves are told with their depth; objects without fields among them", () => {
  const found: unknown[] = []
  eachLeaf({ a: { b: 1, c: {} }, "d.e": [] }, rootPath, 0, (...leaf) => found.push(leaf))
  expect(found).toEqual([
    ["a.b", 1, 2],
    ["a.c", {}, 2],
    ["d\\.e", [], 1],
  ])
})
