/**
 * A bucket of `fixpoint serve` behind a line of a given speed. Owns: the folder, the server, and the proxy that holds requests up and
 * counts them. Invariant: what passes is passed on as it came; what is counted are bodies of objects, as the server's disk has them.
 */
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer, type IncomingMessage, request as sendRequest, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { type BucketServer, openBucketServer } from "@fixpoint/cli/server"
import { fs } from "@fixpoint/gateways/fs"
import type { LineCounts, LineSpeed } from "../page/message.ts"

const chunkBytes = 8 * 1024

/** One direction of a line: bytes of all requests follow one another. */
class Lane {
  #freeAtMs = 0

  /** Resolves when so many bytes have passed. */
  async pass(bytes: number, { bitsPerSecond }: LineSpeed): Promise<void> {
    if (bitsPerSecond === undefined) return
    const nowMs = performance.now()
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + (bytes * 8 * 1000) / bitsPerSecond
    if (this.#freeAtMs - nowMs > 1) await delay(this.#freeAtMs - nowMs)
  }
}

/** The bucket and its line. */
export class BucketLine {
  readonly url: string
  #speed: LineSpeed = { latencyMs: 0 }
  #counts: LineCounts = { requests: 0, packBytes: 0, upBytes: 0, downBytes: 0 }
  readonly #folder: string
  readonly #bucket: BucketServer
  readonly #proxy: Server
  readonly #up = new Lane()
  readonly #down = new Lane()

  private constructor(folder: string, bucket: BucketServer, proxy: Server) {
    this.#folder = folder
    this.#bucket = bucket
    this.#proxy = proxy
    this.url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/`
    proxy.on("request", (request, response) => {
      this.#pass(request, response).catch(() => response.destroy())
    })
  }

  /** An empty bucket. */
  static async start(): Promise<BucketLine> {
    const folder = await mkdtemp(join(tmpdir(), "bench-bucket-"))
    const bucket = await openBucketServer({ bucket: fs({ directory: folder }) })
    const proxy = createServer()
    proxy.listen(0, "127.0.0.1")
    await once(proxy, "listening")
    return new BucketLine(folder, bucket, proxy)
  }

  /** Changes the speed; gives what has passed since the last change. */
  turn(speed: LineSpeed): LineCounts {
    const counts = this.#counts
    this.#speed = speed
    this.#counts = { requests: 0, packBytes: 0, upBytes: 0, downBytes: 0 }
    return counts
  }

  async stop(): Promise<void> {
    this.#proxy.closeAllConnections()
    await once(this.#proxy.close(), "close")
    await this.#bucket.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = request
    const speed = this.#speed
    // What a browser asks before it asks is not the protocol's.
    if (method !== "OPTIONS") this.#counts = { ...this.#counts, requests: this.#counts.requests + 1 }
    await delay(speed.latencyMs)
    const { hostname, port } = new URL(this.#bucket.url)
    const onward = sendRequest({
      hostname,
      port,
      method,
      path: url,
      headers: { ...headers, host: `${hostname}:${port}` },
    })
    const answered = once(onward, "response") as Promise<[IncomingMessage]>
    for await (const bytes of paced(request, this.#up, speed)) {
      const isPack = url.includes("/p/0/")
      this.#counts = {
        ...this.#counts,
        upBytes: this.#counts.upBytes + bytes.length,
        packBytes: this.#counts.packBytes + (isPack ? bytes.length : 0),
      }
      onward.write(bytes)
    }
    onward.end()
    const [answer] = await answered
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    for await (const bytes of paced(answer, this.#down, speed)) {
      this.#counts = { ...this.#counts, downBytes: this.#counts.downBytes + bytes.length }
      response.write(bytes)
    }
    response.end()
  }
}

/** A body in small pieces, at the pace of a lane. */
async function* paced(body: AsyncIterable<Buffer>, lane: Lane, speed: LineSpeed): AsyncGenerator<Buffer> {
  for await (const piece of body)
    for (let at = 0; at < piece.length; at += chunkBytes) {
      const bytes = piece.subarray(at, at + chunkBytes)
      await lane.pass(bytes.length, speed)
      yield bytes
    }
}
