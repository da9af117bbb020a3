// Undo and redo of what is typed in texts, beside commits and beside others who type in the same text.
import { createMemoryStore, type Engine, type UndoResult, type WriteOp } from "@fixpoint/core"
import { type FaultPlan, faultyStore, lostAnswerFault, quotaFault, type StoreFault } from "@fixpoint/testkit"
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

type Page = Awaited<ReturnType<typeof openPage>>

/** Types, and waits until it is stored. */
async function typeIn(page: Page, at: number, text: string): Promise<void> {
  page.body.insert(at, text)
  await page.saved()
}

/** A text on the page, and the document that it is in, are that. */
async function expectBody(engine: Engine, page: Page, body: string): Promise<void> {
  expect(page.body.toJSON()).toBe(body)
  expect(await shown(engine)).toEqual({ body })
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
  await typeIn(a, 0, "mine")
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
    await typeIn(page, page.body.length, letter)
    await world.advance(100)
  }
  expect(await steps(engine)).toEqual({ undo: 2, redo: 0 })
  await world.advance(1000)
  await typeIn(page, 3, "d")
  await undo(engine)
  expect(page.body.toJSON()).toBe("abc")
  await undo(engine)
  expect(page.body.toJSON()).toBe("")
  await undo(engine, "redo")
  await engine.part("undo", "open", [9, { groupMs: 600 }])
  await typeIn(page, 3, "!")
  await engine.write([title("t")])
  await typeIn(page, 4, "!")
  expect(await steps(engine)).toEqual({ undo: 1, redo: 0 })
  expect(await undo(engine)).toEqual({ documents: 1, kept: 0 })
  expect(await shown(engine)).toEqual({ body: "abc" })
  expect(await undo(engine, "redo")).toEqual({ documents: 1, kept: 0 })
  expect(await shown(engine)).toEqual({ body: "abc!!", title: "t" })
})

test("a text that was closed is taken back and done again, and opened again shows it", async () => {
  const { engine } = await withStack()
  const page = await openPage(engine)
  await typeIn(page, 0, "typed, then closed")
  page.body.delete(0, 7)
  await page.saved()
  await page.close()
  await undo(engine)
  expect(await shown(engine)).toEqual({ body: "typed, then closed" })
  const again = await openPage(engine, 2)
  expect(again.body.toJSON()).toBe("typed, then closed")
  await undo(engine, "redo")
  expect(again.body.toJSON()).toBe("then closed")
  await typeIn(again, 0, "and ")
  expect(await undo(engine)).toEqual({ documents: 1, kept: 0 })
  expect(await shown(engine)).toEqual({ body: "then closed" })
})

test("a document that typing has made goes with it, unless somebody else has written there", async () => {
  const { engine, open, settle } = await withStack()
  const page = await openPage(engine)
  await typeIn(page, 0, "typed")
  await undo(engine)
  expect(await shown(engine)).toBeUndefined()
  await undo(engine, "redo")
  await expectBody(engine, page, "typed")
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
  await typeIn(page, 0, "one two")
  await typeIn(page, 3, " and a half")
  await engine.write([{ op: "delete", ...own }])
  await undo(engine)
  expect(await shown(engine)).toEqual({ body: "one and a half two" })
  await undo(engine)
  await expectBody(engine, page, "one two")
  await settle()
  const other = await openPage(two, 3)
  expect(other.body.toJSON()).toBe("one two")
  await typeIn(page, 7, " three")
  await settle()
  await expectBody(two, other, "one two three")
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
  await typeIn(page, 0, "one")
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
      await typeIn(page, 0, `${i}`.repeat(500))
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
  await typeIn(page, 0, "old")
  await settle()
  await two.write([{ op: "delete", ...own }])
  await two.write([{ op: "put", ...own, text: '{"body":"new"}' }])
  await settle()
  await expect.poll(() => page.body.toJSON()).toBe("new")
  await typeIn(page, 3, "er")
  await settle()
  const other = await openPage(two, 3)
  await expectBody(two, other, "newer")
  expect(await undo(engine)).toEqual({ documents: 1, kept: 0 })
  expect(await shown(engine)).toEqual({ body: "new" })
  // What was typed in the old one is not in the new one.
  expect(await undo(engine)).toBeUndefined()
  expect(await shown(engine)).toEqual({ body: "new" })
})

/** An engine over a store whose commits are counted, and fail as `plan` says. */
async function withFaults(options: { readonly groupMs?: number }) {
  const faults: { plan: FaultPlan | undefined; commits: number } = { plan: undefined, commits: 0 }
  const made = createBench({
    fields: { notes: { body: "text" } },
    openStore: (disk) =>
      faultyStore(createMemoryStore(disk), (call) => {
        if (call.name === "commit") faults.commits++
        return faults.plan?.(call)
      }),
  })
  const engine = await made.open()
  await engine.write([{ op: "put", ...own, text: '{"title":"t"}' }])
  const page = await openPage(engine)
  page.body.insert(0, "before")
  await page.saved()
  await engine.part("undo", "open", [9, options])
  const all = async (from: Engine) => [await shown(from), (await from.get("notes", ["b"]))[0]?.text]
  return { ...made, engine, page, faults, all }
}

/** The same with one step of typing and commits in turns. */
async function withMixedStep() {
  const made = await withFaults({ groupMs: 1e9 })
  const { engine, page, all } = made
  page.body.insert(6, " one")
  await page.saved()
  await engine.write([title("u"), { op: "put", collection: "notes", id: "b", text: '{"n":1}' }])
  page.body.insert(0, "two ")
  await page.saved()
  await engine.write([title("v")])
  page.body.insert(2, "?")
  await page.saved()
  page.body.delete(2, 6)
  await page.saved()
  const before = [{ body: "before", title: "t" }, undefined]
  const after = [{ body: "twore one", title: "v" }, '{"n":1}']
  expect(await all(engine)).toEqual(after)
  expect(await steps(engine)).toEqual({ undo: 1, redo: 0 })
  return { ...made, before, after }
}

/** Fails the `nth` commit from now on, and all behind it when the store is cut. */
function failing(nth: number, fault: StoreFault, isCut: boolean): FaultPlan {
  let commits = 0
  return ({ name }) => {
    if (name === "commit") commits++
    return name === "commit" && (isCut ? commits >= nth : commits === nth) ? fault : undefined
  }
}

test("a step of several kinds is one commit, both ways", async () => {
  const { engine, page, faults, all, before, after } = await withMixedStep()
  for (const [verb, state, body] of [
    ["undo", before, "before"],
    ["redo", after, "twore one"],
    ["undo", before, "before"],
  ] as const) {
    const { commits } = faults
    expect(await undo(engine, verb)).toEqual({ documents: 2, kept: 0 })
    expect(faults.commits - commits).toBe(1)
    expect(await all(engine)).toEqual(state)
    expect(page.body.toJSON()).toBe(body)
  }
})

test("wherever the store is cut, a step of several kinds is taken back whole or not at all", async () => {
  for (const isApplied of [false, true])
    for (const nth of [1, 2, 3]) {
      const { engine, open, faults, all, before, after } = await withMixedStep()
      faults.plan = failing(nth, { code: "STORE_TIMEOUT", isApplied }, true)
      await undo(engine).catch(() => undefined)
      faults.plan = undefined
      const state = await all(await open())
      expect([before, after]).toContainEqual(state)
    }
})

test("a step that is not stored is nowhere taken back: not in the text, not for who types on", async () => {
  const { engine, page, open, settle, faults, all, before, after } = await withMixedStep()
  faults.plan = failing(1, quotaFault, false)
  await expect(undo(engine)).rejects.toMatchObject({ code: "QUOTA" })
  expect(page.body.toJSON()).toBe("twore one")
  expect(await all(engine)).toEqual(after)
  expect(await steps(engine)).toEqual({ undo: 1, redo: 0 })
  page.body.insert(9, "!")
  await page.saved()
  expect(await shown(engine)).toEqual({ body: "twore one!", title: "v" })
  await settle()
  const other = await openPage(await open(), 2)
  expect(other.body.toJSON()).toBe("twore one!")
  expect(await undo(engine)).toEqual({ documents: 2, kept: 0 })
  expect(await all(engine)).toEqual(before)
  expect(page.body.toJSON()).toBe("before")
  expect(await undo(engine, "redo")).toEqual({ documents: 2, kept: 0 })
  expect(await shown(engine)).toEqual({ body: "twore one!", title: "v" })
})

test("a step that is refused, as the document would be too large, is nowhere taken back, and is once there is room", async () => {
  const { engine, page, open, settle } = await withFaults({ groupMs: 1e9 })
  const half = 600_000
  page.body.insert(0, "x".repeat(half))
  await page.saved()
  await engine.part("undo", "clear", [9])
  await engine.write([title("u")])
  page.body.delete(0, half)
  await page.saved()
  await settle()
  const two = await open()
  const other = (value: string | undefined): WriteOp => ({ op: "patch", ...own, entries: [["other", value]] })
  await two.write([other("y".repeat(half))])
  await settle()
  await expect(undo(engine)).rejects.toMatchObject({ code: "LIMIT_SIZE" })
  expect(await steps(engine)).toEqual({ undo: 1, redo: 0 })
  expect(page.body.toJSON()).toBe("before")
  expect(await shown(engine)).toMatchObject({ body: "before", title: "u" })
  await two.write([other(undefined)])
  await settle()
  expect(await undo(engine)).toEqual({ documents: 1, kept: 0 })
  expect(page.body.length).toBe(half + 6)
  expect(await shown(engine)).toMatchObject({ title: "t" })
})

test("a step that was stored though nobody said so is taken back, and is done again", async () => {
  const { engine, page, faults, all, before, after } = await withMixedStep()
  faults.plan = failing(1, lostAnswerFault, false)
  expect(await undo(engine)).toEqual({ documents: 2, kept: 0 })
  expect(await all(engine)).toEqual(before)
  expect(page.body.toJSON()).toBe("before")
  expect(await undo(engine, "redo")).toEqual({ documents: 2, kept: 0 })
  expect(await all(engine)).toEqual(after)
  expect(page.body.toJSON()).toBe("twore one")
})

test("a step that puts a value over a text and types in it goes back, and the document shows the text", async () => {
  const { engine, settle } = await withStack({ groupMs: 1e9 })
  await engine.write([{ op: "put", ...own, text: '{"body":"first"}' }])
  const page = await openPage(engine)
  await engine.part("undo", "clear", [9])
  await engine.write([{ op: "patch", ...own, entries: [["body", "second"]] }])
  await expect.poll(() => page.body.toJSON()).toBe("second")
  page.body.insert(6, " time")
  await page.saved()
  await engine.write([{ op: "patch", ...own, entries: [["body", "third time"]] }])
  await expect.poll(() => page.body.toJSON()).toBe("third time")
  page.body.insert(0, "the ")
  await page.saved()
  expect(await steps(engine)).toEqual({ undo: 1, redo: 0 })
  for (const verb of ["undo", "redo", "undo"] as const) {
    await undo(engine, verb)
    await settle()
    await expect.poll(() => shown(engine)).toEqual({ body: page.body.toJSON() })
    if (verb === "undo") expect(page.body.toJSON()).toBe("first")
  }
})

type Doing = "insert" | "delete" | "title" | "other" | "pause" | "undo" | "redo" | "fail"

test("alone, undo and redo of mixed steps go through the states that were, whatever of them is not stored", async () => {
  const doing = fc.constantFrom<Doing>("insert", "insert", "delete", "title", "other", "pause", "undo", "redo", "fail")
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(doing, fc.nat(1000)), { minLength: 4, maxLength: 24 }), async (doings) => {
      const { engine, page, open, world, faults, all } = await withFaults({ groupMs: 600 })
      const state = async () => {
        const [document, other] = await all(engine)
        const { body = "" } = document as { body?: string }
        expect(page.body.toJSON()).toBe(body)
        return [{ ...(document as object), body }, other]
      }
      const states = [await state()]
      let [now, isOpen, count] = [0, false, 0]
      const change = async (work: () => Promise<unknown>) => {
        if (!isOpen) states.length = ++now
        isOpen = true
        await work()
        states[now] = await state()
      }
      const type = (edit: () => void) =>
        change(async () => {
          edit()
          await page.saved()
        })
      for (const [act, at] of doings) {
        const { body } = page
        if (act === "insert") await type(() => body.insert(at % (body.length + 1), `${at} `))
        else if (act === "delete" && body.length > 0)
          await type(() => body.delete(at % body.length, Math.min(3, body.length - (at % body.length))))
        else if (act === "title") await change(() => engine.write([title(`${count++}`)]))
        else if (act === "other")
          await change(() => engine.write([{ op: "put", collection: "notes", id: "b", text: `{"n":${count++}}` }]))
        else if (act === "fail") {
          faults.plan = failing(1, quotaFault, false)
          if (now > 0) await expect(undo(engine)).rejects.toMatchObject({ code: "QUOTA" })
          faults.plan = undefined
        } else if (act === "undo" || act === "redo") {
          const next = act === "undo" ? Math.max(0, now - 1) : Math.min(states.length - 1, now + 1)
          const { commits } = faults
          expect((await undo(engine, act)) !== undefined).toBe(next !== now)
          expect(faults.commits - commits).toBe(next === now ? 0 : 1)
          now = next
        }
        if (["pause", "undo", "redo", "fail"].includes(act)) {
          await world.advance(1000)
          isOpen = false
        }
        expect(await state()).toEqual(states[now])
      }
      const other = await open()
      expect(await all(other)).toEqual(await all(engine))
    }),
    { numRuns: 60 },
  )
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
