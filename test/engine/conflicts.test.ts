// Conflicts as a database keeps them: in every tab and session, with or without history, until they are decided, too many or too old.
import { createMemoryDisk, type Engine, type LostWrite, type WriteOp } from "@fixpoint/core"
import { memoryBucket } from "@fixpoint/gateways/memory"
import { SeededWorld } from "@fixpoint/testkit"
import { expect, test } from "vitest"
import { rowsRange } from "../../packages/core/src/codec/key.ts"
import { createBench } from "./bench.ts"
import { absorb, begin, cut, openTab, type Tab, vectorOf } from "./replicas.ts"
import { attach, put, remoteOf } from "./remotes.ts"

const dayMs = 24 * 3600 * 1000
const at = { collection: "c", id: "a" }
const patch = (path: string, value: number | string): WriteOp => ({ op: "patch", ...at, entries: [[path, value]] })
const write = (document: object): WriteOp => ({ op: "put", ...at, text: JSON.stringify(document) })
const lostOf = (engine: Engine, id: string) =>
  engine.part("conflicts", "conflicts", ["docs", id]) as Promise<readonly LostWrite[]>
const decide = (engine: Engine, id: string, lost: LostWrite | undefined, choice: string) =>
  engine.part("conflicts", "resolve", [
    "docs",
    id,
    { path: lost?.path, isDocument: lost?.isDocument, stamp: lost?.authors.loser.stamp, choice, durability: undefined },
  ])
const valuesOf = (lost: readonly LostWrite[]) => lost.map(({ path, winner, loser }) => [path, winner, loser])

/** Two devices that have seen the same document. */
async function pair() {
  const world = new SeededWorld(7)
  const disks = [createMemoryDisk(), createMemoryDisk()] as const
  const [mine, theirs] = [await openTab(world, disks[0]), await openTab(world, disks[1])]
  await begin(mine)
  await begin(theirs)
  await mine.write([write({ n: 0, title: "milk" })])
  await absorb(theirs, [await cut(mine)])
  return { world, mine, theirs, disks }
}

/** Both write, the other one later, and each takes in what the other wrote. */
async function clash(world: SeededWorld, [one, other]: readonly [Tab, Tab], ops: readonly [WriteOp, WriteOp]) {
  await world.advance(1)
  await one.write([ops[0]])
  await world.advance(1)
  await other.write([ops[1]])
  const packs = [await cut(one), await cut(other)] as const
  expect(await absorb(one, [packs[1]])).toBe("done")
  expect(await absorb(other, [packs[0]])).toBe("done")
}

test("a loser is there in every tab and in the next session, and both devices tell it alike", async () => {
  const bucket = memoryBucket()
  const [bench, peer] = [createBench({ seed: 21 }), createBench({ seed: 22 })]
  const one = await attach(await bench.open(), remoteOf(bucket))
  const other = await bench.open()
  const two = await attach(await peer.open(), remoteOf(bucket))
  await put(one.engine, "a", { n: 0 })
  await one.link.sync()
  await two.link.sync()
  await put(one.engine, "a", { n: 1 })
  await bench.world.advance(10)
  await peer.world.advance(20)
  await put(two.engine, "a", { n: 2 })
  await two.link.sync()
  await one.link.sync()
  await two.link.sync()
  await bench.settle()
  const told = await lostOf(one.engine, "a")
  expect(valuesOf(told)).toEqual([["n", 2, 1]])
  expect(await lostOf(other, "a")).toEqual(told)
  expect(await lostOf(two.engine, "a")).toEqual(told)
  await one.engine.compact()
  await one.engine.close()
  await other.close()
  expect(await lostOf(await bench.open(), "a")).toEqual(told)
})

test("the loser is written anew by whoever chooses it, and the conflict is over there and, by sync, elsewhere", async () => {
  const { world, mine, theirs } = await pair()
  await clash(world, [mine, theirs], [patch("n", 1), patch("n", 2)])
  const [lost] = await mine.lost("a")
  expect(lost).toMatchObject({ path: "n", isDocument: false, winner: 2, loser: 1 })
  const decision = { path: "n", isDocument: false, stamp: lost?.authors.loser.stamp ?? "", durability: undefined }
  expect(await mine.resolve("a", { ...decision, choice: "loser" })).toMatchObject({ ids: ["a"] })
  expect(await mine.document("c", "a")).toEqual({ n: 1, title: "milk" })
  expect(await mine.lost("a")).toEqual([])
  expect(await mine.resolve("a", { ...decision, choice: "loser" })).toBeUndefined()
  expect(await theirs.lost("a")).toHaveLength(1)
  await absorb(theirs, [await cut(mine)])
  expect(await theirs.document("c", "a")).toEqual({ n: 1, title: "milk" })
  expect(await theirs.lost("a")).toEqual([])
})

test("whoever chooses the winner writes nothing, and hears no more of it", async () => {
  const { world, mine, theirs } = await pair()
  await clash(world, [mine, theirs], [patch("n", 1), patch("n", 2)])
  await clash(world, [mine, theirs], [patch("title", "oat"), patch("title", "soy")])
  const lost = (await mine.lost("a")).find(({ path }) => path === "n")
  const row = await mine.row("c", "a")
  const decision = { path: "n", isDocument: false, stamp: lost?.authors.loser.stamp ?? "", durability: undefined }
  expect(await mine.resolve("a", { ...decision, choice: "winner" })).toBeUndefined()
  expect(await mine.row("c", "a")).toBe(row)
  expect(valuesOf(await mine.lost("a"))).toEqual([["title", "soy", "oat"]])
  expect(await theirs.lost("a")).toHaveLength(2)
})

test("a document that was edited as it was deleted comes back whole from the device that edited it", async () => {
  const { world, mine, theirs } = await pair()
  await clash(world, [mine, theirs], [patch("n", 1), { op: "delete", ...at }])
  expect(await mine.document("c", "a")).toBeUndefined()
  const [lost] = await mine.lost("a")
  expect(lost).toMatchObject({ path: "", isDocument: true, winner: undefined, loser: { n: 1, title: "milk" } })
  expect(await theirs.lost("a")).toMatchObject([{ isDocument: true, loser: { n: 1 } }])
  const stamp = lost?.authors.loser.stamp ?? ""
  await mine.resolve("a", { path: "", isDocument: true, stamp, choice: "loser", durability: "strict" })
  expect(await mine.document("c", "a")).toEqual({ n: 1, title: "milk" })
  expect(await mine.lost("a")).toEqual([])
  await absorb(theirs, [await cut(mine)])
  expect(await theirs.document("c", "a")).toEqual({ n: 1, title: "milk" })
  expect(await theirs.lost("a")).toEqual([])
})

test("of two documents that were inserted under one id the lesser can be chosen", async () => {
  const world = new SeededWorld(8)
  const [mine, theirs] = [await openTab(world), await openTab(world)]
  await begin(mine)
  await begin(theirs)
  const insert = (title: string): WriteOp => ({ op: "insert", ...at, text: JSON.stringify({ title }) })
  await clash(world, [mine, theirs], [insert("mine"), insert("theirs")])
  for (const tab of [mine, theirs])
    expect(valuesOf(await tab.lost("a"))).toEqual([["", { title: "theirs" }, { title: "mine" }]])
  await theirs.write([patch("n", 1)])
  const [lost] = await theirs.lost("a")
  const stamp = lost?.authors.loser.stamp ?? ""
  await theirs.resolve("a", { path: "", isDocument: true, stamp, choice: "loser", durability: undefined })
  expect(await theirs.document("c", "a")).toEqual({ title: "mine" })
  expect(await theirs.lost("a")).toEqual([])
})

test("the newest sixteen of a document are kept, for thirty days", async () => {
  const { world, mine, theirs, disks } = await pair()
  const names = Array.from({ length: 20 }, (_, i) => `f${String(i).padStart(2, "0")}`)
  for (const name of names) await clash(world, [mine, theirs], [patch(name, "mine"), patch(name, "theirs")])
  const told = await mine.lost("a")
  expect(told.map(({ path }) => path)).toEqual(names.slice(4).toReversed())
  await world.advance(29 * dayMs)
  expect(await mine.lost("a")).toEqual(told)
  await world.advance(2 * dayMs)
  expect(await mine.lost("a")).toEqual([])
  const rows = () => conflictRows(disks[0])
  expect(await rows()).toBe(1)
  await theirs.write([{ ...write({ n: 1 }), id: "other" } as WriteOp])
  await absorb(mine, [await cut(theirs)])
  expect(await rows()).toBe(0)

  async function conflictRows(disk: (typeof disks)[0]): Promise<number> {
    const tab = await openTab(world, disk)
    let count = 0
    for await (const batch of tab.scan({ from: "\u0006conflict", to: "\u0006conflicu" })) count += batch.length
    return count
  }
})

test("large losers are kept as far as there is room, the newest always", async () => {
  const { world, mine, theirs } = await pair()
  for (const name of ["f1", "f2", "f3"])
    await clash(world, [mine, theirs], [patch(name, name.repeat(400_000)), patch(name, "")])
  expect((await mine.lost("a")).map(({ path }) => path)).toEqual(["f3", "f2"])
})

test("a document that is erased takes its conflicts with it", async () => {
  const { world, mine, theirs } = await pair()
  await clash(world, [mine, theirs], [patch("n", 1), patch("n", 2)])
  expect(await mine.lost("a")).toHaveLength(1)
  const { revision, heads } = await mine.replica.read()
  const known = vectorOf(heads)
  const base = { kind: "base" as const, actors: [], rows: [], known, told: known, range: rowsRange }
  expect(await mine.replica.absorb(revision, { steps: [base], heads: {} })).toBe("done")
  expect(await mine.row("c", "a")).toBeUndefined()
  expect(await mine.lost("a")).toEqual([])
  const left: string[] = []
  for await (const batch of mine.scan({ from: "\u0006conflict", to: "\u0006conflicu" }))
    for (const [key] of batch) left.push(key)
  expect(left).toEqual([])
})

test("choosing a loser is a write of the tab: a unique index refuses it, undo takes it back", async () => {
  const bucket = memoryBucket()
  const [bench, peer] = [createBench({ seed: 31 }), createBench({ seed: 32 })]
  const [engine, theirs] = [await bench.open(), await peer.open()]
  const parts = [{ path: "n", descending: false, multi: false }]
  engine.declare({ docs: { fields: {}, indexes: [{ name: "n", parts, unique: true, where: undefined }] } })
  const [one, two] = [await attach(engine, remoteOf(bucket)), await attach(theirs, remoteOf(bucket))]
  await put(engine, "a", { n: 0 })
  await one.link.sync()
  await two.link.sync()
  await put(engine, "a", { n: 1 })
  await peer.world.advance(50)
  await put(theirs, "a", { n: 2 })
  await two.link.sync()
  await one.link.sync()
  await bench.world.advance(1_000)
  await put(engine, "b", { n: 1 })
  const [lost] = await lostOf(engine, "a")
  await expect(decide(engine, "a", lost, "loser")).rejects.toMatchObject({ code: "NOT_UNIQUE" })
  expect(await lostOf(engine, "a")).toEqual([lost])
  await put(engine, "b", { n: 3 })
  await engine.part("undo", "open", [1, { groupMs: 0 }])
  await decide(engine, "a", lost, "loser")
  expect((await engine.get("docs", ["a"]))[0]?.text).toBe('{"n":1}')
  expect(await engine.part("undo", "undo", [1])).toMatchObject({ documents: 1 })
  expect((await engine.get("docs", ["a"]))[0]?.text).toBe('{"n":2}')
})

test("what is asked or decided without sense is refused", async () => {
  const engine = await createBench({}).open()
  const ask = (verb: string, ...args: readonly unknown[]) => engine.part("conflicts", verb, args)
  const decision = { path: "n", isDocument: false, stamp: "x", choice: "loser", durability: undefined }
  await expect(ask("conflicts", "", "a")).rejects.toMatchObject({ kind: "invalid" })
  await expect(ask("conflicts", "docs", 5)).rejects.toMatchObject({ kind: "invalid" })
  await expect(ask("forget", "docs", "a")).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    details: { path: "verb" },
  })
  for (const path of ["path", "isDocument", "stamp", "choice", "durability"])
    await expect(ask("resolve", "docs", "a", { ...decision, [path]: 5 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      details: { path },
    })
  expect(await ask("resolve", "docs", "a", decision)).toBeUndefined()
})
