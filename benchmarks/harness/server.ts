/**
 * Builds the page and serves it on loopback, with the headers that give browsers their fine clock; carries one command
 * at a time to the page that is loaded, and its answer back.
 * Invariant: a page that does not answer in time fails its command; nothing waits for ever.
 */
import { readFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { brotliCompressSync, constants } from "node:zlib"
import { build } from "vite"
import type { Answer, Command, Line, LineSpeed } from "../page/message.ts"
import { BucketLine } from "./bucket-line.ts"
import { builtEntries } from "./built.ts"

/** What the harness does while a command is under way. */
export interface Attendant {
  /** Called when the page wants to wait until the disk is quiet. */
  settle(): Promise<void>
  progress(line: string): void
  /** Called when the answer is there and the page still as it was. */
  answered(): Promise<void>
}

interface Pending {
  readonly command: Command
  readonly attendant: Attendant
  readonly resolve: (answer: Answer) => void
}

const source = fileURLToPath(new URL("../page", import.meta.url))
const built = fileURLToPath(new URL("../dist", import.meta.url))
/** Where the page itself lies among the built files: what else is fetched is a system's. */
const own = "page/"
const isOurs = (module: string): boolean => module.includes("/benchmarks/") && !module.includes("/node_modules/")
const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
}
/** As a content network would: the last levels cost minutes for megabytes of WebAssembly. */
const params = { [constants.BROTLI_PARAM_QUALITY]: 9 }
const isolated = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  // Devices are frames of other origins, all of this server.
  "Cross-Origin-Resource-Policy": "cross-origin",
}

/** What the page is built from: what our packages publish, or their sources. */
export type Origin = "built" | "sources"

/** Builds the page as an application would be built. */
export async function buildPage(from: Origin): Promise<void> {
  await build({
    root: source,
    configFile: false,
    logLevel: "error",
    mode: "production",
    resolve: { alias: from === "built" ? builtEntries() : [] },
    build: {
      outDir: built,
      emptyOutDir: true,
      target: "es2022",
      chunkSizeWarningLimit: 20_000,
      rolldownOptions: {
        output: {
          entryFileNames: `${own}[name]-[hash].js`,
          chunkFileNames: ({ moduleIds }) => `${moduleIds.every(isOurs) ? own : "assets/"}[name]-[hash].js`,
        },
      },
    },
    worker: { format: "es" },
  })
}

/** The built page on loopback. */
export class PageServer {
  readonly #server: Server
  #pending: Pending | undefined
  #asking: ServerResponse | undefined
  readonly #fetched = new Map<string, Buffer>()
  readonly #trace: string
  #line: BucketLine | undefined

  private constructor(server: Server, trace: string) {
    this.#server = server
    this.#trace = trace
    server.on("request", (request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
    })
  }

  /** Serves the built page, and a writing for the scenarios of texts. */
  static async start(trace: string): Promise<PageServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return new PageServer(server, trace)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** Begins to note anew what is fetched. */
  forgetFetched(): void {
    this.#fetched.clear()
  }

  /** Kilobytes that a page fetched of its system since then, as brotli makes them. */
  fetchedKilobytes(): number {
    const sizes = [...this.#fetched.values()].map((body) => brotliCompressSync(body, { params }).byteLength)
    return sizes.reduce((sum, size) => sum + size, 0) / 1e3
  }

  /** Gives a command to the page that is loaded or about to be; rejects after `limitMs` without an answer. */
  async perform(command: Command, attendant: Attendant, limitMs: number): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const failure = new Error(
        `${command.system}, ${command.scenarios.join(" ")}: no answer within ${limitMs / 1000} s`,
      )
      timer = setTimeout(() => reject(failure), limitMs)
    })
    const answer = new Promise<Answer>((resolve) => {
      this.#pending = { command, attendant, resolve }
      this.#hand()
    })
    try {
      return await Promise.race([answer, late])
    } finally {
      clearTimeout(timer)
      this.#pending = undefined
    }
  }

  async close(): Promise<void> {
    await this.#line?.stop()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Hands the command to the page that asks, once. */
  #hand(): void {
    if (!this.#asking || !this.#pending) return
    this.#asking.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(this.#pending.command))
    this.#asking = undefined
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", this.url).pathname
    if (request.method === "POST") return this.#hear(path, await text(request), response)
    if (path === "/command") {
      this.#asking = response
      response.on("close", () => {
        if (this.#asking === response) this.#asking = undefined
      })
      return this.#hand()
    }
    const name = path === "/" ? "/index.html" : path
    if (name === "/trace.json") return void response.writeHead(200, isolated).end(this.#trace)
    const body = await readFile(join(built, name)).catch(() => undefined)
    if (!body) return void response.writeHead(404, isolated).end()
    const isPage = name === "/index.html" || name.startsWith(`/${own}`)
    if (!isPage) this.#fetched.set(name, body)
    const caching = name === "/index.html" ? "no-cache" : "max-age=31536000, immutable"
    const type = types[extname(name)] ?? "application/octet-stream"
    response.writeHead(200, { "Content-Type": type, "Cache-Control": caching, ...isolated }).end(body)
  }

  async #hear(path: string, body: string, response: ServerResponse): Promise<void> {
    const pending = this.#pending
    if (path === "/line") return void response.end(JSON.stringify(await this.#turnLine(JSON.parse(body) as LineSpeed)))
    if (pending && path === "/progress") pending.attendant.progress(JSON.parse(body) as string)
    if (pending && path === "/settled") await pending.attendant.settle()
    if (pending && path === "/answer") {
      await pending.attendant.answered()
      pending.resolve(JSON.parse(body) as Answer)
    }
    response.writeHead(204).end()
  }

  /** The bucket stays from one page load to the next, until a scenario wants a new one. */
  async #turnLine(speed: LineSpeed): Promise<Line> {
    if (speed.isNew || this.#line === undefined) {
      await this.#line?.stop()
      this.#line = await BucketLine.start()
    }
    return { url: this.#line.url, since: this.#line.turn(speed) }
  }
}
