/** The browser of the check, with its profile and its tabs. Owns: the profile's folder and the running browser. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DebuggingPipe } from "../../../test/harness/debugging-pipe.ts"
import { type Browser, launch } from "../../../test/harness/launch.ts"
import { Page } from "./page.ts"
import { Tab } from "./tab.ts"

/** A Chromium that can be killed and started again on the same profile. */
export class Drive {
  readonly profile: string
  readonly #url: string
  #browser: Browser | undefined
  #pipe: DebuggingPipe | undefined

  private constructor(profile: string, url: string) {
    this.profile = profile
    this.#url = url
  }

  /** Starts with an empty profile; `url` is what its tabs show. */
  static async start(url: string): Promise<Drive> {
    const drive = new Drive(await mkdtemp(join(tmpdir(), "fixpoint-demo-")), url)
    await drive.launch()
    return drive
  }

  /** Starts the browser, again after a kill. */
  async launch(): Promise<void> {
    this.#browser = await launch("chromium", this.profile, "about:blank", ["--remote-debugging-pipe"])
    this.#pipe = new DebuggingPipe(this.#browser)
  }

  /** Opens the demo in another tab: as this device, or as the one of another address. */
  async openPage(url = this.#url): Promise<Page> {
    return new Page(await this.openTab(url))
  }

  /** Opens an address in another tab. */
  async openTab(url: string): Promise<Tab> {
    if (!this.#pipe) throw new Error("the browser does not run")
    return Tab.open(this.#pipe, url)
  }

  /** kill -9 of the whole browser. */
  async kill(): Promise<void> {
    await this.#browser?.crash()
  }

  /** Ends the browser and removes the profile. */
  async end(): Promise<void> {
    await this.#browser?.stop()
    await rm(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
