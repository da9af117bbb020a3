// Metas that no engine writes, as a member of a space can send them.
import { describe, expect, test } from "vitest"
import { utf8Encode } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import { checkMeta } from "./row-check.ts"
import { actorTable, blocksToRows } from "./row-form.ts"

const actors = ["0123456789abcdef", "vvvvvvvvvvvvvvvv"]
const table = actorTable(actors)
const codeOf = (meta: unknown): string => {
  try {
    checkMeta(meta, table)
    return "passes"
  } catch (error) {
    return error instanceof FixpointError ? error.code : String(error)
  }
}

const deep = Array.from({ length: 33 }, () => "a").join(".")

describe("the meta of a row", () => {
  test.each([
    ["a plain one", [8192, 1]],
    ["a life and a base of their own", [8192, 1, [5, 0], [4096, 1]]],
    [
      "cells of every kind",
      [9, 0, 1, 0, ["a", ["b"], ["c", 1], ["d\0c", 2], 'e\0s"x"', "f\0o"], [8, 1, ["g\0yx.1", "AA=="]]],
    ],
    [
      "siblings",
      [
        9,
        0,
        0,
        0,
        [
          ["a\0mx", [{ x: 4 }, ["v", 1]]],
          ["b\0mx", [{}]],
        ],
      ],
    ],
    ["the document's own register", [9, 0, 0, 0, ["\\r", ["\\r\0o"]]]],
  ])("passes: %s", (_, meta) => {
    expect(codeOf(meta)).toBe("passes")
  })

  test.each([
    ["an object", { 0: 1 }],
    ["null", null],
    ["a stamp without an actor", [8192]],
    ["a clock that is none", [1.5, 0]],
    ["an actor that is not in the table", [8192, 2]],
    ["an actor by a name of arrays", [8192, "length"]],
    ["items that are no list", [8192, 0, 0, 0, 7]],
    ["a group that is no list", [8192, 0, 0, 0, [], "ab"]],
    ["an item that is a number", [8192, 0, 0, 0, [7]]],
    ["a key that is a list", [8192, 0, 0, 0, [[["a"], 1]]]],
    ["a life above the newest stamp", [8192, 0, [8193, 0]]],
    ["a base above the newest stamp", [8192, 0, 0, [8192, 1]]],
    ["a group above the newest stamp", [8192, 0, 0, 0, [], [9000, 0, "a"]]],
    ["a kind of cell that there is not", [8192, 0, 0, 0, ["a\0z"]]],
    ["an element that is no JSON", [8192, 0, 0, 0, ["a\0s{"]]],
    ["an element with a value", [8192, 0, 0, 0, [['a\0s"x"', true]]]],
    ["a counter's part of text", [8192, 0, 0, 0, [["a\0c", "7"]]]],
    ["a chunk that is a number", [8192, 0, 0, 0, [["a\0yx.0", 7]]]],
    ["a sibling that says nothing", [8192, 0, 0, 0, [["a\0mx"]]]],
    ["a sibling that is shown", [8192, 0, 0, 0, ["a\0mx"]]],
    ["a sibling of text", [8192, 0, 0, 0, [["a\0mx", "v"]]]],
    ["a sibling whose values are no list", [8192, 0, 0, 0, [["a\0mx", [{}, "v"]]]]],
    ["a sibling that has seen a list", [8192, 0, 0, 0, [["a\0mx", [[], []]]]]],
    ["a sibling that has seen a clock that is none", [8192, 0, 0, 0, [["a\0mx", [{ x: -1 }, []]]]]],
    ["a sibling with more", [8192, 0, 0, 0, [["a\0mx", [{}, [], 1]]]]],
    ["a sign with a value", [8192, 0, 0, 0, [["a\0o", 7]]]],
    ["a name longer than a field's", [8192, 0, 0, 0, ["a".repeat(1026)]]],
  ])("is BLOCK_CORRUPT: %s", (_, meta) => {
    expect(codeOf(meta)).toBe("BLOCK_CORRUPT")
  })

  test.each([
    ["a path deeper than documents are", [8192, 0, 0, 0, [deep]], "LIMIT_DEPTH"],
    ["a path to a prototype", [8192, 0, 0, 0, ["a.__proto__.b"]], "KEY_FORBIDDEN"],
    ["a path with an escape that is none", [8192, 0, 0, 0, ["a\\x"]], "INVALID_ARGUMENT"],
    ["a value that is none", [8192, 0, 0, 0, [["a", { $: ["q", 1] }]]], "INVALID_DOCUMENT"],
  ])("is refused: %s", (_, meta, code) => {
    expect(codeOf(meta)).toBe(code)
  })
})

test("a block that is not UTF-8 is BLOCK_CORRUPT, and stops nobody who reads a bucket", async () => {
  const plain = { deflate: async (bytes: Uint8Array) => bytes, inflate: async (bytes: Uint8Array) => bytes }
  const read = (bytes: Uint8Array) => blocksToRows(plain, [bytes], actors)
  await expect(read(Uint8Array.of(0x22, 0xff, 0x22))).rejects.toMatchObject({ code: "BLOCK_CORRUPT" })
  expect(await read(utf8Encode('["docs","a"]\n{}\t[5,0]'))).toHaveLength(1)
})

test.each([
  ["twice", '["docs","b"]\n{}\t[5,0]\n"b"\n{}\t[6,0]'],
  ["after a later one", '["docs","b"]\n{}\t[5,0]\n"a"\n{}\t[6,0]'],
  ["without an id", '"docs"\n{}\t[5,0]'],
  ["without its meta", '["docs","a"]\n{}'],
  ["without a row", '["docs","a"]'],
])("a block with a row %s is refused", async (_, text) => {
  const plain = { deflate: async (bytes: Uint8Array) => bytes, inflate: async (bytes: Uint8Array) => bytes }
  const codes = ["BLOCK_CORRUPT", "INVALID_ARGUMENT"]
  const refusal: unknown = await blocksToRows(plain, [utf8Encode(text)], actors).catch((error: unknown) => error)
  expect(codes).toContain((refusal as FixpointError).code)
})
