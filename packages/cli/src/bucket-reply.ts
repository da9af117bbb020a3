/** Replies of the HTTP dialect. Owns: the headers that each has. Must not know what is replied to. */
import type { ServerResponse } from "node:http"
import { dialectHeader, dialectVersion } from "@fixpoint/gateways/http"

const exposed = `etag, date, content-range, retry-after, ${dialectHeader}`
const sent = "authorization, content-type, if-none-match, range"

/** Lets pages of an origin read the reply. */
export function allowPage(response: ServerResponse, origin: string): void {
  response.setHeader("access-control-allow-origin", origin)
  response.setHeader("vary", "origin")
  response.setHeader("access-control-expose-headers", exposed)
  response.setHeader("access-control-allow-methods", "GET, HEAD, PUT, DELETE")
  response.setHeader("access-control-allow-headers", sent)
  response.setHeader("access-control-allow-private-network", "true")
  response.setHeader("access-control-max-age", "7200")
}

/** A reply without a body. */
export function sendStatus(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  const length = status === 204 || status === 304 ? {} : { "content-length": "0" }
  response.writeHead(status, { ...marks, ...length, ...headers }).end()
}

/** A reply with a body, which HEAD leaves out. */
export function sendBody(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Uint8Array,
): void {
  response.writeHead(status, { ...marks, ...headers, "content-length": `${body.length}` })
  response.end(response.req.method === "HEAD" ? undefined : body)
}

/** What every reply has: no cache keeps it, and no browser takes it for a page. */
const marks = {
  [dialectHeader]: dialectVersion,
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
} as const
