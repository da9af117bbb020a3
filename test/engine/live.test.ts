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

test("what one commit deletes is not shown by a document that the same commit lets refer to it", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  const users: QuerySpec = { ...everything, collection: "users" }
  await engine.write([{ op: "put", collection: "users", id: "e", text: "{}" }])
  const { seen } = watched(engine, {
    ...everything,
    include: [{ as: "by", query: users, via: "by", on: undefined, many: false }],
  })
  await bench.settle()
  await engine.write([{ op: "delete", collection: "users", id: "e" }, ...put("a", '{"by":["e"]}')])
  await bench.settle()
  expect(seen.documents).toEqual([{ id: "a", text: '{"by":[]}' }])
  await engine.close()
})

test("a thousand queries mounted and ended, in any order, leave nothing", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  const users: QuerySpec = { ...everything, collection: "users" }
  const forms: readonly QuerySpec[] = [
    everything,
    { ...everything, limit: 2, order: [{ path: "n", descending: true }] },
    { ...everything, filter: { kind: "field", condition: { path: "n", operator: "eq", operand: 1 } } },
    { ...everything, aggregate: { of: "count", path: undefined, by: "n" } },
    { ...everything, include: [{ as: "by", query: users, via: "by", on: undefined, many: false }] },
  ]
  const mounted: ReturnType<typeof watched>[] = []
  let seed = 1
  const roll = (max: number) => (seed = (seed * 48_271) % 2_147_483_647) % max
  for (let i = 0; i < 1_000; i++) {
    mounted.push(watched(engine, forms[roll(forms.length)] as QuerySpec))
    if (roll(3) === 0) await engine.write(put(`${roll(5)}`, `{"n":${roll(3)},"by":"u${roll(3)}"}`))
    while (mounted.length > roll(40)) mounted.splice(roll(mounted.length), 1)[0]?.stop()
  }
  await bench.settle()
  expect((await engine.stats()).liveQueries).toBe(mounted.length)
  const steps = mounted.map(({ seen }) => seen.steps)
  for (const { stop } of mounted) stop()
  await engine.write(put("0", '{"n":9}'))
  await bench.settle()
  expect(mounted.map(({ seen }) => seen.steps)).toEqual(steps)
  expect((await engine.stats()).liveQueries).toBe(0)
})
