// What a run tells of documents of another life, where the own device has listed losers: who may have decided them, and who may not.
import { expect, test } from "vitest"
import type { Json } from "../base/json.ts"
import type { Stamp } from "../clock/stamp.ts"
import { joinStates, type Life, type State } from "./cells.ts"
import { type Gathering, lossesGathered } from "./gathered-losses.ts"
import { type Losses, lossesAfter, noLosses } from "./losses.ts"

const at = (hlc: number, who: string): Stamp => ({ hlc, actor: who.repeat(16) })
const alive = (cells: Readonly<Record<string, readonly [Stamp, Json?]>>, life: Life = 0): State => ({
  life,
  cells: new Map(
    Object.entries(cells).map(([key, [stamp, value]]) => [key, value === undefined ? { stamp } : { stamp, value }]),
  ),
})
const dead = (stamp: Stamp, life: Life = 0): State => ({ life, dead: stamp, cells: new Map() })

/** Stamps up to a clock of each writer. */
const upTo =
  (heads: Readonly<Record<string, number>>) =>
  ({ hlc, actor }: Stamp) =>
    hlc <= (heads[actor.charAt(0)] ?? 0)

/** 1 wrote "x" at 5, 2 wrote "y" at 7 and had not seen it: here both are known, and "x" is listed. */
const local = alive({ a: [at(7, "2"), "y"] })
const own = lossesAfter(noLosses(0), {
  local: alive({ a: [at(5, "1"), "x"] }),
  part: local,
  hasSeen: () => false,
  isKnown: () => false,
  metMs: 1,
})

/** Takes in what is newer of another device, which knew both writes, and does not list "x". */
const afterRun = (there: State | undefined, over: Partial<Gathering> = {}) =>
  lossesGathered(own, {
    local,
    there,
    isWhole: false,
    theirs: undefined,
    after: there === undefined ? local : joinStates(local, there),
    isKnown: upTo({ 1: 5, 2: 7 }),
    isTold: upTo({ 1: 5, 2: 7, 3: 20 }),
    metMs: 2,
    ...over,
  })
const lostIn = ({ registers, documents }: Losses) => [registers.length, documents.length]

test("what is newer in the same field is of somebody who had decided; elsewhere in the document it is not", () => {
  expect(lostIn(own)).toEqual([1, 0])
  expect(lostIn(afterRun(alive({ a: [at(9, "3"), "z"] })))).toEqual([0, 0])
  expect(lostIn(afterRun(alive({ b: [at(9, "3"), "z"] })))).toEqual([1, 0])
})

test("a new life is of somebody who had decided, and one that is known here is not", () => {
  expect(lostIn(afterRun(alive({ b: [at(9, "3"), "z"] }, at(9, "3"))))).toEqual([0, 0])
  const lived = alive({ a: [at(7, "2"), "y"] }, at(2, "2"))
  const listed = { ...own, life: lived.life }
  const there = alive({ b: [at(9, "3"), "z"] }, at(2, "2"))
  const gathering: Gathering = {
    local: lived,
    there,
    isWhole: false,
    theirs: undefined,
    after: joinStates(lived, there),
    isKnown: upTo({ 1: 5, 2: 7 }),
    isTold: upTo({ 1: 5, 2: 7, 3: 20 }),
    metMs: 2,
  }
  expect(lostIn(lossesGathered(listed, gathering))).toEqual([1, 0])
})

test("a death that is new is of somebody who had decided; of one that is known here nothing is new", () => {
  expect(lostIn(afterRun(dead(at(9, "3"))))).toEqual([0, 0])
  const over = dead(at(6, "2"))
  const edits = lossesAfter(noLosses(0), {
    local: over,
    part: alive({ a: [at(5, "1"), "x"] }),
    hasSeen: () => false,
    isKnown: () => false,
    metMs: 1,
  })
  expect(lostIn(edits)).toEqual([0, 1])
  const gathering: Gathering = {
    local: over,
    there: over,
    isWhole: false,
    theirs: undefined,
    after: over,
    isKnown: upTo({ 1: 5, 2: 7 }),
    isTold: upTo({ 1: 5, 2: 7 }),
    metMs: 2,
  }
  expect(lostIn(lossesGathered(edits, gathering))).toEqual([0, 1])
})

test("a base that lacks the document, and what is lost of it, has decided", () => {
  const nothing = { there: undefined, theirs: noLosses(0) }
  expect(lostIn(afterRun(undefined, { ...nothing, isWhole: true }))).toEqual([0, 0])
  expect(lostIn(afterRun(undefined, nothing))).toEqual([1, 0])
})

/** Here the document that 2 began at 9 stands, and had not seen what it replaced: "x" of 1, and at last all that 3 began at 8. */
const begun = alive({ a: [at(9, "2"), "y"] }, at(9, "2"))
const ended = (known: Losses, part: State) =>
  lossesAfter(known, { local: begun, part, hasSeen: () => false, isKnown: () => false, metMs: 1 })
const first = lossesAfter(noLosses(0), {
  local: alive({ a: [at(5, "1"), "x"] }),
  part: begun,
  hasSeen: () => false,
  isKnown: () => false,
  metMs: 1,
})

test("a document that was begun elsewhere decides what its writer had seen, though it gives way here itself", () => {
  const there = alive({ b: [at(8, "3"), "z"] }, at(8, "3"))
  const over: Partial<Gathering> = {
    local: begun,
    after: begun,
    isKnown: upTo({ 1: 5, 2: 9 }),
    isTold: upTo({ 1: 5, 3: 8 }),
  }
  const gathering = { there, isWhole: false, theirs: undefined, metMs: 2, ...over } as Gathering
  expect([lostIn(first), lostIn(lossesGathered(first, gathering))]).toEqual([
    [0, 1],
    [0, 1],
  ])
  expect(lossesGathered(first, gathering).documents.map(({ life }) => life)).toEqual([at(8, "3")])
})

test("so does its end", () => {
  const both = ended(first, alive({ b: [at(8, "3"), "z"] }, at(8, "3")))
  const gathering: Gathering = {
    local: begun,
    there: dead(at(10, "3"), at(8, "3")),
    isWhole: false,
    theirs: undefined,
    after: begun,
    isKnown: upTo({ 1: 5, 2: 9, 3: 8 }),
    isTold: upTo({ 1: 5, 3: 10 }),
    metMs: 2,
  }
  expect([lostIn(both), lostIn(lossesGathered(both, gathering))]).toEqual([
    [0, 2],
    [0, 0],
  ])
})

test("what gave way elsewhere decides what its writer had seen, as what stands does", () => {
  // 1 wrote over its own "x" at 6, which gives way to "y" as "x" did.
  const theirs = lossesAfter(noLosses(0), {
    local: alive({ a: [at(6, "1"), "w"] }),
    part: local,
    hasSeen: () => false,
    isKnown: () => false,
    metMs: 1,
  })
  const isTold = upTo({ 1: 6, 2: 7 })
  for (const there of [undefined, local]) {
    const { registers } = afterRun(there, { theirs, isTold })
    expect(registers.map(({ cell }) => cell.value)).toEqual(["w"])
  }
  // In another field it decides nothing.
  const elsewhere = { ...theirs, registers: theirs.registers.map((one) => ({ ...one, path: "b" })) }
  expect(afterRun(local, { theirs: elsewhere, isTold }).registers).toHaveLength(2)
})

test("what gave way elsewhere in a document that is over here had not been seen by whoever ended it", () => {
  const over = dead(at(9, "2"))
  const gathering: Gathering = {
    local: over,
    there: local,
    isWhole: false,
    theirs: own,
    after: over,
    isKnown: upTo({ 2: 9 }),
    isTold: upTo({ 1: 5, 2: 7 }),
    metMs: 2,
  }
  const { registers, documents } = lossesGathered(noLosses(0), gathering)
  expect([registers.length, documents.map(({ lost }) => [...lost.values()].map(({ value }) => value))]).toEqual([
    0,
    [["x"]],
  ])
})

test("what is listed here of a document that is over stays as it is when somebody comes who has the same", () => {
  const over = dead(at(9, "2"))
  const there = alive({ a: [at(6, "3"), "w"] })
  const meets = (known: Losses, part: State) =>
    lossesAfter(known, { local: over, part, hasSeen: () => false, isKnown: () => false, metMs: 1 })
  const listed = meets(meets(noLosses(0), alive({ a: [at(5, "1"), "x"] })), there)
  const theirs = lossesAfter(noLosses(0), {
    local: alive({ a: [at(5, "1"), "x"] }),
    part: there,
    hasSeen: () => false,
    isKnown: () => false,
    metMs: 1,
  })
  const told = { isKnown: upTo({ 1: 5, 2: 9, 3: 6 }), isTold: upTo({ 1: 5, 3: 6 }) }
  const gathering = { local: over, there, isWhole: true, theirs, after: over, metMs: 2, ...told }
  const { documents } = lossesGathered(listed, gathering)
  expect(documents.flatMap(({ lost }) => [...lost.values()].map(({ value }) => value))).toEqual(
    listed.documents.flatMap(({ lost }) => [...lost.values()].map(({ value }) => value)),
  )
  expect(documents.length).toBeGreaterThan(0)
})
