/**
 * A bucket of a server that speaks the HTTP dialect of docs/http-gateway.md. Owns: how each verb is asked, and which answers are
 * outcomes. Invariant: as every answer of the dialect carries its header, nothing that comes from elsewhere is taken for one.
 */
import { type Code, FixpointError } from "@fixpoint/core/errors"
import {
  checkObjectKey,
  checkObjectPrefix,
  type Gateway,
  isObjectKey,
  type ListedObject,
  type ListResult,
  objectBytesMax,
} from "@fixpoint/core/gateway"
import { checkBody, checkPage, checkRange } from "./admit.ts"
import { askApplication } from "./give-up.ts"
import { dialectHeader, dialectVersion } from "./http-dialect.ts"
import type { HttpSettings } from "./http-settings.ts"
import { once, probe } from "./probe.ts"
import { callWeb, type WebAnswer } from "./web-call.ts"
import { type WebEffects, webEffects } from "./web-effects.ts"

interface HttpCall {
  readonly verb: "get" | "put" | "list" | "delete"
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
}

const methods = { get: "GET", put: "PUT", list: "GET", delete: "DELETE" } as const

const codesOfStatus: Readonly<Record<number, Code>> = {
  401: "REMOTE_AUTH",
  404: "REMOTE_NO_BUCKET",
  408: "REMOTE_TIMEOUT",
  409: "REMOTE_THROTTLED",
  413: "LIMIT_SIZE",
  429: "REMOTE_THROTTLED",
  507: "REMOTE_QUOTA",
}

/** A gateway to the server that the settings name. */
export function openHttp({ name, url, headers, timeoutMs }: HttpSettings, effects: WebEffects = webEffects()): Gateway {
  const ask = async (call: HttpCall): Promise<WebAnswer> => {
    const { verb, path, body, signal } = call
    const ours = typeof headers === "function" ? headers : () => headers
    const given = await askApplication(effects, { name: "headers", ask: ours, signal, timeoutMs })
    const all = { ...given, ...call.headers }
    const request = { method: methods[verb], url: url + path, headers: all, body, signal, timeoutMs }
    const answer = await callWeb(effects, { ...request, bytesMax: objectBytesMax })
    if (answer.headers.get(dialectHeader) === dialectVersion) return answer
    throw failure(verb, answer, answer.status >= 500 ? codeOf(verb, answer.status) : "REMOTE_INTERCEPTED")
  }
  const gateway: Gateway = {
    name,
    capabilities: once(async (options) => ({ ...(await probe(gateway, effects, options)), copies: true })),
    async get(key, { ifNoneMatch, range, signal } = {}) {
      checkObjectKey(key)
      checkRange(range)
      const asked: Record<string, string> = {}
      if (ifNoneMatch !== undefined) asked["if-none-match"] = `"${ifNoneMatch}"`
      if (range !== undefined) asked["range"] = `bytes=${range[0]}-${range[1] - 1}`
      const answer = await ask({ verb: "get", path: key, headers: asked, signal })
      const { status } = answer
      if (status === 304) return { kind: "notModified" }
      if (status === 404) return { kind: "notFound" }
      if (status !== 200 && status !== 206 && status !== 416) throw failure("get", answer)
      const whole = status === 416 ? new Uint8Array() : answer.body
      const body = status === 200 && range !== undefined ? whole.subarray(...range) : whole
      const serverTimeMs = Date.parse(answer.headers.get("date") ?? "")
      return { kind: "found", body, etag: etagOf(answer), ...(Number.isNaN(serverTimeMs) ? {} : { serverTimeMs }) }
    },
    async put(key, body, { ifAbsent = false, signal } = {}) {
      checkObjectKey(key)
      checkBody(body)
      const asked: Record<string, string> = { "content-type": "application/octet-stream" }
      if (ifAbsent) asked["if-none-match"] = "*"
      const answer = await ask({ verb: "put", path: key, headers: asked, body, signal })
      if (answer.status === 412 && ifAbsent) return { kind: "exists" }
      if (answer.status !== 200) throw failure("put", answer)
      return { kind: "stored", etag: etagOf(answer) }
    },
    async list(prefix, { after, limit, signal } = {}) {
      checkObjectPrefix(prefix)
      const page = checkPage(after, limit)
      const query = new URLSearchParams({ prefix, after: page.after, limit: `${page.limit}` })
      const answer = await ask({ verb: "list", path: `?${query}`, signal })
      const listed = answer.status === 200 ? listedIn(answer, prefix, page.after) : undefined
      if (listed === undefined) throw failure("list", answer)
      return listed
    },
    async delete(key, { signal } = {}) {
      checkObjectKey(key)
      const answer = await ask({ verb: "delete", path: key, signal })
      if (answer.status !== 204) throw failure("delete", answer)
    },
  }
  return gateway
}

const etagOf = ({ headers }: WebAnswer) => (headers.get("etag") ?? "").replaceAll('"', "")

function codeOf(verb: HttpCall["verb"], status: number): Code {
  if (status === 403) return verb === "put" || verb === "delete" ? "REMOTE_READ_ONLY" : "REMOTE_AUTH"
  return codesOfStatus[status] ?? (status >= 500 && status !== 501 ? "REMOTE_UNAVAILABLE" : "REMOTE_UNSUPPORTED")
}

function failure(verb: HttpCall["verb"], { status, headers }: WebAnswer, code = codeOf(verb, status)): FixpointError {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN)
  const wish = seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}
  return new FixpointError(code, undefined, { details: { verb, status, ...wish } })
}

/** The page of a list; undefined when the answer is none. */
function listedIn({ body }: WebAnswer, prefix: string, after: string): ListResult | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
  const { keys: items, next } = Object(parsed) as { readonly keys?: unknown; readonly next?: unknown }
  if (!Array.isArray(items)) return undefined
  const keys: ListedObject[] = items.flatMap((item: unknown) => {
    const { key, size, etag } = Object(item) as Readonly<Record<string, unknown>>
    if (typeof key !== "string" || !isObjectKey(key) || !key.startsWith(prefix) || key <= after) return []
    if (typeof size !== "number" || !(size >= 0)) return []
    return [{ key, size, ...(typeof etag === "string" ? { etag } : {}) }]
  })
  // Whatever goes on must come further, or it never ends.
  return typeof next === "string" && isObjectKey(next) && next > after ? { keys, next } : { keys }
}
