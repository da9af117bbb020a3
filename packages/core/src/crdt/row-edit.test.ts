import { describe, expect, test } from "vitest"
import type { JsonObject } from "../base/json.ts"
import { formatStamp } from "../clock/stamp.ts"
import { joinStates } from "./cells.ts"
import type { MergeType } from "./edit-target.ts"
import type { ActorTable } from "./row.ts"
import { editRow, editRowByCells } from "./row-edit.ts"
import { liveVersion, rowVersion, rowView } from "./row-view.ts"
import { rowState, stateRow } from "./row-state.ts"
import type { Edit } from "./target.ts"

const actors: ActorTable = {
  indexOf: (actor) => actor.charCodeAt(0) - 97,
  actorAt: (index) => "abc".charAt(index).repeat(16),
}
const stampOf = (hlc: number, actor = "a") => ({ hlc, actor: actor.repeat(16) })

type Step = Edit | readonly [actor: string, Edit]

/** A row after writes, each a commit of its own, from `hlc` on. */
function rowAfter(
  steps: readonly Step[],
  fields: Record<string, MergeType> = {},
  start: { row?: string; hlc?: number } = {},
) {
  let { row, hlc = 1 } = start
  for (const step of steps) {
    const [actor, edit] = "op" in step ? ["a", step] : step
    row = editRow(row, edit, { stamp: stampOf(hlc++, actor), actors, fields })
  }
  return row as string
}

const put = (document: JsonObject): Edit => ({ op: "put", text: JSON.stringify(document) })
const insert = (document: JsonObject): Edit => ({ op: "insert", text: JSON.stringify(document) })
const patch = (fields: JsonObject): Edit => ({ op: "patch", entries: Object.entries(fields) })
const drop = (path: string): Edit => ({ op: "patch", entries: [[path, undefined]] })
const increment = (by: number, path = "n"): Edit => ({ op: "increment", path, by })
const add = (element: string): Edit => ({ op: "add", path: "s", element })
const remove = (element: string): Edit => ({ op: "remove", path: "s", element })
const gone: Edit = { op: "delete" }
const view = (row: string): unknown => JSON.parse(rowView(row) ?? "null")
const meet = (a: string, b: string): string => stateRow(joinStates(rowState(a, actors), rowState(b, actors)), actors)

describe("existence", () => {
  test("a put takes its text as it came, in the life that devices share", () => {
    expect(rowAfter([put({ b: 1, a: {} })])).toBe('{"b":1,"a":{}}\t[1,0]')
  })

  test("a document without any field is one, by the short way and by its cells", () => {
    for (const edit of [put({}), insert({})]) {
      const long = editRowByCells(undefined, edit, { stamp: stampOf(1), actors, fields: {} })
      expect([rowAfter([edit]), view(long)]).toEqual([long, {}])
      expect(rowState(long, actors)).toEqual(rowState(rowAfter([edit]), actors))
    }
  })

  test("an insert begins a life of its own, and is refused where a document is", () => {
    expect(rowAfter([insert({ a: 1 })])).toBe('{"a":1}\t[1,0,1]')
    const refused = expect.objectContaining({ code: "ALREADY_EXISTS" })
    expect(() => rowAfter([put({}), insert({})])).toThrow(refused)
    expect(() => editRowByCells(rowAfter([put({})]), insert({}), { stamp: stampOf(2), actors, fields: {} })).toThrow(
      refused,
    )
  })

  test("a deletion leaves the mark of the life it saw, and is idempotent", () => {
    const row = rowAfter([insert({ a: 1 }), gone])
    expect(row).toBe("\t[2,0,[1,0]]")
    expect(rowView(row)).toBeUndefined()
    expect(rowAfter([gone], {}, { row, hlc: 9 })).toBe(row)
    expect(rowAfter([gone])).toBe("")
    expect(rowView("")).toBeUndefined()
  })

  test("what comes after a deletion has a life of its own", () => {
    expect(rowAfter([put({ a: 1 }), gone, put({ b: 1 })])).toBe('{"b":1}\t[3,0,1]')
    expect(rowAfter([put({ a: 1 }), gone, insert({ b: 1 })])).toBe('{"b":1}\t[3,0,1]')
  })

  test("a field is written only in a document", () => {
    for (const edit of [patch({ a: 1 }), increment(1), add("x"), remove("x")])
      for (const before of [[], [put({ a: 1 }), gone]])
        expect(() => rowAfter([...before, edit]), edit.op).toThrow(expect.objectContaining({ code: "NOT_FOUND" }))
  })

  test("one commit deletes and begins again as often as it likes", () => {
    const context = { stamp: stampOf(5), actors, fields: {} }
    const row = [gone, insert({ b: 1 }), gone, insert({ c: 1 }), patch({ d: 1 })].reduce<string | undefined>(
      (one, edit) => editRow(one, edit, context),
      rowAfter([put({ a: 1 })]),
    )
    expect(rowState(row as string, actors)).toMatchObject({ life: stampOf(5) })
    expect(rowState(row as string, actors).dead).toBeUndefined()
    expect(view(row as string)).toEqual({ c: 1, d: 1 })
  })

  test("a write older than the row breaks an invariant", () => {
    expect(() => rowAfter([put({ b: 1 })], {}, { row: rowAfter([put({ a: 1 })], {}, { hlc: 9 }), hlc: 8 })).toThrow(
      expect.objectContaining({ code: "INTERNAL" }),
    )
  })
})

describe("registers", () => {
  test("a put stamps the leaves that differ", () => {
    expect(rowAfter([put({ a: 1, b: { c: 2, d: [3] } }), put({ a: 1, b: { c: 5, d: [3] }, e: 6 })])).toBe(
      '{"a":1,"b":{"c":5,"d":[3]},"e":6}\t[2,0,0,[1,0],["b.c","e"]]',
    )
    expect(rowAfter([put({ a: 1, b: 2 }), put({ b: 2 })])).toBe('{"b":2}\t[2,0,0,[1,0],[["a"]]]')
  })

  test("a put of an equal document changes nothing, whatever the order of its keys", () => {
    const row = rowAfter([put({ a: 1, o: { x: 1, y: [2] } })])
    expect(rowAfter([put({ o: { y: [2], x: 1 }, a: 1 })], {}, { row, hlc: 2 })).toBe(row)
    expect(rowAfter([patch({ a: 1 }), drop("b")], {}, { row, hlc: 2 })).toBe(row)
  })

  test("a put in which no leaf stays moves the base", () => {
    expect(rowAfter([put({ a: 1, b: 2 }), patch({ a: 3 }), put({ a: 4, b: 5 })])).toBe('{"a":4,"b":5}\t[3,0]')
  })

  test("the version is the newest stamp, and moves with every change", () => {
    let row = rowAfter([put({ a: 1 })])
    for (const [i, edit] of [
      patch({ a: 2 }),
      drop("a"),
      increment(1),
      add("x"),
      put({}),
      gone,
      put({ a: 1 }),
    ].entries()) {
      row = rowAfter([edit], {}, { row, hlc: 10 + i })
      expect(rowVersion(row, actors)).toBe(formatStamp(stampOf(10 + i)))
    }
  })

  test("rows that differ have different versions, whatever their newest stamps", () => {
    const start = rowAfter([put({ a: 1, k: 0 })])
    const mine = rowAfter([patch({ a: 2 })], {}, { row: start, hlc: 9 })
    const theirs = rowAfter([["b", patch({ k: 5 })]], {}, { row: start, hlc: 4 })
    const both = meet(mine, theirs)
    expect(view(both)).toEqual({ a: 2, k: 5 })
    expect(rowVersion(both, actors)).toBe(rowVersion(mine, actors))
    expect(liveVersion(both)).not.toBe(liveVersion(mine))
    const lost = stateRow(
      { ...rowState(start, actors), cells: new Map([...rowState(start, actors).cells].slice(0, 1)) },
      actors,
    )
    expect(lost.slice(lost.indexOf("\t"))).toBe(start.slice(start.indexOf("\t")))
    expect(liveVersion(lost)).not.toBe(liveVersion(start))
    expect([liveVersion(undefined), liveVersion(rowAfter([put({}), gone]))]).toEqual([undefined, undefined])
  })

  test("a field and an object trade places, and the newest write of two devices wins", () => {
    const start = rowAfter([put({ a: 1, k: 0 })])
    const made = rowAfter([patch({ a: { x: 1 } })], {}, { row: start, hlc: 5 })
    expect(view(made)).toEqual({ a: { x: 1 }, k: 0 })
    const older = rowAfter([["b", patch({ a: 2 })]], {}, { row: start, hlc: 4 })
    const newer = rowAfter([["b", patch({ a: 2 })]], {}, { row: start, hlc: 6 })
    expect(view(meet(made, older))).toEqual({ a: { x: 1 }, k: 0 })
    expect(view(meet(made, newer))).toEqual({ a: 2, k: 0 })
    expect(view(rowAfter([patch({ a: 3 })], {}, { row: made, hlc: 9 }))).toEqual({ a: 3, k: 0 })
  })

  test("an object that goes takes along what others wrote in it before, and not what they write after", () => {
    const start = rowAfter([put({ o: { x: 1 }, k: 0 })])
    const without = rowAfter([drop("o")], {}, { row: start, hlc: 5 })
    expect(view(without)).toEqual({ k: 0 })
    expect(view(meet(without, rowAfter([["b", patch({ "o.y": 2 })]], {}, { row: start, hlc: 4 })))).toEqual({ k: 0 })
    expect(view(meet(without, rowAfter([["b", patch({ "o.y": 2 })]], {}, { row: start, hlc: 6 })))).toEqual({
      o: { y: 2 },
      k: 0,
    })
  })

  test("a put of very many objects that go is the same by cells", () => {
    const fields = (value: number) => Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`f${i}`, { x: value }]))
    const row = rowAfter([put({ ...fields(1), k: 0 }), put({ ...fields(2), k: 0 })])
    const context = { stamp: stampOf(9), actors, fields: {} }
    expect(rowState(editRow(row, put({ k: 0 }), context), actors)).toEqual(
      rowState(editRowByCells(row, put({ k: 0 }), context), actors),
    )
  })
})

describe("counters", () => {
  const fields = { n: "counter" } as const

  test("that gave way to an object still count for who moves them next", () => {
    const start = rowAfter([put({ n: 5 })], fields)
    const moved = rowAfter([increment(2)], fields, { row: start, hlc: 5 })
    const made = rowAfter(
      [
        ["b", patch({ n: { x: 1 } })],
        ["b", patch({ "n.x": 2 })],
      ],
      fields,
      { row: start, hlc: 3 },
    )
    const later = rowAfter([["b", patch({ "n.x": 3 })]], fields, { row: made, hlc: 7 })
    const both = meet(moved, later)
    expect(view(both)).toEqual({ n: { x: 3 } })
    const context = { stamp: stampOf(9), actors, fields }
    const next = editRow(both, increment(3), context)
    expect(rowState(next, actors)).toEqual(rowState(editRowByCells(both, increment(3), context), actors))
    expect(view(next)).toEqual({ n: 3 })
  })

  test("that are declared deeper than fields merge are plain fields, and cannot be moved", () => {
    const path = Array.from({ length: 9 }, (_, i) => `f${i}`)
    const deep = path.reduceRight<JsonObject | number>((inner, key) => ({ [key]: inner }), 5) as JsonObject
    const fields = { [path.join(".")]: "counter" } as const
    const row = rowAfter([put(deep)], fields)
    expect(row).toBe(rowAfter([put(deep)]))
    expect(() => rowAfter([increment(1, path.join("."))], fields, { row, hlc: 2 })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    )
  })

  test("sum what devices add at the same time", () => {
    const start = rowAfter([put({ n: 5 })], fields)
    expect(start).toBe('{"n":5}\t[1,0,0,0,[["n\\u0000c",5]]]')
    const [a, b] = [
      rowAfter([increment(2)], fields, { row: start, hlc: 5 }),
      rowAfter([["b", increment(-1)]], fields, { row: start, hlc: 5 }),
    ]
    expect(view(meet(a, b))).toEqual({ n: 6 })
    expect(view(meet(b, rowAfter([put({ n: 10 })], fields, { row: a, hlc: 6 })))).toEqual({ n: 9 })
  })

  test("need no declaration, and count from a number that was a register", () => {
    const start = rowAfter([put({ n: 5 })])
    const [a, b] = [
      rowAfter([increment(2)], {}, { row: start, hlc: 5 }),
      rowAfter([["b", increment(3)]], {}, { row: start, hlc: 5 }),
    ]
    expect(view(meet(a, b))).toEqual({ n: 10 })
  })

  test("stay as they are when nothing is added", () => {
    const row = rowAfter([put({ n: 5 })], fields)
    expect(rowAfter([increment(0), put({ n: 5 })], fields, { row, hlc: 2 })).toBe(row)
  })

  test("end where something else is put, and begin again from nothing", () => {
    const row = rowAfter([put({ n: 5 }), increment(1), put({ n: "none" })], fields)
    expect(view(row)).toEqual({ n: "none" })
    expect(view(rowAfter([increment(1)], fields, { row, hlc: 9 }))).toEqual({ n: 1 })
    expect(view(rowAfter([drop("n"), increment(2)], fields, { row, hlc: 9 }))).toEqual({ n: 2 })
  })

  test("that a float cannot hold stay what the sum is", () => {
    const row = rowAfter([put({ n: 1e16 }), ["b", increment(1)], ["c", increment(2)]], fields)
    expect(view(row)).toEqual({ n: 1e16 + 2 })
    expect(rowState(row, actors).cells.size).toBe(2)
  })
})

describe("sets", () => {
  const fields = { s: "set" } as const

  test("show each element once, in order, and keep what devices add at the same time", () => {
    const start = rowAfter([put({ s: ["c", "a", "c"] })], fields)
    expect(view(start)).toEqual({ s: ["a", "c"] })
    const [a, b] = [
      rowAfter([add("b"), remove("c")], fields, { row: start, hlc: 5 }),
      rowAfter([["b", add("d")]], fields, { row: start, hlc: 5 }),
    ]
    expect(view(meet(a, b))).toEqual({ s: ["a", "b", "d"] })
    expect(view(meet(b, rowAfter([put({ s: ["z"] })], fields, { row: a, hlc: 8 })))).toEqual({ s: ["d", "z"] })
  })

  test("stay as they are when nothing is added or removed", () => {
    const row = rowAfter([put({ s: ["b", "a"] })], fields)
    expect(rowAfter([add("a"), remove("x"), put({ s: ["b", "a", "a"] })], fields, { row, hlc: 2 })).toBe(row)
  })

  test("can be empty from the start, and empty again", () => {
    const start = rowAfter([put({ s: [] })], fields)
    expect(view(start)).toEqual({ s: [] })
    const [a, b] = [
      rowAfter([add("a"), remove("a")], fields, { row: start, hlc: 5 }),
      rowAfter([["b", put({ s: ["b"] })]], fields, { row: start, hlc: 5 }),
    ]
    expect(view(a)).toEqual({ s: [] })
    expect(view(meet(a, b))).toEqual({ s: ["b"] })
  })

  test("stay hidden where an object is shown, also when all that is shown changes", () => {
    const start = rowAfter([put({ k: 0 })], fields)
    const set = rowAfter([["b", add("a")]], fields, { row: start, hlc: 5 })
    const met = meet(rowAfter([patch({ s: { x: 1 } })], {}, { row: start, hlc: 6 }), set)
    expect(view(met)).toEqual({ k: 0, s: { x: 1 } })
    const row = rowAfter([put({ k: 1, s: { x: 2 } })], {}, { row: met, hlc: 9 })
    expect(rowState(row, actors).cells.has('s\0s"a"')).toBe(true)
    expect(view(rowAfter([["b", add("b")]], fields, { row: meet(set, row), hlc: 10 }))).toEqual({ k: 1, s: ["b"] })
  })

  test("start from a list that was a register", () => {
    const row = rowAfter([put({ s: ["b", "a"] })])
    expect(view(row)).toEqual({ s: ["b", "a"] })
    expect(view(rowAfter([put({ s: ["a", "b", "c"] })], fields, { row, hlc: 5 }))).toEqual({ s: ["a", "b", "c"] })
    expect(view(rowAfter([put({ s: ["a", "b"] })], fields, { row, hlc: 5 }))).toEqual({ s: ["a", "b"] })
    expect(view(rowAfter([remove("b")], {}, { row, hlc: 5 }))).toEqual({ s: ["a"] })
  })

  test("hold no lists and no objects: with one it is a list like any other", () => {
    const row = rowAfter([put({ s: [{ x: 1 }, "a"] })], fields)
    expect(row).toBe('{"s":[{"x":1},"a"]}\t[1,0]')
    expect(view(rowAfter([put({ s: ["b"] }), put({ s: [["b"]] })], fields, { row, hlc: 2 }))).toEqual({ s: [["b"]] })
  })
})
