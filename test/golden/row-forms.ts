/**
 * Rows of every kind, of one document as it changes. Owns: the samples, and their cells as plain data.
 * A state has many rows, so today's rows are compared by what they say. Must not know where rows are stored.
 */
import { formatStamp, type Stamp } from "../../packages/core/src/clock/stamp.ts"
import { editRow } from "../../packages/core/src/crdt/row-edit.ts"
import type { ActorTable } from "../../packages/core/src/crdt/row.ts"
import { rowState } from "../../packages/core/src/crdt/row-state.ts"
import type { Edit } from "../../packages/core/src/crdt/target.ts"
import { formatStoredRow, numberOf, rowOf } from "../../packages/core/src/db/stored-row.ts"

const actorIds = ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"]
const actors: ActorTable = {
  indexOf: (actor) => actorIds.indexOf(actor),
  actorAt: (index) => actorIds[index] ?? "",
}
const fields = { votes: "counter", tags: "set" } as const

/** One document's life: what each write was, and by which actor. */
const edits: readonly (readonly [actor: number, edit: Edit])[] = [
  [0, { op: "put", text: '{"title":"milk","at":{"x":1,"y":{"$":["d",5]}},"list":[1,2]}' }],
  [1, { op: "patch", entries: [["at.x", 2]] }],
  [
    0,
    {
      op: "patch",
      entries: [
        ["title", undefined],
        ["list", { a: {} }],
        ["a\\.b", "dot"],
      ],
    },
  ],
  [1, { op: "increment", path: "votes", by: 1.5 }],
  [0, { op: "increment", path: "votes", by: -1 }],
  [1, { op: "add", path: "tags", element: "red" }],
  [0, { op: "add", path: "tags", element: { $: ["n", "5"] } }],
  [0, { op: "remove", path: "tags", element: "red" }],
  [1, { op: "patch", entries: [["at", 7]] }],
  [0, { op: "delete" }],
  [1, { op: "insert", text: '{"title":"again"}' }],
]

/** The stored rows after each write, as JSON. */
export function makeRows(): string {
  const lines: string[] = []
  let row: string | undefined
  for (const [i, [actor, edit]] of edits.entries()) {
    const stamp: Stamp = { hlc: (i + 1) * 4096, actor: actorIds[actor] ?? "" }
    row = editRow(row, edit, { stamp, actors, fields })
    lines.push(formatStoredRow(i + 30, row))
  }
  return JSON.stringify(lines)
}

/** What each row says, as a line: number, life, death, then the cells in order. */
export function readRows(golden: string): readonly string[] {
  return (JSON.parse(golden) as string[]).map((line) => {
    const { life, dead, cells } = rowState(rowOf(line), actors)
    const parts = [...cells].map(([key, { stamp, value }]) => {
      const name = key.replace("\0", "|")
      return value === undefined ? `${name} @${short(stamp)}` : `${name} @${short(stamp)} = ${JSON.stringify(value)}`
    })
    const head = `${numberOf(line)} life ${life === 0 ? 0 : short(life)}${dead === undefined ? "" : `, dead ${short(dead)}`}`
    return [head, ...parts.sort()].join("; ")
  })
}

/** A stamp without its leading zeros, and its actor by one letter. */
const short = (stamp: Stamp): string => formatStamp(stamp).replace(/^0+/, "").slice(0, -15)

/** What the golden rows say. */
export const saidByRows: readonly string[] = [
  '30 life 0; at.x @400-a = 1; at.y @400-a = {"$":["d",5]}; list @400-a = [1,2]; title @400-a = "milk"',
  '31 life 0; at.x @800-b = 2; at.y @400-a = {"$":["d",5]}; list @400-a = [1,2]; title @400-a = "milk"',
  '32 life 0; a\\.b @c00-a = "dot"; at.x @800-b = 2; at.y @400-a = {"$":["d",5]}; list @400-a; list.a|o @c00-a = true; title @c00-a',
  '33 life 0; a\\.b @c00-a = "dot"; at.x @800-b = 2; at.y @400-a = {"$":["d",5]}; list @400-a; list.a|o @c00-a = true; title @c00-a; votes|cbbbbbbbbbbbbbbbb @g00-b = 1.5',
  '34 life 0; a\\.b @c00-a = "dot"; at.x @800-b = 2; at.y @400-a = {"$":["d",5]}; list @400-a; list.a|o @c00-a = true; title @c00-a; votes|caaaaaaaaaaaaaaaa @k00-a = -1; votes|cbbbbbbbbbbbbbbbb @g00-b = 1.5',
  '35 life 0; a\\.b @c00-a = "dot"; at.x @800-b = 2; at.y @400-a = {"$":["d",5]}; list @400-a; list.a|o @c00-a = true; tags|s"red" @o00-b = true; title @c00-a; votes|caaaaaaaaaaaaaaaa @k00-a = -1; votes|cbbbbbbbbbbbbbbbb @g00-b = 1.5',
  '36 life 0; a\\.b @c00-a = "dot"; at.x @800-b = 2; at.y @400-a = {"$":["d",5]}; list @400-a; list.a|o @c00-a = true; tags|s"red" @o00-b = true; tags|s{"$":["n","5"]} @s00-a = true; title @c00-a; votes|caaaaaaaaaaaaaaaa @k00-a = -1; votes|cbbbbbbbbbbbbbbbb @g00-b = 1.5',
  '37 life 0; a\\.b @c00-a = "dot"; at.x @800-b = 2; at.y @400-a = {"$":["d",5]}; list @400-a; list.a|o @c00-a = true; tags|s"red" @1000-a; tags|s{"$":["n","5"]} @s00-a = true; title @c00-a; votes|caaaaaaaaaaaaaaaa @k00-a = -1; votes|cbbbbbbbbbbbbbbbb @g00-b = 1.5',
  '38 life 0; a\\.b @c00-a = "dot"; at @1400-b = 7; list @400-a; list.a|o @c00-a = true; tags|s"red" @1000-a; tags|s{"$":["n","5"]} @s00-a = true; title @c00-a; votes|caaaaaaaaaaaaaaaa @k00-a = -1; votes|cbbbbbbbbbbbbbbbb @g00-b = 1.5',
  "39 life 0, dead 1800-a",
  '40 life 1c00-b; title @1c00-b = "again"',
]
