import { describe, expect, test } from "vitest"
import type { Json } from "../base/json.ts"
import { rootPath } from "./cell-key.ts"
import { type Cell, compareLives, joinStates, normalise, type State, unite } from "./cells.ts"

const at = (hlc: number, actor = "a") => ({ hlc, actor })
const set = (hlc: number, value?: Json): Cell => (value === undefined ? { stamp: at(hlc) } : { stamp: at(hlc), value })
const cellsOf = (cells: Record<string, Cell>) => new Map(Object.entries(cells))
const state = (life: State["life"], cells: Record<string, Cell>, dead?: State["dead"]): State =>
  dead === undefined ? { life, cells: cellsOf(cells) } : { life, dead, cells: cellsOf(cells) }

describe("cells of one document", () => {
  test("of one key, the greater stamp wins; of one clock, the greater actor", () => {
    expect(unite(cellsOf({ a: set(1, "x") }), cellsOf({ a: set(2, "y") })).get("a")).toEqual(set(2, "y"))
    const [mine, other] = [
      { stamp: at(1, "a"), value: "x" },
      { stamp: at(1, "b"), value: "a" },
    ]
    expect(unite(cellsOf({ a: mine }), cellsOf({ a: other })).get("a")).toBe(other)
    expect(unite(cellsOf({ a: other }), cellsOf({ a: mine })).get("a")).toBe(other)
  })

  test("under one stamp, which only a damaged peer sends, are still decided the same way", () => {
    const [one, two] = [cellsOf({ a: set(1, "x") }), cellsOf({ a: set(1, "y") })]
    expect(unite(one, two)).toEqual(unite(two, one))
    const gone = cellsOf({ a: set(1) })
    expect(unite(one, gone)).toEqual(unite(gone, one))
  })

  test("are dropped by a later register above, and parts and elements by one at their path", () => {
    const cells = {
      "a.b": set(1, 1),
      "a.c": set(3, 1),
      "a\0cx": set(1, 4),
      'a\0s"e"': set(1, true),
      "a\0o": set(1, true),
    }
    expect([...normalise(cellsOf({ a: set(2, 5), ...cells })).keys()]).toEqual(["a", "a.c"])
    expect([...normalise(cellsOf({ a: set(1, 5), ...cells })).keys()]).toEqual(["a", "a.b", "a.c", "a\0cx", 'a\0s"e"'])
  })

  test("a path that only begins alike is not below", () => {
    const cells = cellsOf({ a: set(9, 1), ab: set(1, 1), "a\\.b": set(1, 1) })
    expect(normalise(cells)).toEqual(cells)
  })

  test("a register with fields below loses its value and goes on dominating", () => {
    const merged = normalise(cellsOf({ a: set(2, 5), "a.b": set(3, 1) }))
    expect(merged.get("a")).toEqual(set(2))
    expect(normalise(new Map([...merged, ["a.c", set(1, 1)]])).has("a.c")).toBe(false)
  })

  test("a sign goes for a cell below that is not older, and stays before older ones", () => {
    expect(normalise(cellsOf({ "a\0o": set(2, true), "a.b": set(2) })).has("a\0o")).toBe(false)
    expect(normalise(cellsOf({ "a\0o": set(2, true), "a.b": set(1) })).has("a\0o")).toBe(true)
    expect(normalise(cellsOf({ [`${rootPath}\0o`]: set(1, true), a: set(2) })).size).toBe(1)
  })
})

describe("lives", () => {
  test("the shared life is before all others, which are ordered by their stamps", () => {
    expect(compareLives(0, 0)).toBe(0)
    expect(compareLives(0, at(1))).toBeLessThan(0)
    expect(compareLives(at(2), 0)).toBeGreaterThan(0)
    expect(compareLives(at(1), at(2))).toBeLessThan(0)
    expect(compareLives(at(1, "a"), at(1, "b"))).toBeLessThan(0)
  })

  test("the greater life wins whole, dead or not", () => {
    const old = state(0, { a: set(9, 1), b: set(9, 1) })
    const fresh = state(at(5), { a: set(5, 2) })
    expect(joinStates(old, fresh)).toBe(fresh)
    expect(joinStates(fresh, old)).toBe(fresh)
    const dead = state(at(6), {}, at(7))
    expect(joinStates(fresh, dead)).toBe(dead)
  })

  test("in one life death wins over any stamp, and the last death is kept", () => {
    const alive = state(0, { a: set(9, 1) })
    expect(joinStates(alive, state(0, {}, at(2)))).toEqual(state(0, {}, at(2)))
    expect(joinStates(state(0, {}, at(2)), alive)).toEqual(state(0, {}, at(2)))
    expect(joinStates(state(0, {}, at(2)), state(0, {}, at(3)))).toEqual(state(0, {}, at(3)))
    expect(joinStates(state(0, {}, at(3)), state(0, {}, at(2)))).toEqual(state(0, {}, at(3)))
  })
})
