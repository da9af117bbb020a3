/**
 * The page of the benchmarks: asks the harness what to do, does it, tells the result and loads itself anew.
 * Invariant: one load runs one scenario of one system, so that nothing of another is warm.
 */
import { systems } from "../drivers/systems.ts"
import { scaleScenarios } from "../scale-scenarios.ts"
import type { Samples } from "../scenario.ts"
import { scenarios } from "../scenarios.ts"
import type { Answer, Command } from "./message.ts"

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

async function perform({ system: systemId, scenario: scenarioId, counts }: Command): Promise<Samples> {
  const system = systems.find(({ id }) => id === systemId)
  const scenario = [...scenarios, ...scaleScenarios].find(({ id }) => id === scenarioId)
  if (!system || !scenario) throw new Error(`no system ${systemId} or no scenario ${scenarioId}`)
  await loaded(counts.pauseMs)
  const startedAt = performance.now()
  const driver = await system.load()
  return scenario.run({
    driver,
    counts,
    startedAt,
    settled: async () => void (await post("/settled", {})),
    progress: async (line) => void (await post("/progress", line)),
  })
}

const command = await nextCommand()
const { userAgent } = navigator
const answer: Answer = await perform(command).then(
  (samples) => ({ samples, userAgent }),
  (error: unknown) => ({
    samples: {},
    userAgent,
    error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error),
  }),
)
await post("/answer", answer)
location.reload()
