/**
 * The page of the benchmarks: asks the harness what to do, does it, tells the result and loads itself anew. In a frame of another
 * page it is a device of its own, which does what that page says.
 * Invariant: one load runs one scenario of one system, so that nothing of another is warm.
 */
import type { Database, Driver } from "../drivers/driver.ts"
import { systems } from "../drivers/systems.ts"
import { scaleScenarios } from "../scale-scenarios.ts"
import type { Bench, Samples } from "../scenario.ts"
import { scenarios } from "../scenarios.ts"
import { isFrame, serveFrame } from "./device-frame.ts"
import type { Answer, Command, Line } from "./message.ts"

const post = (path: string, body: unknown) => fetch(path, { method: "POST", body: JSON.stringify(body) })

/** Waits for a command. An answer without one means: ask again. */
async function nextCommand(): Promise<Command> {
  for (;;) {
    const response = await fetch("/command")
    if (response.status === 200) return (await response.json()) as Command
  }
}

/** Lets the browser finish what loading the page began. */
const loaded = (pauseMs: number) => new Promise((resolve) => setTimeout(resolve, pauseMs))

/** A driver that opens a database once in a page load, however many scenarios there are. */
function openingOnce(driver: Driver): Driver {
  const open = new Map<string, Database | Promise<Database>>()
  return {
    ...driver,
    open(opening) {
      const known = open.get(opening.name) ?? driver.open(opening)
      open.set(opening.name, known)
      return known
    },
  }
}

async function perform({ kind, system: systemId, scenarios: ids, counts }: Command): Promise<Samples> {
  const system = systems.find(({ id }) => id === systemId)
  if (!system) throw new Error(`no system ${systemId}`)
  await loaded(counts.pauseMs)
  const startedAt = performance.now()
  const loadedDriver = await system.load()
  const bench: Bench = {
    driver: ids.length > 1 ? openingOnce(loadedDriver) : loadedDriver,
    system: systemId,
    counts,
    startedAt,
    line: async (speed) => (await (await post("/line", speed)).json()) as Line,
    settled: async () => void (await post("/settled", {})),
    progress: async (line) => void (await post("/progress", line)),
  }
  const samples: Record<string, readonly number[]> = {}
  for (const id of ids) {
    const scenario = { compare: scenarios, scale: scaleScenarios }[kind].find((one) => one.id === id)
    if (!scenario) throw new Error(`no scenario ${id}`)
    try {
      Object.assign(samples, await scenario.run(bench))
    } catch (cause) {
      throw new Error(`${id}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }
  return samples
}

/** One command, from its question to the next load. */
async function serveHarness(): Promise<void> {
  const command = await nextCommand()
  const { userAgent } = navigator
  const answer: Answer = await perform(command).then(
    (samples) => ({ samples, userAgent }),
    (error: unknown) => ({
      samples: {},
      userAgent,
      error: String(error instanceof Error ? error.message : error),
    }),
  )
  await post("/answer", answer)
  location.reload()
}

await (isFrame() ? serveFrame() : serveHarness())
