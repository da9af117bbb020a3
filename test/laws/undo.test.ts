// Undo and redo of one document: alone, they go through the states that were; beside others, they take back what is still theirs.
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import type { Json, JsonObject } from "../../packages/core/src/base/json.ts"
import type { Edit } from "../../packages/core/src/crdt/target.ts"
import { Origins } from "../../packages/core/src/undo/origins.ts"
import { type Direction, remember, type Reversal, reverse } from "../../packages/core/src/undo/reversal.ts"
import { declarations, edits } from "./histories.ts"
import { commit, type Device, type Fields, joinAll, learn, newDevice, shown, stateOf } from "./replicas.ts"

vi.setConfig({ testTimeout: 180_000 })

const numRuns = 800
const at = { key: "k", collection: "c", id: "a" }

/** A device that remembers what it does. */
function remembering(device: Device, fields: Fields) {
  const origins = new Origins()
  const done: Reversal[] = []
  const undone: Reversal[] = []
  const write = (all: readonly Edit[]): boolean => {
    const made = commit(device, all, fields)
    if (made === undefined) return false
    const [before, after] = made.rows
    const reversal = remember({ ...at, before, after }, { origins, actors: device.actors })
    if (reversal === undefined) return false
    done.push(reversal)
    undone.length = 0
    return true
  }
  const turn = (direction: Direction): "taken" | "kept" | "empty" => {
    const [from, to] = direction === "undo" ? [done, undone] : [undone, done]
    const reversal = from.pop()
    if (reversal === undefined) return "empty"
    const stamp = { hlc: device.hlc + 1, actor: device.actor }
    const reversed = reverse(reversal, device.row, direction, { origins, actors: device.actors, stamp, fields })
    if (reversed === undefined) return "kept"
    device.hlc++
    device.row = reversed.row
    to.push(reversed.reversal)
    return "taken"
  }
  return { write, turn }
}

/** A list that has become a set shows each element once, in the order of values. */
function unordered(value: Json | undefined): Json | undefined {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return [...new Set((value as Json[]).map((one) => JSON.stringify(one)))].sort()
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unordered(one) as Json]))
}

/** Commits that end a document and begin it anew, with a change after them: what was before is of another life. */
const begunAnew: [Edit[][], Direction[], Fields] = [
  [
    [{ op: "put", text: "{}" }],
    [{ op: "delete" }, { op: "put", text: "{}" }],
    [{ op: "delete" }, { op: "insert", text: '{"b":0}' }],
    [{ op: "patch", entries: [["a", 1]] }],
  ],
  ["undo", "undo", "redo"],
  {},
]

/** A deletion that undo and redo have moved about stands beside what was put over it, and is nobody else's. */
const movedDeletion: [Edit[][], Direction[], Fields] = [
  [
    [{ op: "put", text: '{"o":{"x":1}}' }],
    [{ op: "patch", entries: [["o", { y: {} }]] }],
    [
      { op: "put", text: "{}" },
      { op: "patch", entries: [["o.z.a", 1]] },
    ],
    [{ op: "delete" }],
  ],
  ["undo", "undo", "undo", "redo", "redo", "redo"],
  {},
]

/** What a commit dropped and showed again as it was is still what it was: a deletion of it, done again, is nobody else's. */
const shownAgain: [Edit[][], Direction[], Fields] = [
  [
    [{ op: "put", text: '{"a":{"a":{}}}' }],
    [{ op: "put", text: '{"a":{}}' }],
    [
      { op: "increment", path: "a", by: 0 },
      { op: "put", text: '{"a":{}}' },
    ],
    [{ op: "increment", path: "a", by: 0 }],
  ],
  ["undo", "undo", "redo", "redo"],
  {},
]

/** A list that is a set by now and has all its elements is taken back all the same: the steps below are of what it was. */
const allElements: [Edit[][], Direction[], Fields] = [
  [
    [{ op: "put", text: '{"s":["x","x"]}' }],
    [
      { op: "add", path: "s", element: 5 },
      { op: "remove", path: "s", element: 5 },
    ],
  ],
  ["undo", "undo"],
  {},
]

test("alone, undo and redo go through the documents that were", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(edits, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.constantFrom<Direction>("undo", "undo", "redo"), { maxLength: 20 }),
      declarations,
      (writes, turns, fields) => {
        const device = newDevice(0)
        const { write, turn } = remembering(device, fields)
        const seen: (Json | undefined)[] = [undefined]
        for (const one of writes) if (write(one)) seen.push(shown(stateOf(device)))
        let place = seen.length - 1
        for (const direction of turns) {
          const next = direction === "undo" ? place - 1 : place + 1
          const outcome = turn(direction)
          if (next < 0 || next >= seen.length) expect(outcome).toBe("empty")
          else {
            place = next
            expect(unordered(shown(stateOf(device)))).toEqual(unordered(seen[place]))
          }
        }
      },
    ),
    { numRuns, examples: [begunAnew, movedDeletion, shownAgain, allElements] },
  )
})

/** Writes of so few fields that each one meets what others have left there. */
const near: fc.Arbitrary<Edit> = (() => {
  const value = fc.constantFrom<Json>(
    0,
    1,
    {},
    { a: {} },
    { a: 1, b: 2 },
    { a: { a: 1 } },
    [],
    ["x"],
    ["y", "x", "x"],
    { a: [] },
    "t",
  )
  const path = fc.constantFrom("a", "a", "a.a", "a.b", "a.a.a", "b")
  const text = fc
    .record({ a: value, b: value }, { requiredKeys: [], noNullPrototype: true })
    .map((one) => JSON.stringify(one))
  const entry = fc.tuple(path, fc.option(value, { nil: undefined, freq: 2 }))
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ op: fc.constant("put" as const), text }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("insert" as const), text }) },
    {
      weight: 6,
      arbitrary: fc.record({
        op: fc.constant("patch" as const),
        entries: fc.array(entry, { minLength: 1, maxLength: 2 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ op: fc.constant("increment" as const), path, by: fc.nat(1) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        op: fc.constantFrom("add" as const, "remove" as const),
        path,
        element: fc.constantFrom("x", 1),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ op: "delete" as const }) },
  )
})()

type Step = readonly Edit[] | Direction

/** A deletion that something was put over, and that came back with an undo, is what it was to the write that comes next. */
const writtenNext: [Step[], Fields] = [
  [
    [{ op: "put", text: '{"a":{"a":{}}}' }],
    [{ op: "patch", entries: [["a.a", undefined]] }],
    [{ op: "patch", entries: [["a", 0]] }],
    "undo",
    [{ op: "patch", entries: [["a", 7]] }],
    ...(["undo", "undo", "redo", "redo"] as const),
  ],
  {},
]

/** What stood in the place of something that an undo has brought back is what counts there, and not what it took the place of. */
const takenPlace: [Step[], Fields] = [
  [
    [
      { op: "insert", text: "{}" },
      { op: "put", text: '{"a":["x"]}' },
      { op: "increment", path: "a", by: 0 },
    ],
    [{ op: "patch", entries: [["a", undefined]] }],
    "undo",
    [{ op: "patch", entries: [["a", []]] }],
    [
      { op: "patch", entries: [["a", undefined]] },
      { op: "add", path: "b", element: "x" },
    ],
    [{ op: "put", text: '{"a":{"b":{}}}' }],
    ...(["undo", "undo", "undo"] as const),
  ],
  { a: "mv" },
]

/** What is not there any more and counted as nothing is what it was, once it is done again. */
const nothingThere: [Step[], Fields] = [
  [
    [
      { op: "put", text: "{}" },
      { op: "increment", path: "a", by: 0 },
      { op: "patch", entries: [["a", undefined]] },
    ],
    [{ op: "increment", path: "a", by: 0 }],
    ...(["undo", "undo", "redo"] as const),
    [{ op: "patch", entries: [["a", 0]] }],
    ...(["undo", "undo", "redo", "redo"] as const),
  ],
  {},
]

/** That an object without fields stands somewhere is known as what it was, also once it has fields. */
const fieldsOfObject: [Step[], Fields] = [
  [
    [
      { op: "insert", text: '{"b":{}}' },
      { op: "add", path: "a", element: "x" },
    ],
    [{ op: "patch", entries: [["b.a", 1]] }],
    ...(["undo", "undo", "redo", "redo", "undo"] as const),
    [{ op: "put", text: "{}" }],
    ...(["undo", "undo", "redo", "redo"] as const),
  ],
  {},
]

test("alone, whatever is written between them, undo and redo go through the documents that were", () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: fc.array(near, { minLength: 1, maxLength: 3 }) },
    { weight: 2, arbitrary: fc.constantFrom<Direction>("undo", "undo", "redo") },
  )
  const fields = fc.constantFrom<Fields[]>(
    {},
    { a: "counter", "a.a": "set" },
    { a: "set", "a.b": "counter" },
    { a: "mv" },
  )
  fc.assert(
    fc.property(fc.array(step, { minLength: 6, maxLength: 30, size: "max" }), fields, (steps, declared) => {
      const device = newDevice(0)
      const { write, turn } = remembering(device, declared)
      const seen: (Json | undefined)[] = [undefined]
      let place = 0
      for (const one of steps) {
        if (typeof one !== "string") {
          if (write(one)) seen.splice(++place, seen.length, shown(stateOf(device)))
          continue
        }
        const next = one === "undo" ? place - 1 : place + 1
        const outcome = turn(one)
        if (next < 0 || next >= seen.length) expect(outcome).toBe("empty")
        else {
          place = next
          expect(unordered(shown(stateOf(device)))).toEqual(unordered(seen[place]))
        }
      }
    }),
    { numRuns: 2_000, examples: [writtenNext, takenPlace, nothingThere, fieldsOfObject] },
  )
})

/** One field as people think of it: a value, and for each of them the write that it is of. */
interface Cell {
  readonly value: number | undefined
  readonly of: readonly [string, string]
}

type Act =
  | { readonly act: "write"; readonly who: 0 | 1; readonly field: "p" | "q" | "r"; readonly value: number | undefined }
  | { readonly act: Direction | "meet"; readonly who: 0 | 1 }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant("write" as const),
      who: fc.constantFrom(0 as const, 1 as const),
      field: fc.constantFrom("p" as const, "q" as const, "r" as const),
      value: fc.option(fc.nat(9), { nil: undefined, freq: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant("undo" as const), who: fc.constantFrom(0 as const, 1 as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant("redo" as const), who: fc.constantFrom(0 as const, 1 as const) }),
  },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("meet" as const), who: fc.constant(0 as const) }) },
)

/** Two people who see all that the other does: fields as a plain map, each change with what it found and what it left. */
function model() {
  const fields = new Map<string, Cell>()
  const people = [0, 1].map(() => ({ done: [] as Done[], undone: [] as Done[] }))
  interface Done {
    readonly field: string
    readonly found: Cell
    readonly left: Cell
  }
  let count = 0
  const now = (field: string): Cell => fields.get(field) ?? { value: undefined, of: ["", ""] }
  return {
    document: (): JsonObject =>
      Object.fromEntries([...fields].flatMap(([field, { value }]) => (value === undefined ? [] : [[field, value]]))),
    write(who: 0 | 1, field: string, value: number | undefined): void {
      const found = now(field)
      if (found.value === value) return
      const name = `w${++count}`
      const left: Cell = { value, of: [name, name] }
      fields.set(field, left)
      people[who]!.done.push({ field, found, left })
      people[who]!.undone = []
    },
    turn(who: 0 | 1, direction: Direction): void {
      const { done, undone } = people[who]!
      const [from, to] = direction === "undo" ? [done, undone] : [undone, done]
      const one = from.pop()
      if (one === undefined) return
      const [expected, wanted] = direction === "undo" ? [one.left, one.found] : [one.found, one.left]
      if (now(one.field).of[who] !== expected.of[who]) return
      // To whoever put it back it is what it was; to the other it is a write like any.
      const name = `w${++count}`
      fields.set(one.field, { value: wanted.value, of: who === 0 ? [wanted.of[0], name] : [name, wanted.of[1]] })
      to.push(one)
    },
  }
}

test("beside another who is always heard, undo and redo are those of a model of fields and their owners", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const devices = [newDevice(0), newDevice(1)] as const
      const people = devices.map((device) => remembering(device, {}))
      const oracle = model()
      commit(devices[0], [{ op: "put", text: '{"k":0}' }])
      for (const one of acts) {
        const [own, other] = one.who === 0 ? devices : [devices[1], devices[0]]
        learn(own, stateOf(other) ?? stateOf(own)!)
        if (one.act === "write") {
          people[one.who]!.write([{ op: "patch", entries: [[one.field, one.value]] }])
          oracle.write(one.who, one.field, one.value)
        } else if (one.act !== "meet") {
          people[one.who]!.turn(one.act)
          oracle.turn(one.who, one.act)
        }
        learn(other, stateOf(own)!)
        expect(shown(stateOf(own))).toEqual({ k: 0, ...oracle.document() })
        expect(shown(stateOf(other))).toEqual(shown(stateOf(own)))
      }
    }),
    { numRuns },
  )
})

test("whoever writes apart meanwhile, what undo writes merges as any edit does, and counters keep what others counted", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -5, max: 5 })), { maxLength: 20 }), (moves) => {
      const [a, b] = [newDevice(0), newDevice(1)]
      const fields: Fields = { n: "counter", s: "set" }
      commit(a, [{ op: "put", text: '{"n":0,"s":[]}' }], fields)
      learn(b, stateOf(a)!)
      const mine = remembering(a, fields)
      let others = 0
      for (const [own, by] of moves) {
        const edit: Edit = { op: "increment", path: "n", by }
        if (own) mine.write([edit, { op: "add", path: "s", element: by }])
        else {
          commit(b, [edit, { op: "add", path: "s", element: `b${by}` }], fields)
          others += by
        }
      }
      while (mine.turn("undo") !== "empty");
      const [one, two] = [joinAll([stateOf(a)!, stateOf(b)!]), joinAll([stateOf(b)!, stateOf(a)!])]
      expect(shown(one)).toEqual(shown(two))
      const { n, s } = shown(one) as { n: number; s: string[] }
      expect(n).toBe(others)
      expect(s.every((element) => element.startsWith("b"))).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test("a new document goes only while it is mine alone; else what is mine in it goes", () => {
  const [a, b] = [newDevice(0), newDevice(1)]
  const mine = remembering(a, {})
  mine.write([{ op: "put", text: '{"title":"t","at":{"city":"c"}}' }])
  learn(b, stateOf(a)!)
  commit(b, [{ op: "patch", entries: [["at.zip", 5]] }])
  learn(a, stateOf(b)!)
  expect(mine.turn("undo")).toBe("taken")
  expect(shown(stateOf(a))).toEqual({ at: { zip: 5 } })
  expect(mine.turn("redo")).toBe("taken")
  expect(shown(stateOf(a))).toEqual({ title: "t", at: { city: "c", zip: 5 } })
})

test("a deleted document comes back whole, unless somebody has made it anew", () => {
  const [a, b] = [newDevice(0), newDevice(1)]
  const mine = remembering(a, {})
  mine.write([{ op: "put", text: '{"title":"t"}' }])
  mine.write([{ op: "patch", entries: [["title", "u"]] }])
  mine.write([{ op: "delete" }])
  expect(mine.turn("undo")).toBe("taken")
  expect(shown(stateOf(a))).toEqual({ title: "u" })
  expect(mine.turn("undo")).toBe("taken")
  expect(shown(stateOf(a))).toEqual({ title: "t" })
  expect([mine.turn("redo"), mine.turn("redo")]).toEqual(["taken", "taken"])
  expect(shown(stateOf(a))).toBeUndefined()
  learn(b, stateOf(a)!)
  commit(b, [{ op: "put", text: '{"title":"b"}' }])
  learn(a, stateOf(b)!)
  expect(mine.turn("undo")).toBe("kept")
  expect(shown(stateOf(a))).toEqual({ title: "b" })
})

test("what another has deleted in a field is still deleted when a deletion of the field was undone", () => {
  const [a, b] = [newDevice(0), newDevice(1)]
  const mine = remembering(a, {})
  commit(a, [{ op: "put", text: "{}" }])
  mine.write([{ op: "patch", entries: [["o", { x: 1 }]] }])
  learn(b, stateOf(a)!)
  commit(b, [{ op: "patch", entries: [["o.x", undefined]] }])
  learn(a, stateOf(b)!)
  mine.write([{ op: "patch", entries: [["o", undefined]] }])
  expect(mine.turn("undo")).toBe("taken")
  expect(mine.turn("undo")).toBe("kept")
  expect(shown(stateOf(a))).toEqual({ o: {} })
})

test("what another counted in a new counter stays, also once an increment of it was taken back", () => {
  const [a, b] = [newDevice(0), newDevice(1)]
  const fields: Fields = { n: "counter" }
  const mine = remembering(a, fields)
  commit(a, [{ op: "put", text: "{}" }], fields)
  mine.write([{ op: "patch", entries: [["n", 5]] }])
  mine.write([{ op: "increment", path: "n", by: 1 }])
  learn(b, stateOf(a)!)
  commit(b, [{ op: "increment", path: "n", by: 10 }], fields)
  learn(a, stateOf(b)!)
  expect([mine.turn("undo"), shown(stateOf(a))]).toEqual(["taken", { n: 15 }])
  expect([mine.turn("undo"), shown(stateOf(a))]).toEqual(["taken", { n: 10 }])
})
