// What a page gets that opens a text: the updates as they are stored, each once, and of damaged ones what can be read.
import { type Engine, type EngineEvent, type TextOpened } from "@fixpoint/core"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { chunkKey } from "../../packages/core/src/crdt/text-chunks.ts"
import { rowState, stateRow } from "../../packages/core/src/crdt/row-state.ts"
import type { DoorEntry } from "../../packages/core/src/db/doors.ts"
import { rowOf } from "../../packages/core/src/db/stored-row.ts"
import { openText } from "../../packages/fixpoint/src/text/text.ts"
import type { Lane } from "../../packages/fixpoint/src/lane.ts"
import { rowKey } from "../../packages/core/src/codec/key.ts"
import { createBench } from "./bench.ts"
import { parts } from "./parts.ts"
import { openPage } from "./text-page.ts"

const fields = { notes: { body: "text" } } as const
const own = { collection: "notes", id: "a", field: "body" }

/** Opens a text as the page side does, over an engine itself. */
async function openOver(engine: Engine) {
  const errors: string[] = []
  const lane: Pick<Lane, "join" | "outside" | "report"> = {
    join: ({ told }) => {
      engine.on((event: EngineEvent) => {
        if (event.event === "part" && event.session === 1) told(event.body)
      })
      return { session: 1, name: "bench", explained: (error) => error, leave: () => undefined }
    },
    outside: (async (_: string, args: Parameters<Engine["part"]>) => await engine.part(...args)) as Lane["outside"],
    report: (error) => void errors.push(String(error)),
  }
  engine.on((event: EngineEvent) => {
    if (event.event === "error") errors.push(event.error.code)
  })
  return { errors, text: await openText(lane as Lane, own, {}) }
}

/** A part that stores a chunk of a text as it is told, whoever is to have written it. */
const rogue: DoorEntry = {
  open: ({ writer, ledger }) => ({
    async call(actor, [value]) {
      const key = rowKey("notes", "a")
      await writer.run({
        durability: "relaxed",
        async prepare(at) {
          const [line] = await at.read([key])
          const before = rowOf(line) ?? ""
          const { life, cells } = rowState(before, ledger)
          const stamp = { hlc: ledger.hlc + 1, actor: writer.self }
          const chunk = chunkKey("body", actor === "own" ? writer.self : actor, 7)
          const after = stateRow(
            { life, cells: new Map([...cells, [chunk, { stamp, value: value as string }]]) },
            ledger,
          )
          return { result: undefined, record: { rows: [{ key, ...own, before, after }], hlc: stamp.hlc } }
        },
      })
    },
  }),
}

async function typed(bodies: readonly string[], bench = createBench({ fields })) {
  const engine = await bench.open()
  const page = await openPage(engine, 2)
  for (const body of bodies) {
    page.body.insert(0, body)
    await page.saved()
  }
  await engine.close()
  return { ...bench, engine: await bench.open() }
}

test("its updates cross as they are stored, once, and the document is theirs", async () => {
  const long = "0123456789".repeat(900)
  const { engine } = await typed(["last", long, "first"])
  const heard: unknown[] = []
  engine.on((event: EngineEvent) => void (event.event === "part" && heard.push(event)))
  const { updates } = (await engine.part("text", "open", [3, "notes", "a", "body"])) as TextOpened
  expect(updates.length).toBe(2)
  expect(heard).toEqual([])
  const { text } = await openOver(engine)
  expect(text.ytext.toJSON()).toBe(`first${long}last`)
  text.ytext.insert(0, "then ")
  await text.saved()
  // The other session hears of what was typed, and of nothing that it had.
  expect(heard.length).toBe(1)
  const other = new Y.Doc()
  for (const update of [...updates, (heard[0] as { body: Uint8Array }).body]) Y.applyUpdateV2(other, update)
  expect(other.getText("t").toJSON()).toBe(`then first${long}last`)
})

test("keystrokes of one batch are stored as the piece of text that they are", async () => {
  const { open } = createBench({ fields })
  const engine = await open()
  const page = await openPage(engine)
  const batch: Uint8Array[] = []
  const typing = new Y.Doc()
  typing.on("updateV2", (update: Uint8Array) => void batch.push(update))
  for (let i = 0; i < 100; i++) typing.getText("t").insert(i, `${i % 10}`)
  await engine.part("text", "write", [1, Y.mergeUpdatesV2(batch)])
  await page.close()
  const { updates } = (await engine.part("text", "open", [2, "notes", "a", "body"])) as TextOpened
  expect(updates.map((update) => Y.decodeUpdateV2(update).structs.length)).toEqual([1])
})

test.each([
  ["own", "not even an update"],
  ["0123456789abcdef", "not even an update"],
  ["0123456789abcdef", "an update that says that it is endless"],
])("of a damaged chunk of %s, %s, it is told, and the rest is there and goes on", async (actor, what) => {
  const bench = createBench({ fields, loaders: { history: async () => rogue as never } })
  const { engine } = await typed(["good"], bench)
  const endless = [0, 0, 1, 1, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x08, 0, 0]
  const bytes = what.startsWith("an") ? endless : [9, 9, 9]
  await engine.part("history", actor, [Buffer.from(bytes).toString("base64")])
  const { errors, text } = await openOver(engine)
  expect(text.ytext.toJSON()).toBe("good")
  expect(errors).toEqual(["TEXT_DAMAGED"])
  text.ytext.insert(4, " still")
  await text.saved()
  await text.close()
  const [found] = await engine.get("notes", ["a"])
  expect(JSON.parse(found!.text)).toMatchObject({ body: "good still" })
})

test("the part comes while the database opens", async () => {
  const loads: string[] = []
  const bench = createBench({
    fields,
    loaders: {
      text: async () => {
        loads.push(engine.status().state)
        return await parts.text()
      },
    },
  })
  const engine = bench.start()
  await engine.part("text", "open", [1, "notes", "a", "body"])
  await engine.part("text", "close", [1])
  expect(loads).toEqual(["opening"])
})

/** Engines over the store of a text, to which what reads texts comes when it is let. */
async function slowReader(bodies: readonly string[]) {
  const held: { reads: number; come(): void } = { reads: 0, come: () => undefined }
  const coming = new Promise<void>((resolve) => {
    held.come = resolve
  })
  const { disk, world, engine } = await typed(bodies)
  const slow = createBench({
    fields,
    disk,
    world,
    loaders: {
      yjs: async () => {
        held.reads++
        await coming
        return await parts.yjs()
      },
    },
  })
  return { held, slow: await slow.open(), other: engine, settle: slow.settle }
}

test("a text opens without what reads it, and what is typed before that is there comes before what is asked next", async () => {
  const { held, slow } = await slowReader(["one"])
  const page = await openPage(slow)
  expect([page.body.toJSON(), held.reads]).toEqual(["one", 0])
  page.body.insert(3, " two")
  const put = slow.write([{ op: "patch", collection: "notes", id: "a", entries: [["body", "put over it"]] }])
  held.come()
  await Promise.all([page.saved(), put])
  await expect.poll(() => page.body.toJSON()).toBe("put over it")
})

test("what another tab has typed before a text is read here is heard of", async () => {
  const { held, slow, other, settle } = await slowReader(["one"])
  const page = await openPage(slow)
  const elsewhere = await openPage(other, 7)
  elsewhere.body.insert(3, " two")
  await elsewhere.saved()
  await settle()
  held.come()
  page.body.insert(0, "zero ")
  await page.saved()
  await expect.poll(() => page.body.toJSON()).toBe("zero one two")
})
