import { expect, test } from "vitest"
import type { Cell } from "./cells.ts"
import { chunkKey, chunksOf } from "./text-chunks.ts"

const [one, two, next] = ["a".repeat(16), "b".repeat(16), "c".repeat(16)] as const

test("chunks under one name are those that hold something, text by text, and nothing that is no chunk", () => {
  const cell = (actor: string, value?: string): Cell => ({
    stamp: { hlc: 3, actor },
    ...(value !== undefined && { value }),
  })
  const cells = new Map([
    ["body", cell(one, "shown")],
    [chunkKey("body", one, 0), cell(one)],
    [chunkKey("body", one, 4), cell(one, "MQ==")],
    [chunkKey("body", two, 0), cell(two, "Mg==")],
    [chunkKey("note", two, 7), cell(two, "Mw==")],
  ])
  const stamp = { hlc: 9, actor: next }
  expect([...chunksOf(cells, stamp)]).toEqual([
    [chunkKey("body", next, 0), { stamp, value: "MQ==" }],
    [chunkKey("body", next, 1), { stamp, value: "Mg==" }],
    [chunkKey("note", next, 0), { stamp, value: "Mw==" }],
  ])
})
