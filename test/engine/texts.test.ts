// Texts of two tabs over one store, and what is put over a text or beside it while nobody has it open.
import { createMemoryStore, type Engine, type WriteOp } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { wrapStore } from "@fixpoint/testkit"
import { expect, test } from "vitest"
import { createBench } from "./bench.ts"
import { openPage } from "./text-page.ts"

const own = { collection: "notes", id: "a" }
const bench = () => createBench({ fields: { notes: { body: "text" } } })
const patch = (body: string): WriteOp => ({ op: "patch", ...own, entries: [["body", body]] })

async function shown(engine: Engine): Promise<unknown> {
  const [found] = await engine.get(own.collection, [own.id])
  return found && (JSON.parse(found.text) as { body?: unknown }).body
}

test("two tabs that type at once have both in the text, and neither hears itself", async () => {
  const { open, settle } = bench()
  const [one, two] = [await open(), await open()]
  const [a, b] = [await openPage(one), await openPage(two)]
  for (let i = 0; i < 10; i++) {
    a.body.insert(a.body.length, "a")
    b.body.insert(0, "b")
  }
  await Promise.all([a.saved(), b.saved()])
  await settle()
  expect(a.body.toJSON()).toBe(b.body.toJSON())
  expect(a.body.toJSON().split("").sort().join("")).toBe("aaaaaaaaaabbbbbbbbbb")
  expect(await shown(one)).toBe(a.body.toJSON())
  expect(await shown(two)).toBe(a.body.toJSON())
  expect(a.heard()).toBeLessThanOrEqual(10)
})

test("a value put over a text that both tabs have open becomes one edit of it", async () => {
  const { open, settle } = bench()
  const [one, two] = [await open(), await open()]
  const [a, b] = [await openPage(one), await openPage(two)]
  a.body.insert(0, "one two three")
  await a.saved()
  await settle()
  await one.write([patch("one 2 three")])
  await expect.poll(() => a.body.toJSON()).toBe("one 2 three")
  await settle()
  expect(b.body.toJSON()).toBe("one 2 three")
  b.body.insert(13 - 2, "!")
  await b.saved()
  await settle()
  expect(await shown(one)).toBe("one 2 three!")
})

test("a value put over a text that nobody has open is in the text, and so is one that was put first", async () => {
  const { open } = bench()
  const engine = await open()
  await engine.write([{ op: "put", ...own, text: '{"body":"first"}' }])
  const a = await openPage(engine)
  expect(a.body.toJSON()).toBe("first")
  a.body.insert(5, " typed")
  await a.saved()
  await a.close()
  await engine.write([patch("first, then typed")])
  const b = await openPage(engine, 2)
  expect(b.body.toJSON()).toBe("first, then typed")
  expect(await shown(engine)).toBe("first, then typed")
})

test("what could not be stored is stored with what is typed next, which stands on it", async () => {
  let isFull = false
  const { open } = createBench({
    fields: { notes: { body: "text" } },
    openStore: (disk) =>
      wrapStore(createMemoryStore(disk), async ({ name }, run) => {
        if (name === "commit" && isFull) throw new FixpointError("QUOTA")
        return await run()
      }),
  })
  const engine = await open()
  const a = await openPage(engine)
  a.body.insert(0, "one ")
  await a.saved()
  isFull = true
  a.body.insert(4, "two ")
  await expect(a.saved()).rejects.toMatchObject({ code: "QUOTA" })
  isFull = false
  a.body.insert(8, "three")
  await Promise.allSettled([a.saved()])
  await engine.close()
  const again = await open()
  expect((await openPage(again)).body.toJSON()).toBe("one two three")
  expect(await shown(again)).toBe("one two three")
})

test("what was too large to be stored holds nothing up once it is deleted, and is not stored then", async () => {
  const { open } = bench()
  const engine = await open()
  const a = await openPage(engine)
  for (let i = 0; i < 2; i++) {
    a.body.insert(0, "x".repeat(2_500_000))
    await expect(a.saved()).rejects.toMatchObject({ code: "LIMIT_SIZE" })
  }
  a.body.delete(0, a.body.length)
  a.body.insert(0, "short")
  const outcomes = (await a.outcomes()).map(({ status }) => status)
  expect(outcomes).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"])
  expect(await shown(engine)).toBe("short")
  await engine.close()
  const again = await openPage(await open())
  expect(again.body.toJSON()).toBe("short")
  expect(again.stored).toBeLessThan(1000)
})

test("a plain value that is replaced while its text is open and nobody has typed leaves nothing behind", async () => {
  const { open, settle } = bench()
  const [one, two] = [await open(), await open()]
  await one.write([{ op: "put", ...own, text: '{"body":"first"}' }])
  await settle()
  const a = await openPage(two)
  expect(a.body.toJSON()).toBe("first")
  await one.write([patch("second")])
  await settle()
  await expect.poll(() => a.body.toJSON()).toBe("second")
  a.body.insert(6, "!")
  await a.saved()
  expect(await shown(two)).toBe("second!")
  await two.close()
  expect((await openPage(await open())).body.toJSON()).toBe("second!")
})

test("an update that cannot be trusted is refused, and the text goes on", async () => {
  const { open } = bench()
  const engine = await open()
  const a = await openPage(engine)
  a.body.insert(0, "good")
  await a.saved()
  const hostile = new Uint8Array([0, 0, 1, 1, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x08, 0, 0])
  await expect(engine.part("text", "write", [1, hostile])).rejects.toMatchObject({ code: "LIMIT_SIZE" })
  await expect(engine.part("text", "write", [1, new Uint8Array([9, 9])])).rejects.toMatchObject({ kind: "invalid" })
  a.body.insert(4, " still")
  await a.saved()
  expect(await shown(engine)).toBe("good still")
})

test("a text that was typed in for long is stored without what was deleted since", async () => {
  const { open } = bench()
  const engine = await open()
  const a = await openPage(engine)
  for (let i = 0; i < 60; i++) {
    a.body.insert(0, `${i}`.repeat(500))
    await a.saved()
    a.body.delete(0, a.body.length - 10)
    await a.saved()
  }
  const before = (await engine.stats()).memtableBytes
  await a.close()
  const b = await openPage(engine, 2)
  expect(b.body.toJSON()).toBe(a.body.toJSON())
  expect((await engine.stats()).memtableBytes).toBeLessThan(before / 4)
})

test("typing into a long text logs little more than what was typed, and the text has few chunks", async () => {
  const { disk, open, settle } = bench()
  const [engine, other] = [await open(), await open()]
  const a = await openPage(engine)
  const b = await openPage(other)
  a.body.insert(0, Array.from({ length: 4_000 }, (_, i) => `w${(i * 7_919) % 997}`).join(" "))
  await a.saved()
  const before = disk.log.length
  for (let i = 0; i < 300; i++) {
    a.body.insert((i * 7_919) % a.body.length, "ten chars ")
    await a.saved()
  }
  const logged = disk.log.slice(before).reduce((sum, { bytes }) => sum + bytes.length, 0)
  expect(logged / 300).toBeLessThan(900)
  await settle()
  expect(b.body.toJSON()).toBe(a.body.toJSON())
  const late = await openPage(await open(), 2)
  expect(late.body.toJSON()).toBe(a.body.toJSON())
  expect(late.updates).toBeLessThan(20)
  await engine.compact()
  a.body.insert(0, "and on")
  await a.saved()
  expect(disk.log.at(-1)?.bytes.length).toBeLessThan(900)
  const later = await openPage(await open(), 3)
  expect(later.body.toJSON()).toBe(a.body.toJSON())
})
