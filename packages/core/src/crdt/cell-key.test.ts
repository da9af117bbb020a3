import { expect, test } from "vitest"
import { formatPath } from "../codec/path.ts"
import { cellKey, childPath, rootPath, someAncestor, splitCellKey } from "./cell-key.ts"

test("a key comes apart into what it was made of", () => {
  for (const path of ["a", "a.b", "a\\.b", "a\\0c", rootPath]) {
    expect(splitCellKey(cellKey(path, ""))).toEqual({ path, kind: "", rest: "" })
    expect(splitCellKey(cellKey(path, "o"))).toEqual({ path, kind: "o", rest: "" })
    expect(splitCellKey(cellKey(path, "c", "actor"))).toEqual({ path, kind: "c", rest: "actor" })
    expect(splitCellKey(cellKey(path, "s", '"c.d"'))).toEqual({ path, kind: "s", rest: '"c.d"' })
  }
})

test("the path of a field is the path of its segments", () => {
  for (const key of ["a", "", "a.b", "\\", "\0", "\\r", "r"]) {
    expect(childPath(rootPath, key)).toBe(formatPath([key]))
    expect(childPath("x", key)).toBe(formatPath(["x", key]))
    expect(childPath(rootPath, key)).not.toBe(rootPath)
  }
})

test("ancestors are told from the top, and no others", () => {
  const told = (path: string) => {
    const found: string[] = []
    someAncestor(path, (ancestor) => found.push(ancestor) === 0)
    return found
  }
  expect(told("a")).toEqual([])
  expect(told("a.b.c")).toEqual(["a", "a.b"])
  expect(told("a\\.b.c")).toEqual(["a\\", "a\\.b"])
  expect(someAncestor("a.b.c", (ancestor) => ancestor === "a")).toBe(true)
  expect(someAncestor("a.b.c", (ancestor) => ancestor === "b")).toBe(false)
})
