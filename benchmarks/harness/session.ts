/** One browser on one fresh profile: runs commands in its page, takes the figures from outside, and leaves nothing. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { type Browser, type Engine, launch } from "../../test/harness/launch.ts"
import type { Command } from "../page/message.ts"
import type { OutsideFigure, Samples, Scenario } from "../scenario.ts"
import { folderMegabytes, pageMemory, quietDisk } from "./outside.ts"
import type { PageServer } from "./server.ts"

/** How long a session is patient. */
export interface Patience {
  /** The disk is idle when nothing has changed for so long. */
  readonly quietMs: number
  readonly commandMs: number
  /** How long a database stays closed before a scenario that wants it to be; browsers keep its files open for 2 s. */
  readonly restMs: number
}

/** A running browser. */
export class Session {
  readonly engine: Engine
  readonly #server: PageServer
  #browser: Browser
  readonly #profile: string
  readonly #patience: Patience
  userAgent = ""

  private constructor(
    parts: { engine: Engine; server: PageServer; browser: Browser; profile: string },
    patience: Patience,
  ) {
    this.engine = parts.engine
    this.#server = parts.server
    this.#browser = parts.browser
    this.#profile = parts.profile
    this.#patience = patience
  }

  static async start(engine: Engine, server: PageServer, patience: Patience): Promise<Session> {
    server.forgetFetched()
    const profile = await mkdtemp(join(tmpdir(), `bench-${engine}-`))
    const browser = await launch(engine, profile, server.url)
    return new Session({ engine, server, browser, profile }, patience)
  }

  /** Ends the browser and starts it anew on the same profile. */
  async restart(): Promise<void> {
    await this.#browser.stop()
    this.#browser = await launch(this.engine, this.#profile, this.#server.url)
  }

  /** Runs scenarios in a page load of their own. */
  async perform(command: Command, scenarios: readonly Scenario[], progress: (line: string) => void): Promise<Samples> {
    const outside: Record<string, number[]> = {}
    const { quietMs, commandMs, restMs } = this.#patience
    if (scenarios.some(({ rests }) => rests)) await delay(restMs)
    const attendant = {
      settle: () => quietDisk(this.engine, this.#profile, quietMs, commandMs / 2),
      progress,
      answered: async () => {
        for (const [metric, figure] of scenarios.flatMap((one) => Object.entries(one.outside ?? {}))) {
          const value = await this.#outside(figure)
          if (value !== undefined) outside[metric] = [value]
        }
      },
    }
    const limitMs = Math.max(commandMs, ...scenarios.map((one) => one.limitMs ?? 0))
    const answer = await this.#server.perform(command, attendant, limitMs)
    if (answer.error) throw new Error(`${command.system}, ${answer.error}`)
    this.userAgent = answer.userAgent
    return { ...answer.samples, ...outside }
  }

  async #outside(figure: OutsideFigure): Promise<number | undefined> {
    if (figure === "folder") return folderMegabytes(this.engine, this.#profile)
    if (figure === "fetched") return this.#server.fetchedKilobytes()
    return pageMemory(this.engine, this.#browser.pid)?.[figure]
  }

  async stop(): Promise<void> {
    await this.#browser.stop()
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
