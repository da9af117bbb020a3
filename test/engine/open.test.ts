// What an engine says of storage that is not as it was left: a code for each kind of damage, never an empty database, and
// nothing written to what it could not open.
import type { Engine, MemoryDisk } from "@fixpoint/core"
import { encodeDocument } from "@fixpoint/core/codec"
import { expect, test } from "vitest"
import { type Bench, countOf, createBench, secretOf } from "./bench.ts"

const collection = "notes"
const text = encodeDocument({ text: "a note" }).text
const everything = { collection, filter: { kind: "and", filters: [] }, order: [], limit: undefined } as const

async function write(engine: Engine, from: number, count: number): Promise<void> {
  for (let i = from; i < from + count; i++)
    await engine.write([{ op: "put", collection, id: `note-${i}`, text }], "strict")
}

/** A closed database with 20 documents in a segment and 6 in the log. */
async function createUsed(): Promise<Bench> {
  const bench = createBench({ persistence: "indexeddb" })
  const engine = await bench.open()
  await write(engine, 0, 20)
  await engine.compact()
  await write(engine, 20, 6)
  await engine.close()
  return bench
}

function flip(bytes: Uint8Array, at = bytes.length >> 1): Uint8Array {
  const copy = bytes.slice()
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

const snapshot = ({ disk: { identity, manifest, log, blocks }, world: { sentinels } }: Bench) =>
  JSON.stringify([identity, manifest, log, [...blocks], [...sentinels]])

test("a database that was closed opens with all it had", async () => {
  const bench = await createUsed()
  const engine = await bench.open()
  expect(await countOf(engine, everything)).toBe(26)
  expect((await engine.query(everything)).documents).toHaveLength(26)
  expect(engine.status()).toMatchObject({ state: "ready", persistence: "indexeddb", error: undefined })
})

test.each<[string, string, (bench: Bench) => void]>([
  ["another key", "KEY_WRONG", (bench) => bench.use(secretOf(2))],
  ["no identity", "STORE_TORN", ({ disk }) => void (disk.identity = undefined)],
  ["no key record", "STORE_TORN", ({ disk }) => void (disk.keys = undefined)],
  ["no manifest", "STORE_TORN", ({ disk }) => void (disk.manifest = undefined)],
  ["no log", "STORE_TORN", ({ disk }) => void (disk.log = [])],
  ["a gap in the log", "STORE_TORN", ({ disk }) => void disk.log.splice(2, 1)],
  ["a log without its begin", "STORE_TORN", ({ disk }) => void (disk.log = disk.log.slice(3))],
  [
    "a flipped bit in the manifest",
    "MANIFEST_CORRUPT",
    ({ disk }) => void (disk.manifest = disk.manifest && { ...disk.manifest, bytes: flip(disk.manifest.bytes) }),
  ],
  [
    "a flipped bit in the log",
    "LOG_CORRUPT",
    ({ disk }) =>
      void disk.log.splice(3, 1, { n: disk.log[3]?.n ?? 0, bytes: flip(disk.log[3]?.bytes ?? new Uint8Array()) }),
  ],
  [
    "two records in each other's place",
    "LOG_CORRUPT",
    ({ disk }) => {
      const [, , a, b] = disk.log
      if (a !== undefined && b !== undefined) disk.log.splice(2, 2, { ...b, n: a.n }, { ...a, n: b.n })
    },
  ],
  [
    "a newer format",
    "STORE_NEWER",
    ({ disk }) => void (disk.identity = disk.identity && { ...disk.identity, format: 99 }),
  ],
  [
    "nothing at all",
    "STORE_LOST",
    ({ disk }) =>
      void Object.assign(disk, {
        identity: undefined,
        keys: undefined,
        manifest: undefined,
        log: [],
        blocks: new Map(),
      }),
  ],
])("%s is refused with %s, and nothing is written", async (_, code, damage) => {
  const bench = await createUsed()
  damage(bench)
  const before = snapshot(bench)
  const engine = bench.start()
  await expect(engine.ready()).rejects.toMatchObject({ code })
  await expect(engine.get(collection, ["note-1"])).rejects.toMatchObject({ code })
  await expect(write(engine, 0, 1)).rejects.toMatchObject({ code })
  expect(engine.status()).toMatchObject({ state: "failed", error: { code } })
  expect(await engine.check({})).toMatchObject({ ok: false, findings: [{ code }] })
  await bench.world.advance(10_000)
  await engine.close()
  expect(snapshot(bench)).toBe(before)
})

test.each<[string, string, (disk: MemoryDisk, key: number) => void]>([
  [
    "damaged",
    "BLOCK_CORRUPT",
    (disk, key) => void disk.blocks.set(key, flip(disk.blocks.get(key) ?? new Uint8Array())),
  ],
  ["missing", "BLOCK_MISSING", (disk, key) => void disk.blocks.delete(key)],
])("a %s block is %s for who reads it, in check too, and the log reads on", async (_, code, damage) => {
  const bench = await createUsed()
  for (const key of bench.disk.blocks.keys()) damage(bench.disk, key)
  const engine = await bench.open()
  await expect(engine.get(collection, ["note-1"])).rejects.toMatchObject({ code })
  await expect(engine.query(everything)).rejects.toMatchObject({ code })
  expect((await engine.get(collection, ["note-22"]))[0]?.id).toBe("note-22")
  const report = await engine.check({ deep: true })
  expect(report.ok).toBe(false)
  expect(report.findings.map((finding) => finding.code)).toContain(code)
})

test("a log shorter than the sentinel knows opens, is reported, and goes on under a new actor", async () => {
  const bench = await createUsed()
  const first = await bench.open()
  const { device } = first.status()
  await first.close()
  bench.disk.log = bench.disk.log.slice(0, -2)
  const engine = await bench.open()
  expect(engine.status()).toMatchObject({ state: "ready", error: { code: "STORE_ROLLED_BACK" } })
  expect(engine.status().device).not.toBe(device)
  expect(await countOf(engine, everything)).toBe(24)
  await write(engine, 50, 3)
  const renewed = engine.status().device
  await engine.close()
  const again = await bench.open()
  expect(again.status()).toMatchObject({ device: renewed, error: undefined })
  expect(await countOf(again, everything)).toBe(27)
})

test("destroy removes everything, also of a database that cannot be opened; what comes after is new", async () => {
  const bench = await createUsed()
  bench.disk.manifest = undefined
  await bench.start().destroy()
  expect(bench.disk).toMatchObject({ identity: undefined, log: [] })
  const engine = await bench.open()
  expect(await countOf(engine, everything)).toBe(0)
})

test("a tab whose database is destroyed by another says so, and shows nothing of it any more", async () => {
  const bench = await createUsed()
  const [destroyer, other] = [await bench.open(), await bench.open()]
  const told: string[] = []
  const steps: string[] = []
  other.on((event) => void told.push(event.event === "error" ? event.error.code : event.event))
  other.watch(everything, (step) => void steps.push(step.kind))
  await bench.settle()
  await destroyer.destroy()
  await bench.world.advance(10_000)
  expect(other.status()).toMatchObject({ state: "failed", error: { code: expect.stringMatching(/^STORE_/) } })
  expect(told).toContain(other.status().error?.code)
  expect(steps).toEqual(["reset", "error"])
  await expect(other.get(collection, ["note-1"])).rejects.toMatchObject({ code: other.status().error?.code })
  await expect(write(other, 90, 1)).rejects.toMatchObject({ code: other.status().error?.code })
  expect(bench.disk).toMatchObject({ identity: undefined, log: [] })
  await other.close()
  expect(bench.world.sentinels.size).toBe(0)
})
