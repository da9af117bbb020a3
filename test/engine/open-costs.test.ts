// What an opening asks of its store, counted: each call is a round trip that the first answer waits for.
import { createMemoryStore, type Engine } from "@fixpoint/core"
import { encodeDocument } from "@fixpoint/core/codec"
import { wrapStore } from "@fixpoint/testkit"
import { expect, test } from "vitest"
import { type Bench, createBench } from "./bench.ts"

const collection = "notes"
const { text } = encodeDocument({ text: "a note" })

const write = (engine: Engine, id: string) => engine.write([{ op: "put", collection, id, text }])

/** A bench whose stores note their calls. */
function createWatched(): { bench: Bench; calls: string[] } {
  const calls: string[] = []
  const bench = createBench({
    persistence: "indexeddb",
    openStore: (disk) =>
      wrapStore(createMemoryStore(disk), async ({ name }, run) => {
        calls.push(name)
        return await run()
      }),
  })
  return { bench, calls }
}

test("a database at rest opens with one read, and gives its first document with two more", async () => {
  const { bench, calls } = createWatched()
  const first = await bench.open()
  await write(first, "a")
  await first.compact()
  await first.close()
  calls.length = 0
  const engine = await bench.open()
  expect(calls).toEqual(["readHeader"])
  expect(await engine.get(collection, ["a"])).toMatchObject([{ id: "a" }])
  expect(calls).toEqual(["readHeader", "readBlocks", "readBlocks"])
})

test("what is in the log alone is one read more", async () => {
  const { bench, calls } = createWatched()
  const first = await bench.open()
  await write(first, "a")
  await first.close()
  calls.length = 0
  const engine = await bench.open()
  expect(calls).toEqual(["readHeader", "readLog"])
  expect(await engine.get(collection, ["a"])).toMatchObject([{ id: "a" }])
})

test("what another tab wrote while this one opened is looked for soon, as its hint may have come too early", async () => {
  const { bench, calls } = createWatched()
  const engine = await bench.open()
  calls.length = 0
  await bench.world.advance(99)
  expect(calls).toEqual([])
  await bench.world.advance(1)
  expect(calls).toEqual(["readPosition"])
  expect(engine.status().state).toBe("ready")
})
