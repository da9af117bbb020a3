// Files in one database: what is held in memory, what a kill leaves, what damage is told as, and what is collected when.
import { createMemoryStore, type Engine, limits, type Store } from "@fixpoint/core"
import type { FileContent } from "@fixpoint/core/codec"
import { wrapStore } from "@fixpoint/testkit"
import fc from "fast-check"
import { expect, test } from "vitest"
import { createBench } from "./bench.ts"
import {
  addFile,
  ask,
  bytesOf,
  chunkBytes,
  flipOn,
  nameFiles,
  newSession,
  piecesOn,
  putFile,
  readChunk,
  readFile,
} from "./file-place.ts"

/** More of it is asked for in a run that has the time: a file of 300 MB takes a minute. */
const largeBytes = Number(process.env["FIXPOINT_FILE_MB"] ?? 20) * chunkBytes

/** Bytes that were read and are not stored yet. */
class Flight {
  now = 0
  most = 0

  move(bytes: number): void {
    this.now += bytes
    this.most = Math.max(this.most, this.now)
  }
}

/** A file that makes its bytes when they are read. */
class MadeUp extends Blob {
  readonly #size: number
  readonly #flight: Flight

  constructor(size: number, flight: Flight) {
    super([])
    this.#size = size
    this.#flight = flight
  }

  override get size(): number {
    return this.#size
  }

  override slice(start = 0, end = this.#size): Blob {
    const count = Math.min(end, this.#size) - start
    const flight = this.#flight
    return Object.assign(new Blob([]), {
      async arrayBuffer() {
        flight.move(count)
        return bytesOf(count, start + 1).buffer
      },
    })
  }
}

test("of a large file no more is in memory than the chunks of one commit and the one that is read", async () => {
  const flight = new Flight()
  let stored = 0
  const openStore = (disk: Parameters<typeof createMemoryStore>[0]): Store =>
    wrapStore(createMemoryStore(disk), async ({ name, parameters }, run) => {
      if (name !== "commit") return await run()
      const [change] = parameters as Parameters<Store["commit"]>
      const bytes = (change.blocks ?? []).reduce((sum, block) => sum + block.bytes.length, 0)
      // What is stored is forgotten: this is about what is on its way.
      const outcome = await (bytes < chunkBytes ? run() : Promise.resolve("committed"))
      flight.move(-Math.min(bytes, flight.now))
      stored += bytes
      return outcome
    })
  const bench = createBench({ openStore })
  const engine = await bench.open()
  const [, size, chunks] = await putFile(engine, new MadeUp(largeBytes, flight))
  expect([size, chunks]).toEqual([largeBytes, largeBytes / chunkBytes])
  expect(stored).toBeGreaterThan(largeBytes)
  expect(flight.most).toBeLessThanOrEqual((limits.fileChunksPerCommit + 1) * chunkBytes)
  await engine.close()
})

test("where the store has copies, what was put, what is stored and what was read are let go at once", async () => {
  const crossed: Uint8Array[] = []
  const openStore = (disk: Parameters<typeof createMemoryStore>[0]): Store => {
    const store = createMemoryStore(disk)
    const copying = wrapStore(store, async ({ name, parameters }, run) => {
      if (name === "readBlocks") {
        const found = (await run()) as (Uint8Array | undefined)[]
        const copies = found.map((bytes) => bytes?.slice())
        for (const copy of copies) if (copy !== undefined && copy.length > chunkBytes) crossed.push(copy)
        return copies
      }
      if (name !== "commit") return await run()
      const [{ blocks = [], ...change }] = parameters as Parameters<Store["commit"]>
      for (const { bytes } of blocks) if (bytes.length > chunkBytes) crossed.push(bytes)
      return await store.commit({
        ...change,
        blocks: blocks.map((block) => ({ ...block, bytes: block.bytes.slice() })),
      })
    })
    return { ...copying, copies: true }
  }
  const engine = await createBench({ openStore }).open()
  const session = newSession()
  await ask(engine, "begin", session)
  const chunks = [bytesOf(chunkBytes, 1), bytesOf(chunkBytes, 2)]
  for (const chunk of chunks) await ask(engine, "push", session, chunk)
  const { cid, size, key, digest } = (await ask(engine, "end", session)) as Record<
    "cid" | "size" | "key" | "digest",
    never
  >
  const content: FileContent = [cid, size, chunks.length, key, digest, "", "two"]
  const read = await readFile(engine, content)
  expect(Buffer.compare(read, Buffer.concat([bytesOf(chunkBytes, 1), bytesOf(chunkBytes, 2)]))).toBe(0)
  expect(chunks.map(({ length }) => length)).toEqual([0, 0])
  expect(crossed.map(({ length }) => length)).toEqual([0, 0, 0, 0])
  await engine.close()
})

test("a put that is killed leaves garbage, which goes once its engine is known to be dead", async () => {
  const bench = createBench({})
  const killed = await bench.open()
  const session = newSession()
  await ask(killed, "begin", session)
  for (let chunk = 0; chunk < limits.fileChunksPerCommit; chunk++)
    await ask(killed, "push", session, bytesOf(chunkBytes, chunk))
  expect(piecesOn(bench.disk)).toHaveLength(limits.fileChunksPerCommit)

  const other = await bench.open()
  await bench.world.advance(2 * limits.fileDraftMs)
  await other.compact()
  expect(piecesOn(bench.disk), "whoever is alive may go on").toHaveLength(limits.fileChunksPerCommit)
  bench.world.locks.abandonAll()
  await other.compact()
  expect(piecesOn(bench.disk)).toEqual([])
  expect((await other.check({ deep: true })).findings).toEqual([])
  await expect(ask(killed, "end", session), "whoever was taken for dead hears of it").rejects.toThrow("CONFLICT")
  await other.close()
})

test("a file in hand is kept by every tab, and one that nobody names goes with who had it", async () => {
  const bench = createBench({})
  const [one, other] = [await bench.open(), await bench.open()]
  const file = await putFile(one, new Blob(["in hand"]))
  await bench.world.advance(2 * limits.fileDraftMs)
  await other.compact()
  await one.compact()
  expect((await readFile(one, file)).toString()).toBe("in hand")
  await nameFiles(other, "a", file)
  await one.close()
  await other.compact()
  expect((await readFile(other, file)).toString()).toBe("in hand")
  await other.write([{ op: "delete", collection: "docs", id: "a" }])
  await other.compact()
  expect(piecesOn(bench.disk)).toEqual([])
  await expect(readFile(other, file)).rejects.toThrow("FILE_MISSING")
  await other.close()
})

test("an idle database keeps what nothing names for an hour, and what is named again for good", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  const [back, gone] = [await addFile(engine, "a", bytesOf(9, 1)), await addFile(engine, "b", bytesOf(9, 2))]
  await engine.write(["a", "b"].map((id) => ({ op: "delete", collection: "docs", id })))
  const settled = () => bench.world.logs.filter(({ msg }) => msg === "settled").length
  const settle = async (ms: number) => {
    await bench.world.advance(ms)
    await engine.write([{ op: "put", collection: "docs", id: "wake", text: `{"ms":${ms}}` }])
    const before = settled()
    // The engine's own commits after the write put the chore off.
    const later = async () => {
      await bench.world.advance(limits.idleChoreMs)
      return settled()
    }
    await expect.poll(later, { timeout: 10_000 }).toBeGreaterThan(before)
  }
  await settle(0)
  expect(piecesOn(bench.disk)).toHaveLength(2)
  await nameFiles(engine, "a", back)
  await settle(limits.fileRetentionMs)
  await expect.poll(() => piecesOn(bench.disk).length).toBe(1)
  expect(await readFile(engine, back)).toEqual(Buffer.from(bytesOf(9, 1)))
  await expect(readFile(engine, gone)).rejects.toThrow("FILE_MISSING")
  await engine.close()
})

test("a flipped bit in any piece is found by its reader and by a check, and so is a piece that is gone", async () => {
  const bench = createBench({})
  const engine = await bench.open()
  const bytes = bytesOf(2 * chunkBytes + 3, 1)
  const file = await addFile(engine, "a", bytes)
  const pieces = piecesOn(bench.disk)
  expect(pieces, "three chunks and their index").toHaveLength(4)
  for (const [i, piece] of pieces.entries()) {
    const whole = bench.disk.blocks.get(piece)!
    const isIndex = i === 3
    const findings = async (deep: boolean) => (await engine.check({ deep })).findings.map(({ code }) => code)
    // Nobody has the file open: its index is read anew.
    const read = async () => await readChunk(await bench.open(), file, isIndex ? 0 : i)
    flipOn(bench.disk, piece)
    await expect(read()).rejects.toThrow("FILE_CORRUPT")
    expect(await findings(true)).toEqual(["FILE_CORRUPT"])
    expect(await findings(false)).toEqual(isIndex ? ["FILE_CORRUPT"] : [])
    bench.disk.blocks.delete(piece)
    await expect(read()).rejects.toThrow("FILE_MISSING")
    expect(await findings(true)).toEqual(["FILE_MISSING"])
    bench.disk.blocks.set(piece, whole)
  }
  expect(Buffer.compare(await readFile(engine, file), Buffer.from(bytes))).toBe(0)
  // Chunks that have changed places are whole, and yet not what was there.
  const [first, second] = [bench.disk.blocks.get(pieces[0]!)!, bench.disk.blocks.get(pieces[1]!)!]
  bench.disk.blocks.set(pieces[0]!, second).set(pieces[1]!, first)
  await expect(readChunk(engine, file, 0)).rejects.toThrow("FILE_CORRUPT")
  await engine.close()
})

test("who asks for what is no file, or for what is not of it, is refused", async () => {
  const engine = await createBench({}).open()
  const file = await addFile(engine, "a", bytesOf(3, 1))
  const session = newSession()
  const refusals: readonly (readonly [string, ...unknown[]])[] = [
    ["read", file, 1],
    ["read", file, -1],
    ["read", [...file, 1], 0],
    ["read", "x", 0],
    ["add", session, "x"],
    ["add", "x", new Blob(["x"])],
    ["nonsense", session],
    ["collect", "x"],
  ]
  for (const [verb, ...args] of refusals)
    await expect(ask(engine, verb, ...args), verb).rejects.toThrow(/INVALID_ARGUMENT|CLOSED/)
  await ask(engine, "begin", session)
  await ask(engine, "push", session, bytesOf(5, 1))
  await expect(ask(engine, "push", session, bytesOf(5, 1)), "only the last chunk is short").rejects.toThrow(
    "INVALID_ARGUMENT",
  )
  await ask(engine, "cancel", session)
  await expect(ask(engine, "push", session, bytesOf(5, 1))).rejects.toThrow("CLOSED")
  const wrongKey = file.with(3, `${"A".repeat(43)}=`) as unknown as FileContent
  await expect(readChunk(engine, wrongKey, 0)).rejects.toThrow("FILE_CORRUPT")
  await engine.close()
})

type Step =
  | { readonly do: "add" | "copy"; readonly id: number; readonly content: number }
  | { readonly do: "delete"; readonly id: number }
  | { readonly do: "compact" }

const id = fc.nat({ max: 3 })
const step: fc.Arbitrary<readonly [tab: number, Step]> = fc.tuple(
  fc.nat({ max: 1 }),
  fc.oneof(
    fc.record({ do: fc.constantFrom("add" as const, "copy" as const), id, content: fc.nat({ max: 2 }) }),
    fc.record({ do: fc.constant("delete" as const), id }),
    fc.constant({ do: "compact" } as const),
  ),
)

test("whatever two tabs do, exactly what is named is there after a compaction, each content once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
      const bench = createBench({})
      const tabs: readonly Engine[] = [await bench.open(), await bench.open()]
      const documents = new Map<number, number>()
      const files = new Map<number, FileContent>()
      const isNamed = (content: number) => [...documents.values()].includes(content)
      for (const [tab, one] of [...steps, [0, { do: "compact" }] as const]) {
        const engine = tabs[tab]!
        await bench.settle()
        if (one.do === "add") {
          files.set(one.content, await addFile(engine, `${one.id}`, bytesOf(8, one.content + 1)))
          documents.set(one.id, one.content)
        } else if (one.do === "copy") {
          if (!isNamed(one.content)) continue
          await nameFiles(engine, `${one.id}`, files.get(one.content)!)
          documents.set(one.id, one.content)
        } else if (one.do === "delete") {
          await engine.write([{ op: "delete", collection: "docs", id: `${one.id}` }])
          documents.delete(one.id)
        } else {
          // Each lets go of what it has put, and the last one to do so finds that nobody has it.
          for (const each of [...tabs, engine]) await each.compact()
        }
        for (const content of new Set(documents.values()))
          expect(await readFile(engine, files.get(content)!)).toEqual(Buffer.from(bytesOf(8, content + 1)))
      }
      for (const engine of tabs) await engine.close()
      const last = await bench.open()
      await last.compact()
      expect(piecesOn(bench.disk)).toHaveLength(new Set(documents.values()).size)
      expect((await last.check({ deep: true })).findings).toEqual([])
      await last.close()
    }),
    { numRuns: 12 },
  )
}, 120_000)
