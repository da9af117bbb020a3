/**
 * A server between a client and a server, that lets requests pass or does something worse. Owns: what can happen to a request on
 * its way. Invariant: a request that passes is passed on as it came, byte for byte, so that signatures hold.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage, request as sendRequest, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"

/** What happens to a request. */
export type ProxyFault =
  /** Somebody else answers. */
  | {
      readonly kind: "answer"
      readonly status: number
      readonly headers?: Record<string, string>
      readonly body?: string
    }
  /** It gets there, and its answer does not come back. */
  | { readonly kind: "lost" }
  /** The connection breaks at once. */
  | { readonly kind: "reset" }
  /** Nobody ever answers. */
  | { readonly kind: "hang" }
  /** The body of the answer comes to an end too early. */
  | { readonly kind: "cut" }
  /** A byte comes every now and then. */
  | { readonly kind: "slow" }
  /** A body is told of that is larger than any memory. */
  | { readonly kind: "huge" }
  /** A body that never ends. */
  | { readonly kind: "endless" }
  /** A small body that becomes large. */
  | { readonly kind: "bomb" }

/** The fault of the request; undefined lets it pass. */
export type ProxyPlan = (request: IncomingMessage) => ProxyFault | undefined

const bomb = gzipSync(new Uint8Array(64 * 1024 * 1024))

/** A proxy, or without a target a server that only fails. */
export class FaultProxy {
  readonly url: string
  /** How often it was called. */
  count = 0
  /** What happens from now on. */
  plan: ProxyPlan = () => undefined
  readonly #server: Server

  private constructor(server: Server, target: string | undefined) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on("request", (request, response) => {
      this.count++
      const fault = this.plan(request)
      if (fault === undefined || fault.kind === "lost") pass(request, response, target, fault)
      else happen(request, response, fault)
    })
  }

  static async start(target?: string): Promise<FaultProxy> {
    const server = createServer()
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    return new FaultProxy(server, target)
  }

  /** The next so many requests meet a fault, the others pass. */
  failNext(fault: ProxyFault, times = 1): void {
    let left = times
    this.plan = () => (left-- > 0 ? fault : undefined)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await once(this.#server.close(), "close")
  }
}

function pass(
  request: IncomingMessage,
  response: ServerResponse,
  target: string | undefined,
  fault: ProxyFault | undefined,
): void {
  if (target === undefined) throw new Error("this proxy has no target")
  const { hostname, port } = new URL(target)
  const { method, url: path, headers } = request
  const sent = sendRequest({ hostname, port, method, path, headers }, (answer) => {
    if (fault !== undefined) {
      answer.resume()
      answer.on("end", () => response.destroy())
      return
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  sent.on("error", () => response.destroy())
  request.pipe(sent)
}

function happen(
  request: IncomingMessage,
  response: ServerResponse,
  fault: Exclude<ProxyFault, { kind: "lost" }>,
): void {
  request.resume()
  const binary = { "content-type": "application/octet-stream", etag: '"x"', "fixpoint-bucket": "1" }
  if (fault.kind === "answer") {
    response.writeHead(fault.status, fault.headers)
    response.end(fault.body)
  } else if (fault.kind === "reset") response.destroy()
  else if (fault.kind === "cut") {
    response.writeHead(200, { ...binary, "content-length": "1000" })
    response.write(Buffer.alloc(500))
    setTimeout(() => response.destroy(), 20)
  } else if (fault.kind === "slow") {
    response.writeHead(200, { ...binary, "content-length": "1000" })
    const timer = setInterval(() => response.write("x"), 50)
    response.on("close", () => clearInterval(timer))
  } else if (fault.kind === "huge") {
    response.writeHead(200, { ...binary, "content-length": "100000000000" })
    response.write("x")
  } else if (fault.kind === "endless") {
    response.writeHead(200, binary)
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024))) continue
      if (!response.destroyed) response.once("drain", more)
    }
    more()
  } else if (fault.kind === "bomb") {
    response.writeHead(200, { ...binary, "content-encoding": "gzip" })
    response.end(bomb)
  }
}
