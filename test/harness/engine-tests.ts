/**
 * One end-to-end test per browser of this machine, each with a served page and a profile of its own.
 * Invariant: at most two browsers run at a time, as the machine this is meant for has two cores; nothing is left behind.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type TestContext, test } from "vitest"
import { type Engine, present } from "./launch.ts"

/** What a test gets. */
export interface EngineRun {
  readonly engine: Engine
  /** An empty folder, removed afterwards. */
  readonly folder: string
  /** Adds a line to what is printed when the test ends. */
  note(line: string): void
  /** Ends something when the test ends, whatever its outcome: last added, first ended. */
  finally(end: () => Promise<unknown>): void
}

/** A test waits for a slot inside of its own time. */
const limitMs = 600_000

const slots = { free: 2, waiting: [] as (() => void)[] }

async function withSlot<T>(work: () => Promise<T>): Promise<T> {
  if (slots.free > 0) slots.free -= 1
  else await new Promise<void>((resolve) => slots.waiting.push(resolve))
  try {
    return await work()
  } finally {
    const next = slots.waiting.shift()
    if (next) next()
    else slots.free += 1
  }
}

/** Firefox takes longest, so it begins. */
const order: readonly Engine[] = ["firefox", "chromium", "webkit"]

async function runOne(engine: Engine, context: TestContext, body: (run: EngineRun) => Promise<void>): Promise<void> {
  const { file, name } = context.task
  const lines: string[] = []
  const ends: (() => Promise<unknown>)[] = []
  const folder = await mkdtemp(join(tmpdir(), `fixpoint-${engine}-`))
  ends.push(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  context.onTestFailed(() => {
    process.stderr.write(`to run it alone: npx vitest run --project crash ${file.name} -t "${name}"\n`)
  })
  const startedAt = performance.now()
  try {
    await body({ engine, folder, note: (line) => lines.push(line), finally: (end) => ends.push(end) })
  } finally {
    for (const end of ends.reverse()) await end()
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    process.stdout.write([`${name} (${seconds} s)`, ...lines, ""].join("\n"))
  }
}

/** Declares `<engine>: <title>` for each of `engines`; one that is not on this machine is skipped, and its name says why. */
export function testEngines(
  title: string,
  body: (run: EngineRun) => Promise<void>,
  engines: readonly Engine[] = order,
): void {
  for (const engine of order.filter((one) => engines.includes(one)))
    if (present.includes(engine))
      test.concurrent(`${engine}: ${title}`, (context) => withSlot(() => runOne(engine, context, body)), limitMs)
    else test.skip(`${engine}: ${title} (left out: ${engine} is not on this machine)`, () => undefined)
}
