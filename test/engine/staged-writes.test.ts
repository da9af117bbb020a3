// Writes that come in parts, as those of a long list do: each part is checked as it comes, and all of them are one commit.
import type { WriteOp } from "@fixpoint/core"
import { encodeDocument } from "@fixpoint/core/codec"
import { expect, test } from "vitest"
import { countOf, createBench } from "./bench.ts"

const collection = "notes"
const everything = { collection, filter: { kind: "and", filters: [] }, order: [], limit: undefined } as const

const puts = (from: number, count: number): WriteOp[] =>
  Array.from({ length: count }, (_, i) => ({
    op: "put",
    collection,
    id: `note-${from + i}`,
    text: encodeDocument({ at: from + i }).text,
  }))

test("parts are one commit, in the order in which they came", async () => {
  const engine = await createBench({}).open()
  const staged = engine.stage()
  for (let part = 0; part < 3; part++) staged.add(puts(part * 600, 600))
  staged.add([{ op: "delete", collection, id: "note-0" }])
  const { ids } = await engine.write(staged)
  expect(ids).toEqual([...puts(0, 1800).map(({ id }) => id), "note-0"])
  expect(await countOf(engine, everything)).toBe(1799)
  expect((await engine.stats()).commits).toBe(1)
  expect(await engine.get(collection, ["note-1799"])).toMatchObject([{ text: '{"at":1799}' }])
})

test("a part that is refused refuses all of them, when they are written", async () => {
  const engine = await createBench({}).open()
  const staged = engine.stage()
  staged.add(puts(0, 10))
  staged.add([{ op: "put", collection, id: "bad", text: '{"$":1}' }])
  staged.add(puts(10, 10))
  await expect(engine.write(staged)).rejects.toMatchObject({ code: "INVALID_DOCUMENT" })
  expect(await countOf(engine, everything)).toBe(0)
  await engine.write(puts(0, 1))
  expect(await countOf(engine, everything)).toBe(1)
})

test("the limit of a commit counts all parts", async () => {
  const engine = await createBench({}).open()
  const staged = engine.stage()
  const many = Array.from({ length: 50_001 }, (): WriteOp => ({ op: "delete", collection, id: "a" }))
  staged.add(many)
  staged.add(many)
  await expect(engine.write(staged)).rejects.toMatchObject({ code: "LIMIT_SIZE" })
})

test("a transaction takes them as well", async () => {
  const engine = await createBench({}).open()
  const transaction = await engine.begin()
  const staged = engine.stage()
  staged.add(puts(0, 5))
  staged.add(puts(5, 5))
  await transaction.write(staged)
  expect(await transaction.get(collection, ["note-7"])).toMatchObject([{ text: '{"at":7}' }])
  await transaction.commit(undefined)
  expect(await countOf(engine, everything)).toBe(10)
})
