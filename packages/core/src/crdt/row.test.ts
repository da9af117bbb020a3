import { describe, expect, test } from "vitest"
import { type ActorTable, documentTextOf, formatRow, newestOf, readMeta, type RowMeta, type RowStamp } from "./row.ts"
import { rowState, stateRow } from "./row-state.ts"

const names = ["actor-zero", "actor-one"]
const actors: ActorTable = { indexOf: (actor) => names.indexOf(actor), actorAt: (index) => names[index] ?? "" }

const newest: RowStamp = [90, 1]
const base: RowStamp = [50, 0]
const plain: RowMeta = { newest, life: 0, base: newest, listed: new Map() }

describe("the text of a row", () => {
  test.each<[string, Partial<RowMeta>, string]>([
    ["a document written once", {}, "[90,1]"],
    ["one that was inserted", { life: newest }, "[90,1,1]"],
    ["one whose stamps are read one by one", { life: [90, 1], base: [90, 1] }, "[90,1,1]"],
    ["one of another life", { life: base }, "[90,1,[50,0]]"],
    ["one with another base", { base }, "[90,1,0,[50,0]]"],
    [
      "one inserted, with changes since",
      { base, life: base, listed: new Map([["a", { stamp: newest, shown: true }]]) },
      '[90,1,1,[50,0],["a"]]',
    ],
    [
      "cells of every kind",
      {
        base,
        listed: new Map([
          ["a", { stamp: [60, 0] as const, shown: true }],
          ["gone", { stamp: newest, shown: false }],
          ["n", { stamp: base, shown: false, value: 3 }],
          ["n\0cactor-one", { stamp: newest, shown: false, value: 4 }],
          ["n\0cactor-zero", { stamp: newest, shown: false, value: 0 }],
        ]),
      },
      '[90,1,0,[50,0],[["gone"],["n\\u0000c",4],["n\\u0000cactor-zero",0]],[60,0,"a"],[50,0,["n",3]]]',
    ],
  ])("of %s", (_, part, text) => {
    const meta = { ...plain, ...part }
    const row = formatRow('{"a":1}', meta, actors)
    expect(row).toBe(`{"a":1}\t${text}`)
    expect(documentTextOf(row)).toBe('{"a":1}')
    expect(newestOf(row)).toEqual(newest)
    expect(readMeta(row, actors)).toEqual(meta)
    expect(formatRow('{"a":1}', readMeta(row, actors), actors)).toBe(row)
  })
})

describe("the row of a state", () => {
  const stamp = (hlc: number) => ({ hlc, actor: "actor-one" })

  test("of a dead document holds its life and death alone", () => {
    const dead = { life: stamp(5), dead: stamp(9), cells: new Map() }
    expect(stateRow(dead, actors)).toBe("\t[9,1,[5,1]]")
    expect(rowState("\t[9,1,[5,1]]", actors)).toEqual(dead)
    expect(rowState("\t[9,1]", actors)).toEqual({ life: 0, dead: stamp(9), cells: new Map() })
  })

  test("takes the stamp that most of what is shown has as its base", () => {
    const cells = new Map([
      ["a", { stamp: stamp(9), value: 1 }],
      ["b", { stamp: stamp(5), value: 2 }],
      ["c", { stamp: stamp(5), value: 3 }],
    ])
    expect(stateRow({ life: 0, cells }, actors)).toBe('{"a":1,"b":2,"c":3}\t[9,1,0,[5,1],["a"]]')
  })

  test("tells an object without fields by its document, if nothing else makes it one", () => {
    expect([...rowState('{"a":{}}\t[9,1]', actors).cells]).toEqual([["a\0o", { stamp: stamp(9), value: true }]])
    expect([...rowState('{"a":{}}\t[9,1,0,0,[["a.x"]]]', actors).cells]).toEqual([["a.x", { stamp: stamp(9) }]])
    expect([...rowState("{}\t[9,1]", actors).cells.keys()]).toEqual(["\\r\0o"])
    expect([...rowState('{}\t[9,1,0,0,[["x"]]]', actors).cells.keys()]).toEqual(["x"])
  })
})
