import { expect, test } from "vitest"
import type { Json } from "../base/json.ts"
import type { Stamp } from "../clock/stamp.ts"
import type { Life, State } from "./cells.ts"
import { isNothing, type Losses, lossesAfter, lossesSince, lostState, newestLost, noLosses } from "./losses.ts"
import { viewState } from "./view.ts"

const at = (hlc: number, who: string): Stamp => ({ hlc, actor: who.repeat(16) })

const alive = (cells: Readonly<Record<string, readonly [Stamp, Json?]>>, life: Life = 0): State => ({
  life,
  cells: new Map(
    Object.entries(cells).map(([key, [stamp, value]]) => [key, value === undefined ? { stamp } : { stamp, value }]),
  ),
})
const dead = (stamp: Stamp, life: Life = 0): State => ({ life, dead: stamp, cells: new Map() })

/** A writer that had seen `who` up to `hlc`, and nobody else. */
const seeing =
  (who: string, head: number) =>
  ({ hlc, actor }: Stamp) =>
    actor === who.repeat(16) && hlc <= head
const nothing = () => false

const meet = (known: Losses, local: State, part: State, hasSeen: (stamp: Stamp) => boolean = nothing) =>
  lossesAfter(known, { local, part, hasSeen, isKnown: nothing, metMs: 1 })
const registersOf = ({ registers }: Losses) => registers.map(({ path, cell }) => [path, cell.value, cell.stamp.hlc])
const documentsOf = ({ documents }: Losses) =>
  documents.map((one) => [viewState(lostState(one))?.document, newestLost(one).hlc])

test("a register that gives way is lost, whichever comes first; one that says the same is not", () => {
  const [mine, theirs] = [alive({ a: [at(5, "1"), "x"] }), alive({ a: [at(7, "2"), "y"] })]
  expect(registersOf(meet(noLosses(0), mine, theirs))).toEqual([["a", "x", 5]])
  expect(registersOf(meet(noLosses(0), theirs, mine))).toEqual([["a", "x", 5]])
  expect(
    isNothing(meet(noLosses(0), alive({ a: [at(5, "1"), { x: [1] }] }), alive({ a: [at(7, "2"), { x: [1] }] }))),
  ).toBe(true)
})

test("it stays until somebody writes there who had seen it", () => {
  const lost = meet(noLosses(0), alive({ a: [at(5, "1"), "x"] }), alive({ a: [at(7, "2"), "y"] }))
  const standing = alive({ a: [at(7, "2"), "y"] })
  expect(registersOf(meet(lost, standing, alive({ a: [at(9, "3"), "z"] }), seeing("2", 7)))).toEqual([["a", "x", 5]])
  const hasSeenBoth = (stamp: Stamp) => seeing("2", 7)(stamp) || seeing("1", 5)(stamp)
  expect(isNothing(meet(lost, standing, alive({ a: [at(9, "3"), "z"] }), hasSeenBoth))).toBe(true)
  expect(registersOf(meet(lost, standing, alive({ b: [at(9, "3"), "z"] }), hasSeenBoth))).toEqual([["a", "x", 5]])
  expect(isNothing(meet(lost, standing, alive({ "a.b": [at(9, "3"), "z"] }), hasSeenBoth))).toBe(true)
})

test("a write of this device above the clock had seen it; one elsewhere in the document changes nothing", () => {
  const lost = meet(noLosses(0), alive({ a: [at(5, "1"), "x"] }), alive({ a: [at(7, "2"), "y"] }))
  expect(isNothing(lossesSince(lost, alive({ a: [at(9, "1"), "z"] }), 8))).toBe(true)
  expect(registersOf(lossesSince(lost, alive({ a: [at(7, "2"), "y"], b: [at(9, "1"), 1] }), 8))).toHaveLength(1)
  expect(isNothing(lossesSince(lost, dead(at(9, "1")), 8))).toBe(true)
})

test("a field and what another writer put above or below it at once cannot both be shown", () => {
  const whole = alive({ "o.p": [at(5, "1"), 1], "o.q": [at(3, "1"), 2] })
  const flat = alive({ o: [at(7, "2"), "flat"] })
  expect(registersOf(meet(noLosses(0), whole, flat, seeing("1", 3)))).toEqual([["o.p", 1, 5]])
  expect(registersOf(meet(noLosses(0), flat, alive({ "o.p": [at(5, "1"), 1] })))).toEqual([["o.p", 1, 5]])
  expect(registersOf(meet(noLosses(0), alive({ o: [at(4, "2"), "flat"] }), alive({ "o.p": [at(5, "1"), 1] })))).toEqual(
    [["o", "flat", 4]],
  )
  expect(registersOf(meet(noLosses(0), alive({ "o.p": [at(5, "1"), 1] }), alive({ o: [at(4, "2"), "flat"] })))).toEqual(
    [["o", "flat", 4]],
  )
})

test("edits that a deletion had not seen are told as the whole document where it is here, else as far as they come", () => {
  const edited = alive({ title: [at(3, "2"), "milk"], done: [at(9, "1"), true] })
  expect(documentsOf(meet(noLosses(0), edited, dead(at(7, "2"))))).toEqual([[{ title: "milk", done: true }, 9]])
  const arrived = meet(noLosses(0), dead(at(7, "2")), alive({ done: [at(9, "1"), true] }))
  expect(documentsOf(arrived)).toEqual([[{ done: true }, 9]])
  expect(documentsOf(meet(arrived, dead(at(7, "2")), alive({ n: [at(8, "3"), 1] })))).toEqual([
    [{ done: true, n: 1 }, 9],
  ])
  expect(isNothing(meet(noLosses(0), edited, dead(at(10, "2")), () => true))).toBe(true)
})

test("they are over when somebody deletes who had seen them, or begins the document anew", () => {
  const lost = meet(noLosses(0), dead(at(7, "2")), alive({ done: [at(9, "1"), true] }))
  expect(isNothing(meet(lost, dead(at(7, "2")), dead(at(12, "3")), seeing("1", 9)))).toBe(true)
  expect(documentsOf(meet(lost, dead(at(7, "2")), dead(at(12, "3"))))).toHaveLength(1)
  const anew = alive({ title: [at(12, "2"), "new"] }, at(12, "2"))
  expect(isNothing(meet(lost, dead(at(7, "2")), anew, seeing("1", 9)))).toBe(true)
  expect(isNothing(lossesSince(lost, anew, 10))).toBe(true)
  expect(documentsOf(lossesSince(lost, dead(at(7, "2")), 10))).toHaveLength(1)
})

test("what had given way before a deletion that had not seen it is among what the deletion took", () => {
  const known = meet(noLosses(0), alive({ a: [at(5, "1"), "x"] }), alive({ a: [at(7, "2"), "y"] }))
  const standing = alive({ a: [at(7, "2"), "y"], b: [at(1, "2"), 1] })
  const ended = meet(known, standing, dead(at(9, "3")), seeing("2", 7))
  expect(registersOf(ended)).toEqual([])
  expect(documentsOf(ended)).toEqual([[{ a: "x", b: 1 }, 5]])
})

test("of two documents of one id the lesser is lost whole, unless they say the same", () => {
  const first = alive({ a: [at(5, "1"), "x"] }, at(5, "1"))
  const second = alive({ a: [at(6, "2"), "y"] }, at(6, "2"))
  expect(documentsOf(meet(noLosses(first.life), first, second))).toEqual([[{ a: "x" }, 5]])
  const kept = meet(noLosses(second.life), second, first)
  expect(documentsOf(kept)).toEqual([[{ a: "x" }, 5]])
  expect(documentsOf(lossesSince(kept, alive({ a: [at(9, "2"), "z"] }, at(6, "2")), 8))).toHaveLength(1)
  expect(isNothing(meet(noLosses(first.life), first, alive({ a: [at(6, "2"), "x"] }, at(6, "2"))))).toBe(true)
  // Who had seen the greater life and writes in a lesser one has collected it.
  expect(isNothing(meet(kept, second, first, () => true))).toBe(true)
})

test("of two writes of a field that are lost with their document, the older one stays when only the newer was seen", () => {
  const edited = alive({ a: [at(6, "2"), "y"] })
  const both = meet(noLosses(0), alive({ a: [at(5, "1"), "x"] }), edited)
  const gone = meet(both, edited, dead(at(7, "3")))
  expect(documentsOf(gone)[0]).toEqual([{ a: "y" }, 6])
  const anew = alive({ a: [at(9, "3"), "z"] }, at(9, "3"))
  expect(documentsOf(meet(gone, dead(at(7, "3")), anew, seeing("2", 6)))).toEqual([[{ a: "x" }, 5]])
  const late = meet(meet(noLosses(0), dead(at(7, "3")), edited), dead(at(7, "3")), alive({ a: [at(5, "1"), "x"] }))
  expect(late.documents.map(({ lost }) => lost.get("a"))).toEqual(gone.documents.map(({ lost }) => lost.get("a")))
})

test("what somebody had seen who began the document anew is decided, though another beginning stands, whichever comes first", () => {
  const local = alive({ a: [at(5, "1"), "x"] })
  const second = alive({ a: [at(9, "2"), "y"] }, at(9, "2"))
  const third = alive({ a: [at(8, "3"), "z"] }, at(8, "3"))
  const seenBySecond = nothing
  const seenByThird = seeing("1", 5)
  const one = meet(meet(noLosses(0), local, second, seenBySecond), second, third, seenByThird)
  const other = meet(meet(noLosses(0), local, third, seenByThird), third, second, seenBySecond)
  expect([documentsOf(one), documentsOf(other)]).toEqual([[[{ a: "z" }, 8]], [[{ a: "z" }, 8]]])
})

test("so it is where that beginning has ended; edits of a document that is known decide nothing", () => {
  const local = alive({ a: [at(5, "1"), "x"] })
  const second = alive({ a: [at(9, "2"), "y"] }, at(9, "2"))
  const first = meet(noLosses(0), local, second)
  expect(documentsOf(meet(first, second, dead(at(12, "3"), at(8, "3")), seeing("1", 5)))).toEqual([])
  const known = meet(first, second, alive({ a: [at(8, "3"), "z"] }, at(8, "3")))
  const edits = {
    local: second,
    part: alive({ b: [at(11, "3"), 1] }, at(8, "3")),
    hasSeen: seeing("1", 5),
    isKnown: seeing("3", 8),
    metMs: 1,
  }
  expect(documentsOf(lossesAfter(known, edits))).toEqual([
    [{ a: "x" }, 5],
    [{ a: "z", b: 1 }, 11],
  ])
})
