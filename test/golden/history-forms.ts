/** What history stores: the entry of a record that brought a document from one life to another, past a commit in between. */
import { rowKey } from "../../packages/core/src/codec/key.ts"
import { editRow } from "../../packages/core/src/crdt/row-edit.ts"
import type { ActorTable } from "../../packages/core/src/crdt/row.ts"
import type { Edit } from "../../packages/core/src/crdt/target.ts"
import { idOfHistoryPrefix, splitHistoryKey } from "../../packages/core/src/db/history-keys.ts"
import { journal, readEntry } from "../../packages/core/src/history/journal.ts"

const actorIds = ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"]
const actors: ActorTable = {
  indexOf: (actor) => actorIds.indexOf(actor),
  actorAt: (index) => actorIds[index] ?? "",
}
const id = "größe\0x"
const fields = { votes: "counter", tags: "set" } as const
const edits: readonly (readonly [actor: number, edit: Edit])[] = [
  [0, { op: "put", text: '{"title":"milk","at":{"x":1},"tags":["a"],"votes":1}' }],
  [1, { op: "patch", entries: [["at", 7]] }],
  [1, { op: "remove", path: "tags", element: "a" }],
  [0, { op: "increment", path: "votes", by: 2 }],
  [1, { op: "delete" }],
]

function rows(): string[] {
  let row: string | undefined
  return edits.map(([actor, edit], i) => {
    const stamp = { hlc: 1_000_000 + i, actor: actorIds[actor] ?? "" }
    row = editRow(row, edit, { stamp, actors, fields })
    return row
  })
}

/** The entries of records of one and of many commits: key, value. */
export function makeHistory(): string {
  const [first, second, third, fourth, last] = rows()
  const key = rowKey("docs", id)
  const made: [string, string][] = []
  const out = {
    put: (entry: string, value: string) => void made.push([entry, value]),
    delete: () => undefined,
    tally: () => undefined,
  }
  const record = (n: number, before: string | undefined, after = "", met: string[] = []) => {
    const recorded = { n, key, before, after, met, actors }
    journal.compile(null).onDelta({ collection: "docs", id, before: undefined, after: undefined, recorded }, out)
  }
  record(35, undefined, first)
  record(36, first, fourth, [second ?? "", third ?? ""])
  record(37, fourth, last)
  return JSON.stringify(made)
}

/** What golden entries say: id, clock, and states with their cells as plain data. */
export function readHistory(golden: string): unknown {
  return (JSON.parse(golden) as [string, string][]).map(([key, value]) => {
    const { prefix, hlc } = splitHistoryKey(key)
    const states = readEntry(value, actors).map(({ life, dead, cells }) => ({
      life,
      dead,
      cells: Object.fromEntries(cells),
    }))
    return [idOfHistoryPrefix(prefix), hlc, states]
  })
}

const stamp = (count: number, actor: number) => ({ hlc: 1_000_000 + count, actor: actorIds[actor] })
const of = (count: number, actor: number, value?: unknown) =>
  value === undefined ? { stamp: stamp(count, actor) } : { stamp: stamp(count, actor), value }
const state = (cells: object) => ({ life: 0, dead: undefined, cells })

/** See `readHistory`. */
export const saidByHistory = [
  [
    id,
    1_000_003,
    [state({ "at.x": of(0, 0, 1), 'tags\0s"a"': of(0, 0, true), "votes\0caaaaaaaaaaaaaaaa": of(0, 0, 1) })],
  ],
  [
    id,
    1_000_004,
    [
      state({
        title: of(0, 0, "milk"),
        at: of(1, 1, 7),
        'tags\0s"a"': of(2, 1),
        "votes\0caaaaaaaaaaaaaaaa": of(3, 0, 3),
      }),
    ],
  ],
]
