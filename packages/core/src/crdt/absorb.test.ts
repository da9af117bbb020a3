// What two sides know of a document decides what of it is new and what was collected; each case by hand.
import { describe, expect, test } from "vitest"
import type { Json } from "../base/json.ts"
import { covers, type VersionVector } from "../clock/version-vector.ts"
import { absorbBase, absorbPart, absorbSpan, type Acquaintance, collect } from "./absorb.ts"
import { rootPath } from "./cell-key.ts"
import type { Cell, State } from "./cells.ts"

const at = (hlc: number, actor = "a") => ({ hlc, actor })
const set = (hlc: number, value?: Json, actor = "a"): Cell =>
  value === undefined ? { stamp: at(hlc, actor) } : { stamp: at(hlc, actor), value }
const state = (life: State["life"], cells: Record<string, Cell>, dead?: State["dead"]): State => {
  const own = { life, cells: new Map(Object.entries(cells)) }
  return dead === undefined ? own : { ...own, dead }
}
const between = (known: VersionVector, told: VersionVector = {}): Acquaintance => ({
  known: (stamp) => covers(known, stamp),
  told: (stamp) => covers(told, stamp),
})

describe("the part of one actor", () => {
  const late = state(at(5), { x: set(6, "late") })

  test("of a life that is over and forgotten here does not come back", () => {
    expect(absorbPart(undefined, late, between({ a: 5 }))).toBeUndefined()
    const next = state(at(9), { y: set(9, 1) })
    expect(absorbPart(next, late, between({ a: 5 }))).toBe(next)
  })

  test("of a life that was never known here is taken, and of one that still stands is joined", () => {
    expect(absorbPart(undefined, late, between({ a: 4 }))).toBe(late)
    const here = state(at(5), { y: set(5, 1) })
    expect(absorbPart(here, late, between({ a: 5 }))).toEqual(state(at(5), { y: set(5, 1), x: set(6, "late") }))
  })

  test("of the shared life comes also where its document is known", () => {
    const part = state(0, { x: set(3, 1) })
    expect(absorbPart(undefined, part, between({ a: 9 }))).toBe(part)
  })

  test("of a smaller life counts where its writer has forgotten the greater one", () => {
    const here = state(at(9), { y: set(9, 1) })
    const part = state(0, { x: set(10, 1, "b") })
    expect(absorbPart(here, part, between({}, { a: 9 }))).toBe(part)
    expect(absorbPart(here, part, between({}, { a: 8 }))).toBe(here)
  })
})

describe("the shared life of a document that began again, once a later life was over and forgotten", () => {
  const dead = state(0, {}, at(4))
  const again = state(0, { x: set(8, "again", "b") })

  test("is there for who has the old end still, when its writer knew of that", () => {
    expect(absorbPart(dead, again, between({}, { a: 4 }))).toBe(again)
    expect(absorbSpan(dead, again, between({}, { a: 4 }))).toEqual(again)
    expect(absorbPart(dead, again, between({}, { a: 3 }))).toEqual(dead)
  })

  test("is not ended by the old end, where that is known", () => {
    expect(absorbPart(again, dead, between({ a: 4 }))).toBe(again)
    expect(absorbPart(again, dead, between({ a: 3 }))).toEqual(dead)
    expect(absorbPart(undefined, dead, between({ a: 4 }))).toBeUndefined()
    expect(absorbPart(undefined, dead, between({ a: 3 }))).toBe(dead)
  })
})

describe("a run", () => {
  test("brings nothing back that is known here and gone", () => {
    const here = state(0, { y: set(2, 1) })
    const span = state(0, { x: set(3, 1), y: set(2, 1), z: set(7, 1) })
    expect(absorbSpan(here, span, between({ a: 5 }))).toEqual(state(0, { y: set(2, 1), z: set(7, 1) }))
    expect(absorbSpan(here, state(0, { x: set(3, 1) }), between({ a: 5 }))).toBe(here)
    expect(absorbSpan(undefined, state(0, { x: set(3, 1) }), between({ a: 5 }))).toBeUndefined()
  })

  test("of a life that is over and forgotten here does not come back", () => {
    expect(absorbSpan(undefined, state(at(5), { x: set(6, 1) }), between({ a: 5 }))).toBeUndefined()
  })

  test("has cells of a life that is not the one here by what is known alone", () => {
    const here = state(0, { x: set(3, 1) })
    const span = state(at(5), { x: set(3, 1), z: set(7, 1) })
    expect(absorbSpan(here, span, between({ a: 4 }))).toEqual(state(at(5), { z: set(7, 1) }))
  })

  test("tells of a death also without cells", () => {
    const here = state(0, { x: set(3, 1) })
    expect(absorbSpan(here, state(0, {}, at(4)), between({ a: 3 }))).toEqual(state(0, {}, at(4)))
  })
})

describe("a base", () => {
  test("that knows of a document and lacks it has collected it, and one that does not know of it has not", () => {
    const here = state(at(5), { x: set(6, 1) })
    expect(absorbBase(here, undefined, between({}, { a: 5 }))).toBeUndefined()
    expect(absorbBase(here, undefined, between({}, { a: 4 }))).toBe(here)
    expect(absorbBase(undefined, undefined, between({}, { a: 4 }))).toBeUndefined()
  })

  test("leaves what it does not know of in the shared life, and a death in it", () => {
    const here = state(0, { x: set(3, 1), y: set(7, 1) })
    expect(absorbBase(here, undefined, between({}, { a: 5 }))).toEqual(state(0, { y: set(7, 1) }))
    expect(absorbBase(here, undefined, between({}, { a: 9 }))).toBeUndefined()
    const dead = state(0, {}, at(4))
    expect(absorbBase(dead, undefined, between({}, { a: 3 }))).toBe(dead)
  })

  test("that knows of a death in the shared life and lacks it has had a later life, and forgotten that", () => {
    expect(absorbBase(state(0, {}, at(4)), undefined, between({}, { a: 4 }))).toBeUndefined()
  })

  test("of a life that is over and forgotten here counts as lacking", () => {
    const here = state(0, { x: set(3, 1), y: set(9, 1) })
    const base = state(at(5), { x: set(6, 1) })
    expect(absorbBase(here, base, between({ a: 9 }, { a: 6 }))).toEqual(state(0, { y: set(9, 1) }))
    expect(absorbBase(here, base, between({ a: 9 }, { a: 9 }))).toBeUndefined()
  })

  test("meets nobody, another life, or a death as a run does", () => {
    const base = state(0, { x: set(3, 1) })
    expect(absorbBase(undefined, base, between({}))).toEqual(base)
    const born = state(at(5), { z: set(7, 1) })
    expect(absorbBase(base, born, between({ a: 3 }))).toEqual(born)
    const dead = state(0, {}, at(4))
    expect(absorbBase(dead, base, between({ a: 4 }))).toBe(dead)
    expect(absorbBase(base, dead, between({ a: 3 }))).toEqual(dead)
  })

  test("does not end again in the shared life what has begun again here since", () => {
    const dead = state(0, {}, at(4))
    const again = state(0, { x: set(8, "again", "b") })
    expect(absorbBase(again, dead, between({ a: 4, b: 8 }, { a: 4 }))).toEqual(again)
    expect(absorbBase(undefined, dead, between({ a: 4, b: 8 }, { a: 4 }))).toBeUndefined()
  })

  test("takes along what it lacks and knows of, cell by cell, and leaves out what was collected here", () => {
    const here = state(0, { x: set(3, 1), y: set(7, 1), w: set(4, "of a history that does not count") })
    const base = state(0, { w: set(2, 1), z: set(2, 1), v: set(8, 1) })
    expect(absorbBase(here, base, between({ a: 7 }, { a: 5 }))).toEqual(
      state(0, { y: set(7, 1), v: set(8, 1), w: set(2, 1) }),
    )
    const gone = state(0, { x: set(3, 1) })
    expect(absorbBase(gone, state(0, { z: set(2, 1) }), between({ a: 7 }, { a: 5 }))).toBeUndefined()
    const newer = state(0, { x: set(6, 1) })
    expect(absorbBase(gone, newer, between({ a: 3 }, { a: 6 }))).toEqual(newer)
  })
})

describe("collecting", () => {
  const held = state(0, { x: set(3), y: set(7), z: set(2, 1) })

  test("forgets a deletion that everybody has seen, and no other", () => {
    expect(collect(held, { a: 5 })).toEqual(state(0, { y: set(7), z: set(2, 1) }))
    expect(collect(held, { a: 7 })).toEqual(state(0, { z: set(2, 1) }))
    expect(collect(held, { a: 2 })).toBe(held)
    expect(collect(held, { b: 9 })).toBe(held)
  })

  test("keeps the last cell, deletions inside of objects, and the document's own", () => {
    const last = state(0, { x: set(3) })
    expect(collect(last, { a: 9 })).toBe(last)
    const inside = state(0, { "x.y": set(3), [rootPath]: set(3), z: set(2, 1) })
    expect(collect(inside, { a: 9 })).toBe(inside)
  })

  test("forgets a life that is over, once everybody has seen its end; the shared one never", () => {
    expect(collect(state(at(5), {}, at(6)), { a: 6 })).toBeUndefined()
    const unseen = state(at(5), {}, at(6))
    expect(collect(unseen, { a: 5 })).toBe(unseen)
    const shared = state(0, {}, at(6))
    expect(collect(shared, { a: 9 })).toBe(shared)
  })
})
