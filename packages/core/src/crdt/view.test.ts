import { describe, expect, test } from "vitest"
import type { Json } from "../base/json.ts"
import { rootPath } from "./cell-key.ts"
import type { Cell } from "./cells.ts"
import { viewState } from "./view.ts"

const set = (hlc: number, value?: Json): Cell => ({
  stamp: { hlc, actor: "a" },
  ...(value === undefined ? {} : { value }),
})
const show = (cells: Record<string, Cell>) => viewState({ life: 0, cells: new Map(Object.entries(cells)) })?.document

describe("a document", () => {
  test("is put together from its registers, whatever their order", () => {
    const cells = { a: set(1, [1]), "o.x": set(1, 1), "o.p.q": set(2, null), "o.gone": set(2), "d\\.e": set(1, "f") }
    expect(show(cells)).toEqual({ a: [1], o: { x: 1, p: { q: null } }, "d.e": "f" })
    expect(show(Object.fromEntries(Object.entries(cells).toReversed()))).toEqual(show(cells))
  })

  test("is not there when it is dead, and is empty when only its sign stands", () => {
    expect(viewState({ life: 0, dead: { hlc: 1, actor: "a" }, cells: new Map() })).toBeUndefined()
    expect(show({ [`${rootPath}\0o`]: set(1, true) })).toEqual({})
  })

  test("has an object wherever cells lie below, and where a sign stands", () => {
    expect(show({ "o.x": set(1), "p.q.r": set(1), "s\0o": set(1, true) })).toEqual({ o: {}, p: { q: {} }, s: {} })
    expect(show({ o: set(1), "o.x": set(2, 5) })).toEqual({ o: { x: 5 } })
  })

  test("tells which registers and signs its text speaks of", () => {
    const cells = {
      a: set(1, 1),
      gone: set(1),
      "n\0cx": set(1, 2),
      "o\0o": set(1, true),
      "p\0o": set(2, true),
      "p.x": set(1, 1),
    }
    const view = viewState({ life: 0, cells: new Map(Object.entries(cells)) })
    expect([...(view?.shown ?? [])].sort()).toEqual(["a", "o\0o", "p.x"])
  })
})

describe("where kinds meet", () => {
  const counter = (hlc: number) => ({ "f\0cx": set(hlc, 4), "f\0cy": set(1, 3) })
  const elements = (hlc: number) => ({ 'f\0s"b"': set(hlc, true), 'f\0s"a"': set(1, true), 'f\0s"c"': set(1) })
  const object = (hlc: number) => ({ "f.x": set(1, 1), "f.y.z": set(hlc) })

  test("a counter counts from a number, a set starts from a list", () => {
    expect(show({ f: set(1, 10), ...counter(2) })).toEqual({ f: 17 })
    expect(show({ f: set(1, ["d", "c"]), ...elements(2) })).toEqual({ f: ["a", "b", "d"] })
    expect(show({ f: set(1, "text"), ...counter(2) })).toEqual({ f: 7 })
  })

  test("what was touched last is shown", () => {
    expect(show({ ...counter(3), ...elements(4), ...object(5) })).toEqual({ f: { x: 1, y: {} } })
    expect(show({ ...counter(5), ...elements(4), ...object(3) })).toEqual({ f: 7 })
    expect(show({ ...counter(4), ...elements(5), ...object(3) })).toEqual({ f: ["a", "b"] })
    expect(show({ ...counter(4), ...object(3), "f\0o": set(5, true) })).toEqual({ f: { x: 1, y: {} } })
    expect(show({ ...counter(4), "f.e.n\0cx": set(5, 1) })).toEqual({ f: { e: { n: 1 } } })
  })
})
