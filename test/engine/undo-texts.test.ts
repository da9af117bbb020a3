// Undo and redo of what is typed in texts, beside commits and beside others who type in the same text.
import type { Engine, UndoResult, WriteOp } from "@fixpoint/core"
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import { createBench } from "./bench.ts"
import { openPage } from "./text-page.ts"

vi.setConfig({ testTimeout: 120_000 })

const own = { collection: "notes", id: "a" }
const title = (value: string): WriteOp => ({ op: "patch", ...own, entries: [["title", value]] })
const undo = (engine: Engine, verb = "undo") => engine.part("undo", verb, [9]) as Promise<UndoResult | undefined>
const steps = (engine: Engine) => engine.part("undo", "state", [9])
const bench = () => createBench({ fields: { notes: { body: "text", map: "ymap" } } })

async function shown(engine: Engine): Promise<unknown> {
  const [found] = await engine.get(own.collection, [own.id])
  return found && JSON.parse(found.text)
}

/** An engine with an undo stack; where nothing is said each batch of typing is a step. */
async function withStack(options: { readonly groupMs?: number } = { groupMs: 0 }) {
  const made = bench()
  const engine = await made.open()
  await engine.part("undo", "open", [9, options])
  return { ...made, engine }
}

test("typing is taken back step by step, with the commits between, and done again in the same order", async () => {
  const { engine } = await withStack()
  await engine.write([{ op: "put", ...own, text: "{}" }])
  const page = await openPage(engine)
  const states: unknown[] = [undefined, await shown(engine)]
  const wait = async () => {
    await page.saved()
    states.push(await shown(engine))
  }
  page.body.insert(0, "one")
  await wait()
  await engine.write([title("t")])
  await wait()
  page.body.insert(3, " two")
  await wait()
  page.body.delete(0, 4)
  await wait()
  await engine.write([title("u")])
  await wait()
  expect(states.at(-1)).toEqual({ body: "two", title: "u" })
  const withoutText = (state: unknown) => (state === undefined ? undefined : { body: "", ...state })
  for (let i = states.length - 2; i >= 0; i--) {
    expect(await undo(engine)).toEqual({ documents: 1, kept: 0 })
    expect(withoutText(await shown(engine))).toEqual(withoutText(states[i]))
  }
  expect(await undo(engine)).toBeUndefined()
  for (let i = 1; i < states.length; i++) {
    expect(await undo(engine, "redo")).toEqual({ documents: 1, kept: 0 })
    expect(withoutText(await shown(engine))).toEqual(withoutText(states[i]))
  }
  expect(await undo(engine, "redo")).toBeUndefined()
  expect(page.body.toJSON()).toBe("two")
})

test("what another tab and another session typed stays, and what they took away is not taken away again", async () => {
  const { engine, open, settle } = await withStack()
  const two = await open()
  const [a, b] = [await openPage(engine), await openPage(two)]
  a.body.insert(0, "mine")
  await a.saved()
  await settle()
  b.body.insert(2, " theirs ")
  b.body.delete(0, 1)
  await b.saved()
  await settle()
  expect(await undo(engine)).toEqual({ documents: 1, kept: 1 })
  await settle()
  expect([a.body.toJSON(), b.body.toJSON()]).toEqual([" theirs ", " theirs "])
  expect(await shown(two)).toEqual({ body: " theirs " })
  await undo(engine, "redo")
  await settle()
  expect(b.body.toJSON()).toBe("i theirs ne")
})

test("typing without a pause is one step, and so is all of a time where commits are grouped", async () => {
  const { engine, world } = await withStack({})
  await engine.write([{ op: "put", ...own, text: "{}" }])
  const page = await openPage(engine)
  for (const letter of "abc") {
    page.body.insert(page.body.length, letter)
    await page.saved()
    await world.advance(100)
  }
  expect(await steps(engine)).toEqual({ undo: 2, redo: 0 })
  await world.advance(1000)
  page.body.insert(3, "d")
  await page.saved()
  await undo(engine)
  expect(page.body.toJSON()).toBe("abc")
  await undo(engine)
  expect(page.body.toJSON()).toBe("")
  await undo(engine, "redo")
  await engine.part("undo", "open", [9, { groupMs: 600 }])
  page.body.insert(3, "!")
  await page.saved()
  await engine.write([title("t")])
  page.body.insert(4, "!")
  await page.saved()
  expect(await steps(engine)).toEqual({ undo: 1, redo: 0 })
  expect(await undo(engine)).toEqual({ documents: 1, kept: 0 })
  expect(await shown(engine)).toEqual({ body: "abc" })
  expect(await undo(engine, "redo")).toEqual({ documents: 1, kept: 0 })
  expect(await shown(engine)).toEqual({ body: "abc!!", title: "t" })
})

test("a text that was closed is taken back and done again, and opened again shows it", async () => {
  const { engine } = await withStack()
  const page = await openPage(engine)
  page.body.insert(0, "typed, then closed")
  await page.saved()
  page.body.delete(0, 7)
  await page.saved()
  await page.close()
  await undo(engine)
  expect(await shown(engine)).toEqual({ body: "typed, then closed" })
  const again = await openPage(engine, 2)
  expect(again.body.toJSON()).toBe("typed, then closed")
  await undo(engine, "redo")
  expect(again.body.toJSON()).toBe("then closed")
  again.body.insert(0, "and ")
  await again.saved()
  expect(await undo(engine)).toEqual({ documents: 1, kept: 0 })
  expect(await shown(engine)).toEqual({ body: "then closed" })
})

test("a document that typing has made goes with it, unless somebody else has written there", async () => {
  const { engine, open, settle } = await withStack()
  const page = await openPage(engine)
  page.body.insert(0, "typed")
  await page.saved()
  await undo(engine)
  expect(await shown(engine)).toBeUndefined()
  await undo(engine, "redo")
  expect(await shown(engine)).toEqual({ body: "typed" })
  expect(page.body.toJSON()).toBe("typed")
  const two = await open()
  await two.write([title("theirs")])
  await settle()
  await undo(engine)
  expect(await shown(engine)).toEqual({ body: "", title: "theirs" })
})

test("a deleted document comes back with its text as it was, so that older typing is taken back too", async () => {
  const { engine, open, settle } = await withStack()
  const two = await open()
  const page = await openPage(engine)
  page.body.insert(0, "one two")
  await page.saved()
  page.body.insert(3, " and a half")
  await page.saved()
  await engine.write([{ op: "delete", ...own }])
  await undo(engine)
  expect(await shown(engine)).toEqual({ body: "one and a half two" })
  await undo(engine)
  expect(await shown(engine)).toEqual({ body: "one two" })
  expect(page.body.toJSON()).toBe("one two")
  await settle()
  const other = await openPage(two, 3)
  expect(other.body.toJSON()).toBe("one two")
  page.body.insert(7, " three")
  await page.saved()
  await settle()
  expect(other.body.toJSON()).toBe("one two three")
  expect(await shown(two)).toEqual({ body: "one two three" })
})

test("a value put over a text and taken back is what the text holds", async () => {
  const { engine } = await withStack()
  await engine.write([{ op: "put", ...own, text: '{"body":"first"}' }])
  const page = await openPage(engine)
  await engine.write([{ op: "patch", ...own, entries: [["body", "second"]] }])
  await expect.poll(() => page.body.toJSON()).toBe("second")
  await undo(engine)
  await expect.poll(() => page.body.toJSON()).toBe("first")
  expect(await shown(engine)).toEqual({ body: "first" })
})

test("what was typed and not stored yet is the first to be taken back", async () => {
  const { engine } = await withStack()
  const page = await openPage(engine)
  page.body.insert(0, "one")
  await page.saved()
  page.body.insert(3, " two")
  void engine.write([title("t")])
  page.body.insert(7, " three")
  await undo(engine)
  expect(await shown(engine)).toEqual({ body: "one two", title: "t" })
  await undo(engine)
  expect(await shown(engine)).toEqual({ body: "one two" })
  await undo(engine)
  expect(await shown(engine)).toEqual({ body: "one" })
})

test("what a stack has forgotten is not stored any more when the text is closed", async () => {
  const sizeWith = async (isForgotten: boolean) => {
    const { engine } = await withStack()
    const page = await openPage(engine)
    for (let i = 0; i < 30; i++) {
      page.body.insert(0, `${i}`.repeat(500))
      await page.saved()
      page.body.delete(0, page.body.length - 10)
      await page.saved()
    }
    if (isForgotten) await engine.part("undo", "close", [9])
    await page.close()
    const { memtableBytes } = await engine.stats()
    if (!isForgotten) for (let i = 0; i < 60; i++) await undo(engine)
    return { bytes: memtableBytes, shown: await shown(engine) }
  }
  const [kept, forgotten] = [await sizeWith(false), await sizeWith(true)]
  expect(kept.shown).toBeUndefined()
  expect(forgotten.bytes).toBeLessThan(kept.bytes / 4)
})

test("of a document that was made anew, a text that is still open shows what the new one holds", async () => {
  const { engine, open, settle } = await withStack()
  const two = await open()
  const page = await openPage(engine)
  page.body.insert(0, "old")
  await page.saved()
  await settle()
  await two.write([{ op: "delete", ...own }])
  await two.write([{ op: "put", ...own, text: '{"body":"new"}' }])
  await settle()
  await expect.poll(() => page.body.toJSON()).toBe("new")
  page.body.insert(3, "er")
  await page.saved()
  await settle()
  const other = await openPage(two, 3)
  expect(other.body.toJSON()).toBe("newer")
  expect(await shown(two)).toEqual({ body: "newer" })
  expect(await undo(engine)).toEqual({ documents: 1, kept: 0 })
  expect(await shown(engine)).toEqual({ body: "new" })
  // What was typed in the old one is not in the new one.
  expect(await undo(engine)).toBeUndefined()
  expect(await shown(engine)).toEqual({ body: "new" })
})

const letters = (text: string): string[] => text.split("").sort()

type Act = { readonly who: 0 | 1; readonly at: number } & (
  | { readonly act: "insert" }
  | { readonly act: "delete"; readonly length: number }
  | { readonly act: "undo" | "redo" | "settle" }
)

const act: fc.Arbitrary<Act> = fc
  .record({
    act: fc.constantFrom("insert", "insert", "insert", "delete", "undo", "redo", "settle"),
    who: fc.constantFrom(0 as const, 1 as const),
    at: fc.nat(1000),
    length: fc.integer({ min: 1, max: 4 }),
  })
  .map((one) => one as Act)

test("when one has taken all back, the text is what the other typed; when it is done again, it is what both typed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 24 }), async (acts) => {
      const { engine, open, settle } = await withStack()
      const two = await open()
      await engine.write([{ op: "put", ...own, text: "{}" }])
      await engine.part("undo", "clear", [9])
      await settle()
      const pages = [await openPage(engine), await openPage(two)] as const
      let count = 0
      for (const one of acts) {
        const { body, saved } = pages[one.who]
        if (one.act === "insert")
          body.insert(one.at % (body.length + 1), `${one.who === 0 ? "a" : "b"}${(count++).toString(36)} `)
        // The other takes nothing away, so that all of it must be there at the end.
        else if (one.act === "delete" && one.who === 0 && body.length > 0) {
          const at = one.at % body.length
          const mine = body.toJSON().slice(at, at + one.length)
          if (!mine.includes("b")) body.delete(at, mine.length)
        } else if (one.act === "undo" || one.act === "redo") await undo(engine, one.act)
        if (one.act === "settle") await settle()
        await saved()
      }
      await settle()
      await settle()
      const all = pages[0].body.toJSON()
      let taken = 0
      while ((await undo(engine)) !== undefined) taken++
      await settle()
      const theirs = pages[1].body.toJSON()
      expect(theirs).not.toMatch(/a/)
      expect(pages[0].body.toJSON()).toBe(theirs)
      expect(await shown(two)).toEqual(theirs === "" && taken === 0 ? await shown(engine) : { body: theirs })
      let again = 0
      while (again < taken && (await undo(engine, "redo")) !== undefined) again++
      await settle()
      expect(letters(pages[1].body.toJSON())).toEqual(letters(all))
      expect(pages[0].body.toJSON()).toBe(pages[1].body.toJSON())
    }),
    { numRuns: 60 },
  )
})
