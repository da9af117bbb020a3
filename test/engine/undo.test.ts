// Undo beside another tab over one store: what the other wrote stays, what the stack cannot take back any more is passed over.
import type { Engine, UndoResult, WriteOp } from "@fixpoint/core"
import { expect, test } from "vitest"
import { createBench } from "./bench.ts"

const own = { collection: "c", id: "a" }
const patch = (path: string, value: string | number): WriteOp => ({ op: "patch", ...own, entries: [[path, value]] })
const undo = (engine: Engine, verb = "undo") => engine.part("undo", verb, [1]) as Promise<UndoResult | undefined>

async function shown(engine: Engine): Promise<unknown> {
  const [found] = await engine.get(own.collection, [own.id])
  return found && JSON.parse(found.text)
}

async function twoTabs() {
  const bench = createBench({ fields: { c: { n: "counter" } } })
  const [one, two] = [await bench.open(), await bench.open()]
  await one.write([{ op: "put", ...own, text: '{"p":0,"q":0}' }])
  await bench.settle()
  await one.part("undo", "open", [1, { groupMs: 0 }])
  return { bench, one, two }
}

test("what the other tab wrote over stays, and so the step below is taken back", async () => {
  const { bench, one, two } = await twoTabs()
  await one.write([patch("q", 1)])
  await one.write([patch("p", 1)])
  await bench.settle()
  await two.write([patch("p", "theirs")])
  await bench.settle()
  expect(await undo(one)).toEqual({ documents: 1, kept: 1 })
  expect(await shown(one)).toEqual({ p: "theirs", q: 0 })
  expect(await undo(one)).toBeUndefined()
  expect(await undo(one, "redo")).toEqual({ documents: 1, kept: 0 })
  expect(await shown(one)).toEqual({ p: "theirs", q: 1 })
  await bench.settle()
  expect(await shown(two)).toEqual(await shown(one))
})

test("a reversal that another tab outruns is made anew on top of what that tab wrote", async () => {
  const { bench, one, two } = await twoTabs()
  await one.write([{ op: "increment", ...own, path: "n", by: 5 }])
  await bench.settle()
  const [, taken] = await Promise.all([two.write([{ op: "increment", ...own, path: "n", by: 2 }]), undo(one)])
  expect(taken).toEqual({ documents: 1, kept: 0 })
  await bench.settle()
  expect(await shown(one)).toEqual({ p: 0, q: 0, n: 2 })
})

test("two calls at once take back two steps; the writes of another tab are no steps", async () => {
  const { bench, one, two } = await twoTabs()
  await two.write([patch("p", 9)])
  await bench.settle()
  await one.write([patch("q", 1)])
  await one.write([patch("q", 2)])
  expect(await Promise.all([undo(one), undo(one), undo(one)])).toEqual([
    { documents: 1, kept: 0 },
    { documents: 1, kept: 0 },
    undefined,
  ])
  expect(await shown(one)).toEqual({ p: 9, q: 0 })
})

test("a step of many writes to one document goes back in one commit", async () => {
  const { one } = await twoTabs()
  await one.part("undo", "open", [1, { groupMs: 1e9 }])
  for (const value of [1, 2, 3]) await one.write([patch("p", value)])
  await one.write([patch("q", 1)])
  expect(await one.part("undo", "state", [1])).toEqual({ undo: 1, redo: 0 })
  expect(await undo(one)).toEqual({ documents: 1, kept: 0 })
  expect(await shown(one)).toEqual({ p: 0, q: 0 })
  expect(await undo(one, "redo")).toEqual({ documents: 1, kept: 0 })
  expect(await shown(one)).toEqual({ p: 3, q: 1 })
})

test("a step that shows nothing any more is passed over, and is done again with the others", async () => {
  const { one } = await twoTabs()
  await one.write([{ op: "patch", ...own, entries: [["s", ["x", "x"]]] }])
  await one.write([
    { op: "add", ...own, path: "s", element: 5 },
    { op: "remove", ...own, path: "s", element: 5 },
  ])
  expect(await shown(one)).toEqual({ p: 0, q: 0, s: ["x"] })
  expect(await undo(one)).toEqual({ documents: 1, kept: 0 })
  expect(await shown(one)).toEqual({ p: 0, q: 0 })
  for (const s of [["x", "x"], ["x"]]) {
    expect(await undo(one, "redo")).toEqual({ documents: 1, kept: 0 })
    expect(await shown(one)).toEqual({ p: 0, q: 0, s })
  }
})

test("what it is asked is checked", async () => {
  const { one } = await twoTabs()
  await expect(one.part("undo", "undo", [2])).rejects.toMatchObject({ code: "CLOSED" })
  await expect(one.part("undo", "open", ["x"])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" })
  await expect(one.part("undo", "open", [2, { groupMs: "x" }])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" })
  await expect(one.part("undo", "toString", [1])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" })
})
