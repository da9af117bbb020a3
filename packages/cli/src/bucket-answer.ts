/**
 * Requests of the HTTP dialect, answered from a bucket; docs/http-gateway.md describes it. Owns: what each request means.
 * Invariant: an address is a key as it stands, or is refused: nothing in it is decoded, so that it can mean no other place.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { type Code, FixpointError } from "@fixpoint/core/errors"
import { concatBytes, type Gateway, isObjectKey, objectBytesMax } from "@fixpoint/core/gateway"
import { sendBody, sendStatus } from "./bucket-reply.ts"

const statuses: Partial<Readonly<Record<Code, number>>> = {
  INVALID_ARGUMENT: 400,
  LIMIT_SIZE: 413,
  REMOTE_READ_ONLY: 403,
  REMOTE_QUOTA: 507,
}

/** Answers a request. */
export async function answerBucket(request: IncomingMessage, response: ServerResponse, bucket: Gateway): Promise<void> {
  const [address = "", query = ""] = (request.url ?? "").split("?", 2)
  const path = address.slice(1)
  const isFolder = path === "" || (path.endsWith("/") && isObjectKey(path.slice(0, -1)))
  const isRead = request.method === "GET" || request.method === "HEAD"
  try {
    if (isFolder && isRead) return await list(response, bucket, path, new URLSearchParams(query))
    if (!isObjectKey(path)) return sendStatus(response, 400)
    if (isRead) return await get(request, response, bucket, path)
    if (request.method === "PUT") return await put(request, response, bucket, path)
    if (request.method !== "DELETE") return sendStatus(response, 405, { allow: "GET, HEAD, PUT, DELETE, OPTIONS" })
    await bucket.delete(path)
    sendStatus(response, 204)
  } catch (error) {
    const status = error instanceof FixpointError ? statuses[error.code] : undefined
    // What was not read of the request is in the way of the next one.
    sendStatus(response, status ?? 500, request.complete ? {} : { connection: "close" })
  }
}

async function list(response: ServerResponse, bucket: Gateway, folder: string, query: URLSearchParams): Promise<void> {
  const after = query.get("after") ?? ""
  const limit = query.has("limit") ? Number(query.get("limit")) : undefined
  const page = await bucket.list(folder + (query.get("prefix") ?? ""), { after: after && folder + after, limit })
  const inFolder = (key: string) => key.slice(folder.length)
  const keys = page.keys.map((listed) => ({ ...listed, key: inFolder(listed.key) }))
  const body = JSON.stringify(page.next === undefined ? { keys } : { keys, next: inFolder(page.next) })
  sendBody(response, 200, { "content-type": "application/json" }, Buffer.from(body))
}

async function get(request: IncomingMessage, response: ServerResponse, bucket: Gateway, key: string): Promise<void> {
  const ifNoneMatch = request.headers["if-none-match"]?.replaceAll('"', "")
  const found = await bucket.get(key, { ifNoneMatch })
  if (found.kind === "notFound") return sendStatus(response, 404)
  if (found.kind === "notModified") return sendStatus(response, 304, { etag: `"${ifNoneMatch}"` })
  const { body, etag } = found
  const headers = { etag: `"${etag}"`, "content-type": "application/octet-stream", "accept-ranges": "bytes" }
  const [, first, last = ""] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(request.headers.range ?? "") ?? []
  if (first === undefined) return sendBody(response, 200, headers, body)
  const start = Number(first)
  const end = last === "" ? body.length : Math.min(body.length, Number(last) + 1)
  if (start >= end) return sendStatus(response, 416, { ...headers, "content-range": `bytes */${body.length}` })
  const part = { ...headers, "content-range": `bytes ${start}-${end - 1}/${body.length}` }
  sendBody(response, 206, part, body.subarray(start, end))
}

async function put(request: IncomingMessage, response: ServerResponse, bucket: Gateway, key: string): Promise<void> {
  const condition = request.headers["if-none-match"]
  if (condition !== undefined && condition !== "*") return sendStatus(response, 400)
  const body = await bodyOf(request)
  const result = await bucket.put(key, body, { ifAbsent: condition === "*" })
  if (result.kind === "exists") return sendStatus(response, 412)
  sendStatus(response, 200, { etag: `"${result.etag}"` })
}

/** The body of a request; LIMIT_SIZE as soon as it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const tooLarge = () => new FixpointError("LIMIT_SIZE", undefined, { details: { max: objectBytesMax } })
  if (Number(request.headers["content-length"] ?? 0) > objectBytesMax) throw tooLarge()
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > objectBytesMax) throw tooLarge()
    parts.push(part)
  }
  return concatBytes(...parts)
}
