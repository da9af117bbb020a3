/** Rows of a document with a field that keeps siblings. Owns: the samples, and their cells as plain data. */
import { joinStates } from "../../packages/core/src/crdt/cells.ts"
import { editRow } from "../../packages/core/src/crdt/row-edit.ts"
import type { ActorTable } from "../../packages/core/src/crdt/row.ts"
import { rowState, stateRow } from "../../packages/core/src/crdt/row-state.ts"
import type { Edit } from "../../packages/core/src/crdt/target.ts"

const actorIds = ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"] as const
const actors: ActorTable = {
  indexOf: (actor) => actorIds.findIndex((one) => one === actor),
  actorAt: (index) => actorIds[index] ?? "",
}
const fields = { title: "mv" } as const
const patch = (value: string[] | undefined): Edit => ({ op: "patch", entries: [["title", value]] })

/** A title of one, two titles that two wrote at once, the title that one of them puts in their place, and none. */
export function makeSiblings(): string {
  const written = (row: string | undefined, count: number, actor: 0 | 1, edit: Edit): string =>
    editRow(row, edit, { stamp: { hlc: count * 4096, actor: actorIds[actor] }, actors, fields })
  const first = written(undefined, 1, 0, { op: "put", text: '{"done":true,"title":["milk"]}' })
  const [mine, theirs] = [written(first, 2, 0, patch(["oat milk"])), written(first, 3, 1, patch(["soy milk"]))]
  const both = stateRow(joinStates(rowState(mine, actors), rowState(theirs, actors)), actors)
  const one = written(both, 4, 1, patch(["rice milk"]))
  return JSON.stringify([first, both, one, written(one, 5, 0, patch(undefined))])
}

/** What each row shows, and its siblings. */
export function readSiblings(golden: string): unknown {
  return (JSON.parse(golden) as string[]).map((row) => {
    const siblings = [...rowState(row, actors).cells].filter(([key]) => key.includes("\0m"))
    return [JSON.parse(row.split("\t")[0] ?? ""), Object.fromEntries(siblings)]
  })
}

const cell = (count: number, actor: 0 | 1, ...value: unknown[]) => ({
  [`title\0m${actorIds[actor]}`]: { stamp: { hlc: count * 4096, actor: actorIds[actor] }, value },
})
const [a, b] = actorIds

/** See `readSiblings`. */
export const saidBySiblings = [
  [{ done: true, title: ["milk"] }, cell(1, 0, {}, ["milk"])],
  [
    { done: true, title: ["soy milk", "oat milk"] },
    { ...cell(2, 0, { [a]: 4096 }, ["oat milk"]), ...cell(3, 1, { [a]: 4096 }, ["soy milk"]) },
  ],
  [{ done: true, title: ["rice milk"] }, cell(4, 1, { [a]: 8192, [b]: 12288 }, ["rice milk"])],
  [{ done: true }, cell(5, 0, { [a]: 8192, [b]: 16384 })],
]
