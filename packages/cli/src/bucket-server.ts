/**
 * A server of the HTTP dialect over any bucket. Owns: the port, who may call, and the end.
 * Invariant: requests under way are answered before it ends, unless they take too long. A page of another site gets no answer,
 * nor does a name that another site has pointed at this machine, unless they were allowed.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { FixpointError } from "@fixpoint/core/errors"
import type { Gateway } from "@fixpoint/core/gateway"
import { timingSafeEqual } from "node:crypto"
import { answerBucket } from "./bucket-answer.ts"
import { allowPage, sendStatus } from "./bucket-reply.ts"

/** What is served, and to whom. */
export interface BucketServerOptions {
  readonly bucket: Gateway
  /** 127.0.0.1 otherwise. */
  readonly host?: string | undefined
  /** A free one otherwise. */
  readonly port?: number | undefined
  /** Origins whose pages may call, beside those of this machine; `*` is every one. */
  readonly origins?: readonly string[] | undefined
  /** What callers must give as `authorization: Bearer …`. */
  readonly token?: string | undefined
}

/** A server that runs. */
export interface BucketServer {
  /** With a slash at its end. */
  readonly url: string
  /** Ends when what is under way is done. */
  close(): Promise<void>
}

const headersTimeoutMs = 10_000
const requestTimeoutMs = 120_000
const closeTimeoutMs = 5_000

/** A name or an address that leads to this machine alone. */
const loopback = /^(localhost|([a-z0-9-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/

/** Serves a bucket. Rejects with REMOTE_UNAVAILABLE when the port cannot be had. */
export async function openBucketServer(options: BucketServerOptions): Promise<BucketServer> {
  const { host = "127.0.0.1", port = 0 } = options
  const server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs })
  const endIdle = watchConnections(server)
  server.on("request", (request, response) => {
    const isOwn = loopback.test(host)
    void answer(request, response, { ...options, isOwn }).catch(() => response.destroy())
  })
  await listen(server, port, host)
  const { port: bound } = server.address() as AddressInfo
  const shown = host.includes(":") ? `[${host}]` : host
  return { url: `http://${shown}:${bound}/`, close: () => close(server, endIdle) }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, "listening")
  } catch (error) {
    const { code = "unknown" } = error as { readonly code?: string }
    throw new FixpointError("REMOTE_UNAVAILABLE", `Port ${port} of ${host} cannot be had: ${code}.`, {
      details: { reason: code },
      cause: error,
    })
  }
}

/**
 * Knows which connections have a request under way; gives what ends each that has none, from then on. Node itself takes one on
 * which nothing was asked yet for busy.
 */
function watchConnections(server: Server): () => void {
  const requests = new Map<Socket, number>()
  let isEnding = false
  const endIfIdle = (socket: Socket) => {
    if (isEnding && requests.get(socket) === 0) socket.destroySoon()
  }
  server.on("connection", (socket) => {
    requests.set(socket, 0)
    socket.once("close", () => requests.delete(socket))
    endIfIdle(socket)
  })
  const count = (socket: Socket, by: number) => {
    const now = requests.get(socket)
    if (now !== undefined) requests.set(socket, now + by)
  }
  server.on("request", ({ socket }, response) => {
    count(socket, 1)
    response.once("close", () => {
      count(socket, -1)
      endIfIdle(socket)
    })
  })
  return () => {
    isEnding = true
    for (const socket of requests.keys()) endIfIdle(socket)
  }
}

async function close(server: Server, endIdle: () => void): Promise<void> {
  const closed = once(server, "close")
  const timer = setTimeout(() => server.closeAllConnections(), closeTimeoutMs)
  server.close()
  endIdle()
  await closed
  clearTimeout(timer)
}

interface Access extends BucketServerOptions {
  /** Whether only this machine can reach the server. */
  readonly isOwn: boolean
}

async function answer(request: IncomingMessage, response: ServerResponse, access: Access): Promise<void> {
  const { bucket, origins = [], token, isOwn } = access
  const { origin, host = "", authorization = "" } = request.headers
  // Whoever points a name of theirs at this machine has pages of one origin with it.
  if (isOwn && !loopback.test(host)) return sendStatus(response, 421)
  if (origin !== undefined) {
    const isKnown =
      origins.includes("*") || origins.includes(origin) || loopback.test(origin.replace(/^https?:\/\//, ""))
    if (!isKnown) return sendStatus(response, 403)
    allowPage(response, origin)
  }
  if (request.method === "OPTIONS") return sendStatus(response, 204)
  if (token !== undefined && token !== "" && !isSame(authorization, `Bearer ${token}`)) return sendStatus(response, 401)
  await answerBucket(request, response, bucket)
}

/** Whether two texts are the same, in a time that does not tell how far they are. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
