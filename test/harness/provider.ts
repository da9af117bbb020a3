/**
 * A Vitest browser provider over the system browsers: opens the tester page, keeps one profile for the run, then removes it.
 * It has no user events, screenshots or parallel pages; a database needs none of them.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { defineBrowserProvider } from "@vitest/browser"
import type { BrowserProvider, BrowserProviderOption, TestProject } from "vitest/node"
import { type Browser, type Engine, launch } from "./launch.ts"

class SystemBrowser implements BrowserProvider {
  readonly name = "system"
  readonly supportsParallelism = false
  readonly initScripts: string[] = []
  #browser: Browser | undefined
  #profile: string | undefined
  readonly #engine: Engine
  constructor(engine: Engine, project: TestProject) {
    this.#engine = engine
    // Vitest 5 asks every provider for it; a headless data test has no use for a viewport.
    project.browser?.registerCommand("__vitest_viewport" as never, (async () => {}) as never)
  }
  getCommandsContext(): Record<string, unknown> {
    return { browser: this.#browser }
  }
  async openPage(_session: string, url: string): Promise<void> {
    await this.#browser?.stop()
    this.#profile ??= await mkdtemp(join(tmpdir(), `vitest-${this.#engine}-`))
    this.#browser = await launch(this.#engine, this.#profile, url)
  }
  async close(): Promise<void> {
    await this.#browser?.stop()
    if (this.#profile) await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

/** The provider for one engine. */
export const system = (engine: Engine): BrowserProviderOption =>
  defineBrowserProvider({
    name: "system",
    options: { engine },
    providerFactory: (project) => new SystemBrowser(engine, project),
  }) as BrowserProviderOption
