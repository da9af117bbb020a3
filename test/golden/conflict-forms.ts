/** What a database keeps of writes that gave way. Owns: the sample of a row, with a field, a deletion of one, and a document. */
import { rowKey } from "../../packages/core/src/codec/key.ts"
import type { Losses } from "../../packages/core/src/crdt/losses.ts"
import { conflictKey, formatConflicts, readConflicts } from "../../packages/core/src/db/conflict-rows.ts"

const nowMs = 1_765_000_000_000
const stamp = (count: number) => ({ hlc: 1_000_000 + count, actor: "0123456789abcdef" })

const losses: Losses = {
  life: stamp(4),
  registers: [
    { path: "at.x", metMs: nowMs - 5, cell: { stamp: stamp(6), value: { $: ["d", 5] } } },
    { path: "title", metMs: nowMs - 4, cell: { stamp: stamp(5) } },
  ],
  documents: [
    {
      life: 0,
      metMs: nowMs - 3,
      lost: new Map([
        ["title", { stamp: stamp(3), value: "milk" }],
        ['tags\0s"a"', { stamp: stamp(2) }],
      ]),
      seen: new Map([["done", { stamp: stamp(1), value: true }]]),
    },
  ],
}

/** The row: key, value. */
export function makeConflicts(): string {
  return JSON.stringify([conflictKey(rowKey("docs", "größe")), formatConflicts({ hlc: 1_000_009, losses }, nowMs)])
}

/** What golden bytes say. */
export function readGoldenConflicts(golden: string): unknown {
  const [key, line] = JSON.parse(golden) as [string, string]
  return [key === conflictKey(rowKey("docs", "größe")), readConflicts(line, nowMs)]
}

/** See `readGoldenConflicts`. */
export const saidByConflicts = [true, { hlc: 1_000_009, losses }]
