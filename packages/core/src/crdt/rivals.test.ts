import { expect, test } from "vitest"
import type { Stamp } from "../clock/stamp.ts"
import type { Json } from "../base/json.ts"
import { rootPath } from "./cell-key.ts"
import type { Life, State } from "./cells.ts"
import { rivalries } from "./rivals.ts"

const at = (hlc: number, who: string): Stamp => ({ hlc, actor: who.repeat(16) })

const alive = (cells: Readonly<Record<string, readonly [Stamp, Json?]>>, life: Life = 0): State => ({
  life,
  cells: new Map(
    Object.entries(cells).map(([key, [stamp, value]]) => [key, value === undefined ? { stamp } : { stamp, value }]),
  ),
})

const dead = (stamp: Stamp, life: Life = 0): State => ({ life, dead: stamp, cells: new Map() })

/** A writer that had seen `actor` up to `hlc`, and nobody else. */
const seeing =
  (who: string, head: number) =>
  ({ hlc, actor }: Stamp) =>
    actor === who.repeat(16) && hlc <= head

test("of two writes to one field that had not met, the loser is told, whichever of the two comes in", () => {
  const mine = alive({ a: [at(5, "1"), "x"], b: [at(5, "1"), "x"] })
  const theirs = alive({ a: [at(7, "2"), "y"] })
  const rivalry = { path: "a", winner: at(7, "2"), loser: at(5, "1") }
  expect(rivalries(mine, theirs, seeing("1", 4))).toEqual([rivalry])
  expect(rivalries(theirs, mine, () => false)).toEqual([rivalry])
})

test("who had seen what it wrote over has no rival, nor has who comes twice", () => {
  const mine = alive({ a: [at(5, "1"), "x"] })
  expect(rivalries(mine, alive({ a: [at(7, "2"), "y"] }), seeing("1", 5))).toEqual([])
  expect(rivalries(mine, mine, () => false)).toEqual([])
})

test("counters and sets lose nothing", () => {
  const key = `n\0c${"2".repeat(16)}`
  expect(rivalries(alive({ [key]: [at(5, "2"), 1] }), alive({ [key]: [at(7, "2"), 2] }), () => false)).toEqual([])
})

test("a text loses nothing: the register at its path shows what both have written", () => {
  const [mine, theirs] = [
    alive({ t: [at(5, "1"), "x"], "t\0yone.0": [at(5, "1"), "AA=="] }),
    alive({ t: [at(7, "2"), "y"], "t\0ytwo.0": [at(7, "2"), "AA=="] }),
  ]
  expect(rivalries(mine, theirs, () => false)).toEqual([])
})

test("a death takes the edits that it had not seen, whichever comes first", () => {
  const edited = alive({ a: [at(5, "1"), "x"], b: [at(9, "1"), "x"] })
  const rivalry = { path: "", winner: at(7, "2"), loser: at(9, "1") }
  expect(rivalries(edited, dead(at(7, "2")), seeing("1", 5))).toEqual([rivalry])
  expect(rivalries(edited, dead(at(10, "2")), seeing("1", 9))).toEqual([])
  expect(rivalries(dead(at(7, "2")), edited, () => false)).toEqual([rivalry])
  expect(rivalries(dead(at(7, "2")), dead(at(8, "1")), () => false)).toEqual([])
})

test("of two lives that had not met the lesser is lost; one that followed on a death took nothing", () => {
  const first = alive({ a: [at(5, "1"), "x"] }, at(5, "1"))
  const second = alive({ a: [at(6, "2"), "y"] }, at(6, "2"))
  const rivalry = { path: "", winner: at(6, "2"), loser: at(5, "1") }
  expect(rivalries(first, second, () => false)).toEqual([rivalry])
  expect(rivalries(second, first, () => false)).toEqual([rivalry])
  expect(rivalries(dead(at(5, "1")), second, seeing("1", 5))).toEqual([])
})

test("of two documents that are one register each, which only a peer makes up, one is lost whole", () => {
  const [mine, theirs] = [alive({ [rootPath]: [at(5, "1"), "x"] }), alive({ [rootPath]: [at(7, "2"), "y"] })]
  expect(rivalries(mine, theirs, () => false)).toEqual([{ path: "", winner: at(7, "2"), loser: at(5, "1") }])
})
