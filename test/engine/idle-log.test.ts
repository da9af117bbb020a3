// What an idle database keeps in its log: a number, and not a second copy of the last import.
import { encodeDocument } from "@fixpoint/core/codec"
import { expect, test } from "vitest"
import { createBench } from "./bench.ts"

const collection = "people"
const documents = Array.from({ length: 500 }, (_, i) => ({ _id: `p${i}`, name: `name ${i}`, note: "x".repeat(100) }))
const puts = documents.map((document) => ({
  op: "put" as const,
  collection,
  id: document._id,
  text: encodeDocument(document).text,
}))

test("after an import and a rest, the log holds one small record, and another tab reads the import", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  const other = await bench.open()
  await engine.write(puts)
  await engine.compact()
  const [kept, ...more] = bench.disk.log
  expect(more).toEqual([])
  expect(kept?.bytes.length).toBeLessThan(1_000)
  await bench.settle()
  for (const tab of [engine, other, await bench.open()]) {
    expect(await tab.get(collection, ["p0", "p499"])).toMatchObject([{ id: "p0" }, { id: "p499" }])
    expect((await tab.stats()).documents).toBe(documents.length)
  }
  expect(await engine.check({ deep: true })).toMatchObject({ ok: true, findings: [] })
})

test("a rest after small writes stores nothing more", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  for (const put of puts.slice(0, 5)) await engine.write([put])
  await engine.compact()
  expect(bench.disk.log.map(({ n }) => n)).toEqual([5])
})
