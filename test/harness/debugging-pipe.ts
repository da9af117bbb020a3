/** Chromium's own debugging protocol over the pipes of `--remote-debugging-pipe`: opens tabs, freezes and thaws them. */
import type { Readable, Writable } from "node:stream"
import type { Browser } from "./launch.ts"

interface Reply {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** A connection to the browser. Messages are JSON with a NUL after each. */
export class DebuggingPipe {
  readonly #output: Writable
  readonly #pending = new Map<number, { settle: (value: never) => void; fail: (error: Error) => void }>()
  #rest = ""
  #count = 0

  /** `browser` was started with `--remote-debugging-pipe`. */
  constructor(browser: Browser) {
    const [, , , output, input] = browser.process.stdio
    if (!input || !output) throw new Error("the browser was started without --remote-debugging-pipe")
    this.#output = output as Writable
    // A browser that is killed breaks its pipes; who waits for an answer is told by `browser.process`.
    this.#output.on("error", () => this.#end())
    ;(input as Readable).setEncoding("utf8").on("data", (chunk: string) => this.#take(chunk))
    input.on("error", () => this.#end())
    input.on("close", () => this.#end())
  }

  /** Opens a tab on `url` and gives the name of its target. */
  async openTab(url: string): Promise<string> {
    const { targetId } = await this.send<{ targetId: string }>("Target.createTarget", { url })
    return targetId
  }

  /** Freezes a tab and its workers as the browser does with tabs that were long in the background, or thaws them. */
  async setLifecycle(targetId: string, state: "frozen" | "active"): Promise<void> {
    const { sessionId } = await this.send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true })
    await this.send("Page.setWebLifecycleState", { state }, sessionId)
  }

  /** Sends a command, to the browser or to the session of a tab, and gives its result. */
  send<T = void>(method: string, params: object, sessionId?: string): Promise<T> {
    const id = ++this.#count
    const answer = new Promise<T>((settle, fail) => this.#pending.set(id, { settle, fail }))
    this.#output.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`)
    return answer
  }

  #take(chunk: string): void {
    const messages = (this.#rest + chunk).split("\0")
    this.#rest = messages.pop() ?? ""
    for (const message of messages) {
      const { id, result, error } = JSON.parse(message) as Reply
      const pending = this.#pending.get(id ?? 0)
      this.#pending.delete(id ?? 0)
      if (error) pending?.fail(new Error(error.message))
      else pending?.settle(result as never)
    }
  }

  #end(): void {
    for (const { fail } of this.#pending.values()) fail(new Error("the browser ended"))
    this.#pending.clear()
  }
}
