import { expect, test } from "vitest"
import { lossesOf, storedLosses } from "./losses-form.ts"

const stamp = { hlc: 8192, actor: "0123456789abcdef" }
const cells = new Map([["a", { stamp, value: { x: 1 } }]])

test("losses come back from their form", () => {
  const losses = {
    life: stamp,
    registers: [{ path: "a.b", cell: { stamp }, metMs: 5 }],
    documents: [{ life: 0 as const, metMs: 6, lost: cells, seen: new Map() }],
  }
  expect(lossesOf(JSON.parse(JSON.stringify(storedLosses(losses))))).toEqual(losses)
})

test("a stamp that is none is damage, wherever it stands", () => {
  const sound = { life: 0, registers: [], documents: [] } as const
  for (const damaged of [
    { ...sound, life: "x" },
    { ...sound, registers: [[5, "a", "x"]] },
    { ...sound, documents: [[5, 0, [["a", "x", 1]], []]] },
  ] as const)
    expect(() => lossesOf(damaged as never)).toThrow(expect.objectContaining({ code: "BLOCK_CORRUPT" }))
})
