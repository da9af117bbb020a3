// A device was copied, or put back, with writes that it had not sent: what both histories know counts once where it can be told, and
// what each of them wrote alone stands beside the other's.
import { createMemoryDisk, type WriteOp } from "@fixpoint/core"
import { SeededWorld } from "@fixpoint/testkit"
import { expect, test } from "vitest"
import { absorb, begin, cut, openTab, type Pack, reincarnate, type Tab } from "./replicas.ts"

const fields = { n: "counter", s: "set", v: "mv" } as const
const at = { collection: "c", id: "a" }
const count = (by: number): WriteOp => ({ op: "increment", ...at, path: "n", by })
const mark = (element: string): WriteOp => ({ op: "add", ...at, path: "s", element })
const put = (id: string, document: object): WriteOp => ({
  op: "put",
  collection: "c",
  id,
  text: JSON.stringify(document),
})

/** A device, another one, and a copy of the first, made when it had written `unsent` since its last pack. */
async function twins(...unsent: readonly WriteOp[][]) {
  const world = new SeededWorld(7)
  const disk = createMemoryDisk()
  const [mine, theirs] = [await openTab(world, disk, fields), await openTab(world, createMemoryDisk(), fields)]
  const write = async (tab: Tab, ...ops: readonly WriteOp[]) => {
    await world.advance(1000)
    await tab.write(ops)
  }
  const first = [await begin(mine), await begin(theirs)] as const
  await absorb(mine, [first[1]])
  await absorb(theirs, [first[0]])
  await write(mine, put("a", { n: 5, s: [] }))
  await write(mine, count(2))
  await absorb(theirs, [await cut(mine)])
  for (const ops of unsent) await write(mine, ...ops)
  const copy = await openTab(world, createMemoryDisk(disk), fields)
  return { write, world, mine, theirs, copy }
}

/** A copy finds what its original has published, and goes on under another actor: what it publishes then. */
async function goOn(copy: Tab, own: Pack): Promise<Pack[]> {
  await reincarnate(copy, true)
  const registration = await cut(copy)
  await absorb(copy, [own])
  await copy.replica.reissue((await copy.replica.read()).revision)
  return [registration, await cut(copy)]
}

/** The original publishes, the copy finds that, and both come to the other device: what each of them counts in the end. */
async function meet({ mine, theirs, copy }: { mine: Tab; theirs: Tab; copy: Tab }) {
  const own = await cut(mine)
  const again = await goOn(copy, own)
  await absorb(theirs, [own, ...again])
  await absorb(mine, again)
  expect(await copy.states()).toEqual(await theirs.states())
  expect(await mine.states()).toEqual(await theirs.states())
  return (await theirs.document("c", "a")) as { n: number; s: string[] }
}

test("an addition that both have and nobody has followed counts once", async () => {
  expect(await meet(await twins([count(10)]))).toMatchObject({ n: 17 })
})

test("so does a counter that was never sent before", async () => {
  const all = await twins([put("b", { n: 1 })], [{ ...count(3), id: "b" } as WriteOp])
  await meet(all)
  expect(await all.theirs.document("c", "b")).toEqual({ n: 4 })
})

test("where the original counts on, another write of that time tells that the copy has nothing of its own", async () => {
  const all = await twins([count(10)], [mark("x")])
  await all.write(all.mine, count(100))
  expect(await meet(all)).toEqual({ n: 117, s: ["x"] })
})

test("what the copy wrote to other counters is its own", async () => {
  const all = await twins([count(10)])
  await all.write(all.copy, put("b", { n: 1 }), { ...count(3), id: "b" } as WriteOp)
  await all.write(all.mine, put("b", { n: 1 }), { ...count(4), id: "b" } as WriteOp)
  expect(await meet(all)).toMatchObject({ n: 17 })
  expect(await all.theirs.document("c", "b")).toEqual({ n: 9 })
})

test("where the copy has counted on, its additions are made again, rather than one of them be lost", async () => {
  const all = await twins([count(10)])
  await all.write(all.copy, count(1000))
  expect((await meet(all)).n).toBe(17 + 1010)
})

test("a write is no proof where both clocks stood still: two of one reading may be of two histories", async () => {
  const all = await twins([count(10)])
  for (const tab of [all.mine, all.copy]) await tab.write([count(1)])
  expect((await meet(all)).n).toBe(18 + 11)
})

test("an earlier name that never published anything does not hide the one before it", async () => {
  const all = await twins([count(10)])
  await reincarnate(all.copy, true)
  expect(await meet(all)).toMatchObject({ n: 17 })
})

test("of a field that keeps siblings both values stay: who wrote over its own writes has not seen the other's", async () => {
  const both = (value: string): WriteOp => ({ op: "patch", ...at, entries: [["v", [value]]] })
  const { write, ...all } = await twins([both("before")])
  await write(all.mine, both("original"))
  await write(all.copy, both("copy, first"))
  await write(all.copy, both("copy, then"))
  await meet(all)
  expect(await all.theirs.document("c", "a")).toMatchObject({ v: ["copy, then", "original"] })
})

test("a document that was inserted before the copy was made lives on, with what each has written in it since", async () => {
  const insert: WriteOp = { op: "insert", collection: "c", id: "b", text: '{"x":1}' }
  const edit = (path: string): WriteOp => ({ op: "patch", collection: "c", id: "b", entries: [[path, 1]] })
  const { write, mine, theirs, copy } = await twins([insert])
  await write(mine, edit("original"))
  const own = await cut(mine)
  await absorb(theirs, [own])
  await write(theirs, edit("theirs"))
  await write(copy, edit("copy"))
  const again = await goOn(copy, own)
  const other = await cut(theirs)
  await absorb(theirs, again)
  await absorb(copy, [other])
  expect(await theirs.document("c", "b")).toEqual({ x: 1, original: 1, theirs: 1, copy: 1 })
  expect(await copy.states()).toEqual(await theirs.states())
})

test("what both know is not said again: a later write over it stays, though it comes after", async () => {
  const x = (value: string): WriteOp => ({ op: "patch", ...at, entries: [["x", value]] })
  const { write, mine, theirs, copy } = await twins([x("both")])
  const own = await cut(mine)
  await absorb(theirs, [own])
  await write(theirs, x("theirs"))
  await write(copy, { op: "patch", ...at, entries: [["y", "copy"]] })
  const again = await goOn(copy, own)
  const other = await cut(theirs)
  await absorb(theirs, again)
  await absorb(copy, [other])
  expect(await theirs.document("c", "a")).toMatchObject({ x: "theirs", y: "copy" })
  expect(await copy.states()).toEqual(await theirs.states())
})

test("what a copy has put over a document, and was beaten, is beaten alike everywhere", async () => {
  const own = { collection: "c", id: "b" } as const
  const { write, mine, theirs, copy } = await twins([{ op: "insert", ...own, text: '{"x":1,"s":["old"]}' }])
  await write(copy, put("b", { x: 2 }))
  await write(mine, { op: "add", ...own, path: "s", element: "new" })
  const published = await cut(mine)
  const again = await goOn(copy, published)
  await absorb(theirs, [published, ...again])
  expect(await copy.states()).toEqual(await theirs.states())
  expect(await theirs.document("c", "b")).toMatchObject({ s: ["new"] })
})
