// Names of a device that end: what each of them wrote is there under the next one, and what was not theirs stays as it is.
import { expect, test } from "vitest"
import { cellKey, type CellKey, rootPath } from "./cell-key.ts"
import type { Cell, State } from "./cells.ts"
import { endsOf, isVoidOf, renamed, restamped } from "./restamp.ts"
import { chunkKey, chunksAt } from "./text-chunks.ts"

const [one, two, other, next] = ["a".repeat(16), "b".repeat(16), "c".repeat(16), "d".repeat(16)] as const
const ending = new Map([
  [one, 0],
  [two, 0],
])

const under = (cells: readonly (readonly [CellKey, string, number, Cell["value"]])[]): State => ({
  life: 0,
  cells: new Map(cells.map(([key, actor, hlc, value]) => [key, { stamp: { hlc, actor }, value: value ?? null }])),
})

test("parts of a counter are added", () => {
  const counter = (actor: string) => cellKey("n", "c", actor)
  const state = under([
    [counter(one), one, 4, 10],
    [counter(other), other, 9, 7],
    [counter(two), two, 6, 100],
  ])
  expect([...renamed(state, ending, next).cells]).toEqual([
    [counter(next), { stamp: { hlc: 6, actor: next }, value: 110 }],
    [counter(other), { stamp: { hlc: 9, actor: other }, value: 7 }],
  ])
})

test("no chunk of a text takes the place of another", () => {
  const chunk = (actor: string, number: number) => chunkKey("body", actor, number)
  const state = under([
    [chunk(one, 0), one, 1, "MQ=="],
    [chunk(one, 1), one, 2, "Mg=="],
    [chunk(other, 0), other, 3, "Mw=="],
    [chunk(two, 0), two, 4, "NA=="],
    [chunk(two, 1), two, 5, "NQ=="],
    [chunk(two, 2), two, 6, "Ng=="],
  ])
  const chunks = chunksAt(renamed(state, ending, next).cells, "body")
  expect(chunks.map(({ value }) => value).sort()).toEqual(["MQ==", "Mg==", "Mw==", "NA==", "NQ==", "Ng=="])
  expect(
    chunks
      .filter(({ actor }) => actor === next)
      .map(({ number }) => number)
      .sort(),
  ).toEqual([0, 1, 2, 3, 4])
})

test("of siblings the one stays that was written later, as it was written by who saw the other", () => {
  const sibling = (actor: string) => cellKey("v", "m", actor)
  const state = under([
    [sibling(two), two, 6, [{ [one]: 4 }, ["later"]]],
    [sibling(one), one, 4, [{}, ["earlier"]]],
  ])
  expect([...renamed(state, ending, next).cells]).toEqual([
    [sibling(next), { stamp: { hlc: 6, actor: next }, value: [{ [next]: 4 }, ["later"]] }],
  ])
})

test("what has no writes of theirs is the same state, alive or dead", () => {
  const isVoid = isVoidOf(ending)
  const stamp = { hlc: 20, actor: next }
  const dead: State = { life: 0, dead: { hlc: 5, actor: other }, cells: new Map() }
  const alive = under([["a", other, 5, 1]])
  expect([restamped(dead, isVoid, stamp) === dead, restamped(alive, isVoid, stamp) === alive]).toEqual([true, true])
  expect(restamped({ ...dead, dead: { hlc: 5, actor: one } }, isVoid, stamp).dead).toEqual(stamp)
})

test("a document that others began since keeps its beginning where theirs is made again", () => {
  const sign = cellKey(rootPath, "o")
  const state = under([
    ["a", one, 4, 1],
    ["a.b", other, 6, 2],
    [sign, other, 7, true],
  ])
  const again = restamped(state, isVoidOf(ending), { hlc: 20, actor: next })
  expect([again.cells.get(sign)?.stamp, again.cells.get("a")?.stamp]).toEqual([
    { hlc: 7, actor: other },
    { hlc: 4, actor: one },
  ])
})

test("what ends a cell of another name stays under that name, whoever has ended it", () => {
  const counter = cellKey("n", "c", other)
  const state = under([[counter, two, 6, 0]])
  expect([...renamed(state, ending, next).cells]).toEqual([[counter, { stamp: { hlc: 6, actor: next }, value: 0 }]])
})

test("what was sent of counters and texts, and grew since, ends at the clock up to which it was sent", () => {
  const [counter, chunk, sibling] = [cellKey("n", "c", one), chunkKey("body", one, 0), cellKey("v", "m", one)]
  const state = under([
    [counter, one, 6, 10],
    [chunk, one, 7, "MQ=="],
    [sibling, one, 8, [{}, ["x"]]],
    [chunkKey("body", one, 1), one, 4, "Mg=="],
    [chunkKey("body", two, 0), two, 9, "Mw=="],
    ["a", one, 9, 1],
  ])
  const stamp = { hlc: 4, actor: next }
  const sent = new Map([
    [one, 4],
    [two, 0],
  ])
  expect([...endsOf(state, sent, next)]).toEqual([
    [counter, { stamp, value: 0 }],
    [chunk, { stamp }],
  ])
})

test("what a sibling had seen of others it has seen under its next name", () => {
  const state = under([[cellKey("v", "m", one), one, 6, [{ [other]: 1, [two]: 4 }, ["x"]]]])
  expect([...renamed(state, ending, next).cells.values()].map(({ value }) => value)).toEqual([
    [{ [other]: 1, [next]: 4 }, ["x"]],
  ])
})
