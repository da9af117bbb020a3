import { expect, test } from "vitest"
import type { Stamp } from "../clock/stamp.ts"
import type { Cell, State } from "./cells.ts"
import { isSameState } from "./same-state.ts"

const at = (hlc: number, actor = "a"): Stamp => ({ hlc, actor })
const alive = (cells: Readonly<Record<string, Cell>>, life: State["life"] = 0): State => ({
  life,
  cells: new Map(Object.entries(cells)),
})
const dead = (stamp: Stamp, life: State["life"] = 0): State => ({ life, dead: stamp, cells: new Map() })

const shown = alive({ a: { stamp: at(3), value: 1 }, b: { stamp: at(4) } })

test("a state is the same as another one of the same stamps", () => {
  expect(isSameState(shown, alive({ b: { stamp: at(4) }, a: { stamp: at(3), value: 1 } }))).toBe(true)
  expect(isSameState(dead(at(3), at(2)), dead(at(3), at(2)))).toBe(true)
})

test.each<[string, State, State]>([
  ["life", shown, { ...shown, life: at(1) }],
  ["number of cells", shown, alive({ a: { stamp: at(3), value: 1 } })],
  ["name of a cell", shown, alive({ a: { stamp: at(3), value: 1 }, c: { stamp: at(4) } })],
  ["clock of a cell", shown, alive({ a: { stamp: at(3), value: 1 }, b: { stamp: at(5) } })],
  ["writer of a cell", shown, alive({ a: { stamp: at(3), value: 1 }, b: { stamp: at(4, "b") } })],
  ["register that is hidden for ever", shown, alive({ a: { stamp: at(3) }, b: { stamp: at(4) } })],
  ["time of a death", dead(at(3)), dead(at(4))],
  // Only what a peer made up has no cell and is not dead.
  ["death", alive({}), dead(at(4))],
])("and not of one with another %s, from either side", (_, one, other) => {
  expect([isSameState(one, other), isSameState(other, one)]).toEqual([false, false])
})
