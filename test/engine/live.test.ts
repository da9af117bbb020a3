// Live queries of a whole engine: what is told, when, whatever is under way.
import { createMemoryStore, type QuerySpec } from "@fixpoint/core"
import { wrapStore } from "@fixpoint/testkit"
import { expect, test } from "vitest"
import { type Bench, createBench } from "./bench.ts"
import { foldStep } from "./live-fold.ts"

const everything: QuerySpec = {
  collection: "things",
  filter: { kind: "and", filters: [] },
  order: [],
  limit: undefined,
}
const put = (id: string, text = "{}") => [{ op: "put", collection: "things", id, text }] as const

/** What a listener has of a live query. */
function watched(engine: Awaited<ReturnType<Bench["open"]>>, spec: QuerySpec = everything) {
  const seen = { documents: [] as { id: string; text: string }[], steps: 0 }
  const stop = engine.watch(spec, (step) => {
    seen.documents = foldStep(seen.documents, step)
    seen.steps++
  })
  return { seen, stop }
}

test("a live query that is mounted while a commit is under way tells of it", async () => {
  const held = { commit: Promise.resolve(), letGo: () => undefined as void }
  const bench = createBench({
    openStore: (disk) =>
      wrapStore(createMemoryStore(disk), async ({ name }, run) => {
        if (name === "commit") await held.commit
        return await run()
      }),
  })
  const engine = await bench.open()
  held.commit = new Promise((resolve) => (held.letGo = resolve))
  const writing = engine.write(put("a"))
  await bench.settle()
  const { seen } = watched(engine)
  await bench.settle()
  held.letGo()
  await writing
  await bench.settle()
  expect(seen.documents).toEqual([{ id: "a", text: "{}" }])
})
