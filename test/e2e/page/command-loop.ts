/**
 * The page's side of test/harness/site.ts: fetches commands, runs them, posts what they give.
 * Commands run side by side: one that hangs does not keep the next from being fetched.
 */
import { errorReport } from "./error-report.ts"

/** What a command gives is posted as JSON. */
export type Commands = Record<string, (...args: never[]) => unknown>

interface Command {
  readonly id: number
  readonly name: string
  readonly args: never[]
}

const tab = new URLSearchParams(location.search).get("tab") ?? ""
const boot = Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(36)).join("")

const post = (path: string, body: unknown) =>
  fetch(`${path}?tab=${encodeURIComponent(tab)}`, { method: "POST", body: JSON.stringify(body) })

/** Tells the test something it did not ask for. The test is a witness outside of the browser: what it has heard counts. */
export async function tell(message: unknown): Promise<void> {
  await post("/ack", message)
}

async function run(commands: Commands, { id, name, args }: Command): Promise<void> {
  try {
    const command = commands[name]
    if (!command) throw new Error(`no command ${name}`)
    await post("/result", { id, value: await command(...args) })
  } catch (error) {
    await post("/result", { id, error: errorReport(error) })
  }
}

/** Serves commands for as long as the page lives, or until another page takes its name. */
export async function serveCommands(commands: Commands): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(`/next?tab=${encodeURIComponent(tab)}&boot=${boot}`)
      if (response.status === 410) return
      if (response.status === 200) void run(commands, (await response.json()) as Command)
    } catch {
      // The test's server comes and goes with the test; a page that outlives it asks again.
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
