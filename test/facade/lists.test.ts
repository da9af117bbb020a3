// Lists that two devices edit at once, through a bucket, as an application has them.
import { memory, memoryBucket } from "@fixpoint/gateways/memory"
import { collection, fixpoint, keys } from "fixpoint/edge"
import { listIn, type StoredList } from "fixpoint/list"
import { expect, test } from "vitest"
import { refusal } from "./suite/case.ts"

interface Plan {
  readonly _id?: string
  readonly title: string
  readonly steps?: StoredList<{ readonly text: string; readonly done?: boolean }>
}

const device = (name: string, label: string) =>
  fixpoint(name, {
    collections: { plans: collection<Plan>() },
    keys: keys.raw(new Uint8Array(32).fill(7)),
    storage: { memory: label },
  })

test("two devices insert, move, change and remove at once, and show one list", async () => {
  const [name, bucket] = [crypto.randomUUID(), memoryBucket()]
  const devices = ["alice", "bob"].map((label) => device(name, label))
  const links = devices.map((db) => db.attach(memory(bucket)))
  const [alice, bob] = devices as [(typeof devices)[number], (typeof devices)[number]]
  const meet = async () => {
    for (const link of [...links, ...links]) await link.sync()
  }
  await alice.collections.plans.put({ _id: "p", title: "t" })
  const [mine, theirs] = [alice, bob].map((db) => listIn(db.collections.plans, "p", "steps")) as [
    ReturnType<typeof listIn<Plan, "steps">>,
    ReturnType<typeof listIn<Plan, "steps">>,
  ]
  const [a, b] = [await mine.insert({ text: "a" }), await mine.insert({ text: "b" })]
  const c = await mine.insert({ text: "c" }, { before: a })
  await meet()
  const texts = async (list: typeof mine) => (await list.items()).map(({ value }) => value.text)
  expect(await texts(theirs)).toEqual(["c", "a", "b"])

  await mine.move(b, "start")
  await theirs.move(b, { after: c })
  await mine.insert({ text: "mine" })
  await theirs.insert({ text: "theirs" })
  await mine.set(a, { text: "a", done: true })
  await theirs.set(a, { text: "A" })
  await mine.remove(c)
  await theirs.set(c, { text: "too late" })
  await meet()
  expect(await theirs.items()).toEqual(await mine.items())
  expect((await texts(mine)).sort()).toEqual(["A", "b", "mine", "theirs"])
  expect((await mine.items()).find(({ id }) => id === a)?.value).toEqual({ text: "A", done: true })
  expect(await refusal(() => mine.move(c, "end"))).toBe("NOT_FOUND id")
  expect(await refusal(() => listIn(alice.collections.plans, "none", "steps").insert({ text: "x" }))).toBe("NOT_FOUND")
  for (const db of devices) await db.close()
}, 60_000)
