/** A tab of a Chromium under test, driven as a person drives it: by its elements. Owns: the session of the tab. */
import { writeFile } from "node:fs/promises"
import { setTimeout as delay } from "node:timers/promises"
import type { DebuggingPipe } from "../../../test/harness/debugging-pipe.ts"

interface Evaluated {
  readonly result: { readonly value?: unknown }
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } }
}

/** One tab. */
export class Tab {
  readonly #pipe: DebuggingPipe
  readonly #target: string
  readonly #session: string

  private constructor(pipe: DebuggingPipe, target: string, session: string) {
    this.#pipe = pipe
    this.#target = target
    this.#session = session
  }

  /** Opens a tab on `url`, with a screen of its own. */
  static async open(pipe: DebuggingPipe, url: string): Promise<Tab> {
    const { targetId } = await pipe.send<{ targetId: string }>("Target.createTarget", {
      url: "about:blank",
      newWindow: true,
    })
    const { sessionId } = await pipe.send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true })
    const tab = new Tab(pipe, targetId, sessionId)
    await tab.#send("Page.enable")
    await tab.screen({ width: 1440, height: 1000, scale: 1 })
    await tab.#send("Page.navigate", { url })
    return tab
  }

  #send<T = void>(method: string, params: object = {}): Promise<T> {
    return this.#pipe.send<T>(method, params, this.#session)
  }

  /** Sets the size of the screen in CSS pixels. */
  screen({ width, height, scale }: { width: number; height: number; scale: number }): Promise<void> {
    const mobile = width < 600
    return this.#send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: scale, mobile })
  }

  /** What the system says about light and dark. */
  scheme(value: "light" | "dark"): Promise<void> {
    return this.#send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] })
  }

  /** Brings the tab to the front, as choosing it does. */
  front(): Promise<void> {
    return this.#send("Page.bringToFront")
  }

  /** Loads the page again; resolves when the old document is gone. */
  async reload(): Promise<void> {
    await this.read("void (window.beforeReload = true)")
    await this.#send("Page.reload")
    await this.until("the page reloads", "!window.beforeReload")
  }

  /** Closes the tab. */
  async close(): Promise<void> {
    await this.#pipe.send("Target.closeTarget", { targetId: this.#target })
  }

  /** The value of an expression in the page. */
  async read<T>(expression: string): Promise<T> {
    const parameters = { expression, awaitPromise: true, returnByValue: true }
    const { result, exceptionDetails } = await this.#send<Evaluated>("Runtime.evaluate", parameters)
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value as T
  }

  /** The text of an element; empty when it is not there. */
  text(selector: string): Promise<string> {
    return this.read(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ""`)
  }

  /** Waits until an expression of the page is true; gives the time it took. */
  async until(what: string, expression: string, limitMs = 60_000): Promise<number> {
    const started = performance.now()
    for (;;) {
      // Between two documents there is nothing to ask.
      const holds = await this.read(`Boolean(${expression})`).catch(() => false)
      const ms = performance.now() - started
      if (holds) return ms
      if (ms > limitMs) throw new Error(`${what}: not within ${limitMs / 1_000} s`)
      await delay(20)
    }
  }

  /** Clicks into the middle of an element. */
  async click(selector: string): Promise<void> {
    const quoted = JSON.stringify(selector)
    const [x, y] = await this.read<[number, number]>(`(() => {
      const element = document.querySelector(${quoted})
      element.scrollIntoView({ block: "nearest" })
      const { left, top, width, height } = element.getBoundingClientRect()
      return [left + width / 2, top + height / 2]
    })()`)
    await this.clickAt(x, y)
  }

  /** Clicks at a point of the screen. */
  async clickAt(x: number, y: number): Promise<void> {
    for (const type of ["mousePressed", "mouseReleased"])
      await this.#send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 })
  }

  /** Replaces the text of a field by typing. */
  async type(selector: string, text: string): Promise<void> {
    const empty = `field.value = ""; field.dispatchEvent(new Event("input", { bubbles: true }))`
    await this.read(`(() => {
      const field = document.querySelector(${JSON.stringify(selector)})
      field.focus()
      ${text === "" ? empty : "field.select()"}
    })()`)
    if (text !== "") await this.#send("Input.insertText", { text })
  }

  /** Types at the cursor. */
  insert(text: string): Promise<void> {
    return this.#send("Input.insertText", { text })
  }

  /** Chooses an option of a list. */
  async choose(selector: string, value: string): Promise<void> {
    await this.read(`(() => {
      const list = document.querySelector(${JSON.stringify(selector)})
      list.value = ${JSON.stringify(value)}
      list.dispatchEvent(new Event("input", { bubbles: true }))
    })()`)
  }

  /** Saves what the tab shows. */
  async screenshot(file: string): Promise<void> {
    const { data } = await this.#send<{ data: string }>("Page.captureScreenshot", { format: "png" })
    await writeFile(file, Buffer.from(data, "base64"))
  }
}
