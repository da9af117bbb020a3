/**
 * A site whose pages a test drives: it serves a page from loopback, hands commands to every open one and collects what they
 * answer. Pages fetch their commands, so one way works in every browser, without a driver.
 * Invariant: the port stays the same while the site is open, so a profile finds its data again after a kill.
 */
import { once } from "node:events"
import { createReadStream } from "node:fs"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join, normalize } from "node:path"
import { text } from "node:stream/consumers"
import { setTimeout as delay } from "node:timers/promises"
import { builtPage } from "./built-pages.ts"

/** What a page can be asked to do, by name. */
type AnyCommands = Record<string, (...args: never[]) => unknown>

/** An error that a page reported. `code` is that of a FixpointError. */
export class PageError extends Error {
  override readonly name = "PageError"
  readonly code: string | undefined
  constructor(report: { message: string; code?: string; stack?: string }) {
    super(report.message)
    this.code = report.code
    if (report.stack) this.stack = `${report.message}\n${report.stack}`
  }
}

/** The page that should have answered is gone, or did not answer in time. */
export class PageLost extends Error {
  override readonly name = "PageLost"
}

interface Pending {
  readonly settle: (value: unknown) => void
  readonly fail: (error: Error) => void
}

const callLimitMs = 20_000
const pollMs = 15_000

/** One tab, across its reloads and restarts: whichever page said last that it has this name. */
export class Tab<C extends AnyCommands> {
  readonly name: string
  #boot: string | undefined
  readonly #past = new Set<string>()
  #queue: string[] = []
  #waiting: ((command: string | undefined) => void) | undefined
  #pending = new Map<number, Pending>()
  #arrivals: (() => void)[] = []
  #count = 0

  constructor(name: string) {
    this.name = name
  }

  /** Resolves when a page that was not there at the time of the call begins to ask for commands. */
  async opened(limitMs = 40_000): Promise<void> {
    const limit = new AbortController()
    const late = delay(limitMs, undefined, { signal: limit.signal, ref: false }).then(() => {
      throw new PageLost(`tab ${this.name} did not open in ${limitMs} ms`)
    })
    late.catch(() => undefined)
    try {
      await Promise.race([new Promise<void>((resolve) => this.#arrivals.push(resolve)), late])
    } finally {
      limit.abort()
    }
  }

  /** Runs a command in the page and gives its result; a page that does not answer in time rejects. */
  call<N extends keyof C & string>(name: N, ...args: Parameters<C[N]>): Promise<Awaited<ReturnType<C[N]>>> {
    return this.callWithin(callLimitMs, name, ...args)
  }

  /** The same with a limit of its own. */
  async callWithin<N extends keyof C & string>(
    limitMs: number,
    name: N,
    ...args: Parameters<C[N]>
  ): Promise<Awaited<ReturnType<C[N]>>> {
    const id = ++this.#count
    const answer = new Promise<unknown>((settle, fail) => this.#pending.set(id, { settle, fail }))
    const command = JSON.stringify({ id, name, args })
    if (this.#waiting) this.#waiting(command)
    else this.#queue.push(command)
    const timer = setTimeout(() => {
      this.#pending.get(id)?.fail(new PageLost(`${this.name}: ${name} hung for ${limitMs} ms`))
    }, limitMs)
    try {
      return (await answer) as Awaited<ReturnType<C[N]>>
    } finally {
      clearTimeout(timer)
      this.#pending.delete(id)
    }
  }

  /** Rejects every call under way: the page was killed. */
  lose(reason = "killed"): void {
    for (const pending of this.#pending.values()) pending.fail(new PageLost(`${this.name}: ${reason}`))
    this.#queue = []
    this.#waiting?.(undefined)
  }

  /** Whether another page has taken this name from the page that calls itself `boot`. */
  isPast(boot: string): boolean {
    return this.#past.has(boot)
  }

  /** The next command for the page that calls itself `boot`, or undefined when there is none for a while. */
  async next(boot: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#boot !== boot) {
      this.lose("another page took its name")
      if (this.#boot !== undefined) this.#past.add(this.#boot)
      this.#boot = boot
      for (const arrived of this.#arrivals.splice(0)) arrived()
    }
    this.#waiting?.(undefined)
    const ready = this.#queue.shift()
    if (ready !== undefined) return ready
    return new Promise((resolve) => {
      const done = (command: string | undefined) => {
        clearTimeout(timer)
        if (this.#waiting === done) this.#waiting = undefined
        else if (command !== undefined) this.#queue.push(command)
        resolve(command)
      }
      const timer = setTimeout(done, pollMs)
      signal.addEventListener("abort", () => done(undefined))
      this.#waiting = done
    })
  }

  /** Takes what the page reports of a command. */
  report(id: number, report: { value?: unknown; error?: { message: string } }): void {
    if (report.error) this.#pending.get(id)?.fail(new PageError(report.error))
    else this.#pending.get(id)?.settle(report.value)
  }
}

const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" }

/** A served page and its tabs. */
export class Site<C extends AnyCommands> {
  readonly port: number
  /** Called with every message that a page posts without being asked. */
  onAck: (tab: string, message: unknown) => void = () => undefined
  readonly #server: Server
  readonly #folder: string
  readonly #tabs = new Map<string, Tab<C>>()

  private constructor(server: Server, folder: string) {
    this.#server = server
    this.#folder = folder
    this.port = (server.address() as AddressInfo).port
    server.on("request", (request, response) => {
      void this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error))
    })
  }

  /** Serves the page in `root`. The kind of its commands is the caller's to name. */
  static async open<C extends AnyCommands>(root: string): Promise<Site<C>> {
    const folder = await builtPage(root)
    const server = createServer({ keepAliveTimeout: 60_000 })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    return new Site<C>(server, folder)
  }

  tab(name: string): Tab<C> {
    const known = this.#tabs.get(name)
    if (known) return known
    const tab = new Tab<C>(name)
    this.#tabs.set(name, tab)
    return tab
  }

  /** Address of the page for a tab. Each `host` is an origin of its own; Chromium takes any name below localhost. */
  url(tab: string, host = "127.0.0.1"): string {
    return `http://${host}:${this.port}/?tab=${encodeURIComponent(tab)}`
  }

  async close(): Promise<void> {
    for (const tab of this.#tabs.values()) tab.lose("the site was closed")
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://site")
    const tab = url.searchParams.get("tab") ?? ""
    response.setHeader("cache-control", "no-store")
    if (url.pathname === "/next") {
      const boot = url.searchParams.get("boot") ?? ""
      if (this.tab(tab).isPast(boot)) {
        response.writeHead(410).end()
        return
      }
      const gone = new AbortController()
      response.on("close", () => gone.abort())
      const command = await this.tab(tab).next(boot, gone.signal)
      if (command === undefined) response.statusCode = 204
      response.end(command)
    } else if (request.method === "POST") {
      const message = JSON.parse(await text(request))
      if (url.pathname === "/result") this.tab(tab).report(message.id, message)
      else this.onAck(tab, message)
      response.end()
    } else this.#file(url.pathname, response)
  }

  #file(path: string, response: ServerResponse): void {
    const file = join(this.#folder, normalize(path === "/" ? "/index.html" : path))
    response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream")
    createReadStream(file)
      .on("error", () => response.writeHead(404).end())
      .pipe(response)
  }
}
