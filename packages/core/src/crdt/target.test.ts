import { describe, expect, test } from "vitest"
import type { Json, JsonObject } from "../base/json.ts"
import { editedDocument } from "./field-target.ts"
import { patchedDocument } from "./target.ts"

const frozen = (document: JsonObject): JsonObject => {
  for (const value of Object.values(document)) if (typeof value === "object" && value !== null) Object.freeze(value)
  return Object.freeze(document)
}

describe("a patch", () => {
  const document = frozen({ a: 1, o: frozen({ x: 1, y: 2 }), l: [1] })

  test("sets, makes and deletes fields by path, and leaves the document it got", () => {
    const patched = patchedDocument(document, [
      ["a", undefined],
      ["o.x", 5],
      ["n.m", "new"],
      ["l", {}],
    ])
    expect(patched).toEqual({ o: { x: 5, y: 2 }, n: { m: "new" }, l: {} })
  })

  test("shares what it does not name, and is the same document when nothing differs", () => {
    expect(patchedDocument(document, [["a", 2]]).o).toBe(document.o)
    expect(
      patchedDocument(document, [
        ["a", 1],
        ["x.y", undefined],
        ["a.b", undefined],
        ["l.0", undefined],
      ]),
    ).toBe(document)
  })

  test("puts an object where a path leads through something else", () => {
    expect(
      patchedDocument(document, [
        ["a.b", 1],
        ["l.0", 2],
      ]),
    ).toEqual({ a: { b: 1 }, o: { x: 1, y: 2 }, l: { 0: 2 } })
    expect(patchedDocument({ d: { $: ["d", 1] } }, [["d.a", 1]])).toEqual({ d: { a: 1 } })
  })

  test("takes entries in turn, without touching the values it was given", () => {
    const value = frozen({ x: 1 })
    expect(
      patchedDocument({}, [
        ["o", value],
        ["o.y", 2],
        ["o.x", undefined],
      ]),
    ).toEqual({ o: { y: 2 } })
  })

  test("refuses what would nest deeper than a put may", () => {
    const deep = (height: number): Json => Array.from({ length: height }).reduce<Json>((inner) => [inner], 1)
    expect(patchedDocument({}, [["a.b", deep(30)]])).toBeDefined()
    expect(() => patchedDocument({}, [["a.b", deep(31)]])).toThrow(
      expect.objectContaining({ code: "LIMIT_DEPTH", details: { path: "a.b", max: 32 } }),
    )
    expect(() => patchedDocument({}, [["$$a.b", deep(31)]])).toThrow(
      expect.objectContaining({ details: { path: "$a.b", max: 32 } }),
    )
    expect(patchedDocument({}, [["a", { $: ["d", 1] }]])).toBeDefined()
  })
})

describe("a counter's or set's field", () => {
  test("moves, or begins", () => {
    expect(editedDocument({ n: 1 }, { op: "increment", path: "n", by: 2 })).toEqual({ n: 3 })
    expect(editedDocument({}, { op: "increment", path: "o.n", by: 2 })).toEqual({ o: { n: 2 } })
    expect(editedDocument({ n: "x" }, { op: "increment", path: "n", by: 2 })).toEqual({ n: 2 })
    expect(editedDocument({ n: 1e308 }, { op: "increment", path: "n", by: 1.7e308 })).toEqual({ n: Number.MAX_VALUE })
  })

  test("gains an element once, and loses it", () => {
    expect(editedDocument({ s: ["a"] }, { op: "add", path: "s", element: "b" })).toEqual({ s: ["a", "b"] })
    const document = { s: ["a"], n: 1 }
    expect(editedDocument(document, { op: "add", path: "s", element: "a" })).toBe(document)
    expect(editedDocument(document, { op: "remove", path: "s", element: "a" })).toEqual({ s: [], n: 1 })
    expect(editedDocument(document, { op: "remove", path: "n", element: "a" })).toBe(document)
    expect(editedDocument(document, { op: "remove", path: "x.y", element: "a" })).toBe(document)
    expect(editedDocument({}, { op: "add", path: "s", element: null })).toEqual({ s: [null] })
  })

  test("is refused too deep, or with an element that is none", () => {
    const path = Array(9).fill("a").join(".")
    const refusal = (at: string) => expect.objectContaining({ code: "INVALID_ARGUMENT", details: { path: at } })
    expect(() => editedDocument({}, { op: "increment", path, by: 1 })).toThrow(refusal("path"))
    expect(() => editedDocument({}, { op: "add", path: "s", element: { a: 1 } })).toThrow(refusal("element"))
    expect(() => editedDocument({}, { op: "remove", path: "s", element: [] })).toThrow(refusal("element"))
  })
})
