// Processes that write to one folder at once, and are killed or stopped in the middle of it.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { build } from "esbuild"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { openFsStore } from "../../packages/core/src/lsm/fs-store.ts"
import { blocksOf, equal, isIntact, segmentsOf, writerOf } from "./fs-pattern.ts"

const cycles = 20
const seed = Number(process.env["FP_SEED"] ?? Date.now() % 1_000_000)

let above: string
let program: string

beforeAll(async () => {
  above = await mkdtemp(join(tmpdir(), "fixpoint-fs-"))
  program = join(above, "writer.mjs")
  const entryPoints = [join(import.meta.dirname, "fs-writer-worker.ts")]
  await build({ entryPoints, outfile: program, bundle: true, format: "esm", platform: "node", target: "node20" })
})

afterAll(() => rm(above, { recursive: true, force: true }))

/** A process of the test's own. */
class Writer {
  readonly id: number
  readonly child: ChildProcess
  readonly records: number[] = []
  version = 0
  #rest = ""
  #heard: () => void = () => undefined

  constructor(directory: string, id: number, { count = 1e9, slack = 100_000 } = {}) {
    this.id = id
    const args = [program, directory, String(id), String(count), String(slack)]
    this.child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#hear(text))
    this.child.once("exit", () => this.#heard())
    onTestFinished(() => this.end())
  }

  /** Resolves when it has been told that this many of its records are stored. */
  async acknowledged(count: number): Promise<void> {
    while (this.records.length < count && this.child.exitCode === null)
      await new Promise<void>((resolve) => {
        this.#heard = resolve
      })
  }

  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    // The pipe is read to its end, as what was printed before the kill was acknowledged.
    const gone = once(this.child, "close")
    this.child.kill(signal)
    await gone
  }

  async done(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, "close")
    return this.child.exitCode
  }

  #hear(text: string): void {
    const lines = `${this.#rest}${text}`.split("\n")
    this.#rest = lines.pop() ?? ""
    for (const [kind, number] of lines.map((line) => line.split(" "))) {
      if (kind === "a") this.records.push(Number(number))
      if (kind === "m") this.version = Number(number)
    }
    this.#heard()
  }
}

/** Reads all that a store holds, and gives what is wrong with it. */
async function inspect(directory: string, writers: readonly Writer[]): Promise<string[]> {
  const store = await openFsStore({ directory })
  const wrong: string[] = []
  const { head, manifest } = await store.readHeader()
  const records = await store.readLog(0, 1_000_000)
  const first = records[0]?.n ?? 1
  for (const [i, record] of records.entries()) {
    if (record.n !== first + i) wrong.push(`record ${first + i} is missing`)
    if (!isIntact(record)) wrong.push(`record ${record.n} is torn`)
  }
  if (records.length > 0 && records.at(-1)?.n !== head) wrong.push(`the head is ${head}`)
  const owner = new Map(records.map((record) => [record.n, writerOf(record)]))
  const told = new Set<number>()
  for (const writer of writers)
    for (const n of writer.records) {
      if (n > head) wrong.push(`record ${n} is lost, the head is ${head}`)
      if (n >= first && owner.get(n) !== writer.id) wrong.push(`record ${n} of ${writer.id} is one of ${owner.get(n)}`)
      if (told.has(n)) wrong.push(`record ${n} was acknowledged twice`)
      told.add(n)
    }
  if ((manifest?.version ?? 0) < Math.max(0, ...writers.map(({ version }) => version))) wrong.push("a manifest is lost")
  const segments = segmentsOf(manifest?.bytes)
  for (const block of segments.flatMap(blocksOf)) {
    const [stored] = await store.readBlocks([block])
    if (!equal(stored, block.bytes)) wrong.push(`block ${block.segment}/${block.index} is ${stored?.length}`)
  }
  const listed = [...(await store.listSegments())].sort((a, b) => a - b)
  if (JSON.stringify(listed) !== JSON.stringify([...segments].sort((a, b) => a - b))) wrong.push(`segments ${listed}`)
  await store.close()
  return wrong
}

test(`${cycles} kills in mid-write lose and tear nothing`, async () => {
  const directory = join(above, "killed")
  const before: Writer[] = []
  for (let cycle = 0; cycle < cycles; cycle++) {
    const writer = new Writer(directory, cycle % 200)
    await writer.acknowledged(1 + (cycle % 3) * 10)
    await delay(((seed + cycle) * 7919) % 120)
    await writer.end()
    expect(writer.child.signalCode).toBe("SIGKILL")
    before.push(writer)
    expect(await inspect(directory, before), `cycle ${cycle} of seed ${seed}`).toEqual([])
  }
})

test("two processes killed at once, again and again, leave one chain", async () => {
  const directory = join(above, "both")
  const before: Writer[] = []
  for (let cycle = 0; cycle < 6; cycle++) {
    const both = [new Writer(directory, cycle * 2), new Writer(directory, cycle * 2 + 1)]
    await Promise.all(both.map((writer) => writer.acknowledged(5)))
    await delay(((seed + cycle) * 7919) % 90)
    await Promise.all(both.map((writer) => writer.end()))
    before.push(...both)
    expect(await inspect(directory, before), `cycle ${cycle} of seed ${seed}`).toEqual([])
  }
})

test("processes that write at once write one chain, and one that is stopped holds up nobody", async () => {
  const directory = join(above, "shared")
  const stopped = new Writer(directory, 3, { count: 60, slack: 50_000 })
  await stopped.acknowledged(10)
  stopped.child.kill("SIGSTOP")
  const others = [1, 2].map((id) => new Writer(directory, id, { count: 80, slack: 50_000 }))
  for (const writer of others) expect(await writer.done()).toBe(0)
  expect(stopped.records.length).toBeLessThan(60)
  stopped.child.kill("SIGCONT")
  expect(await stopped.done()).toBe(0)
  expect([...others, stopped].map(({ records }) => records.length)).toEqual([80, 80, 60])
  expect(await inspect(directory, [...others, stopped])).toEqual([])
  const store = await openFsStore({ directory })
  expect((await store.readPosition()).head).toBe(220)
  await store.close()
})
