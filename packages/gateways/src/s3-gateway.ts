/**
 * A bucket of an S3 server as a gateway. Owns: how each verb is asked, and which answers are outcomes.
 * Invariant: a PUT counts as stored only when the server's own answer says so, and an object as absent only when it names the
 * reason. Must not know how requests are signed.
 */
import { FixpointError } from "@fixpoint/core/errors"
import {
  checkObjectKey,
  checkObjectPrefix,
  type Gateway,
  type GetOptions,
  type GetResult,
  isObjectKey,
  type ListedObject,
  type ListOptions,
  type ListResult,
  objectBytesMax,
  type PutOptions,
  type PutResult,
} from "@fixpoint/core/gateway"
import { checkBody, checkPage, checkRange } from "./admit.ts"
import { once, probe } from "./probe.ts"
import { etagOf, intercepted, isForeign, refused, unquoted, xmlOf } from "./s3-answer.ts"
import { createCaller, type S3Answer, type S3Caller } from "./s3-caller.ts"
import type { S3Settings } from "./s3-settings.ts"
import { type WebEffects, webEffects } from "./web-effects.ts"
import { textOf } from "./xml.ts"

/** A page of a thousand keys of the longest kind fits, with what servers tell of each. */
const listBytesMax = 4 * 1024 * 1024
const refusalBytesMax = 64 * 1024

/** A gateway to the bucket that the settings name. */
export function openS3(settings: S3Settings, effects: WebEffects = webEffects()): Gateway {
  const call = createCaller(settings, effects)
  const { name, prefix } = settings
  const gateway: Gateway = {
    name,
    capabilities: once(async (options) => ({ ...(await probe(gateway, effects, options)), copies: true })),
    get: (key, options) => getObject(call, prefix, key, options),
    put: (key, body, options) => putObject(call, prefix, { key, body }, options),
    list: (under, options) => listObjects(call, prefix, under, options),
    async delete(key, { signal } = {}) {
      checkObjectKey(key)
      const request = {
        verb: "delete",
        method: "DELETE",
        key: prefix + key,
        signal,
        bytesMax: refusalBytesMax,
      } as const
      const answer = await call(request)
      const isGone = answer.status === 404 && answer.refusal.reason === "NoSuchKey"
      if (!isGone && answer.status !== 204) throw failed("delete", answer)
    },
  }
  return gateway
}

const failed = (verb: "get" | "put" | "list" | "delete", answer: S3Answer) =>
  answer.status < 300 ? intercepted(verb, answer) : refused(verb, answer, answer.refusal)

async function getObject(
  call: S3Caller,
  prefix: string,
  key: string,
  { ifNoneMatch, range, signal }: GetOptions = {},
): Promise<GetResult> {
  checkObjectKey(key)
  checkRange(range)
  const headers: Record<string, string> = {}
  if (ifNoneMatch !== undefined) headers["if-none-match"] = `"${ifNoneMatch}"`
  if (range !== undefined) headers["range"] = `bytes=${range[0]}-${range[1] - 1}`
  const bytesMax = Math.max(objectBytesMax, refusalBytesMax)
  const answer = await call({ verb: "get", method: "GET", key: prefix + key, headers, signal, bytesMax })
  const { status, refusal } = answer
  if (status === 304 && ifNoneMatch !== undefined) return { kind: "notModified" }
  if (status === 404 && refusal.reason === "NoSuchKey") return { kind: "notFound" }
  if (status === 416 && range !== undefined) return found(answer, new Uint8Array())
  if ((status !== 200 && status !== 206) || isForeign(answer)) throw failed("get", answer)
  const etag = etagOf(answer)
  if (ifNoneMatch !== undefined && etag === ifNoneMatch) return { kind: "notModified" }
  // A server that does not know ranges sends everything.
  if (range !== undefined && status === 200) return found(answer, answer.body.subarray(...range))
  return found(answer, answer.body)
}

function found(answer: S3Answer, body: Uint8Array): GetResult {
  const serverTimeMs = Date.parse(answer.headers.get("date") ?? "")
  const etag = answer.status === 416 ? "" : etagOf(answer)
  return { kind: "found", body, etag, ...(Number.isNaN(serverTimeMs) ? {} : { serverTimeMs }) }
}

async function putObject(
  call: S3Caller,
  prefix: string,
  { key, body }: { readonly key: string; readonly body: Uint8Array },
  { ifAbsent = false, signal }: PutOptions = {},
): Promise<PutResult> {
  checkObjectKey(key)
  checkBody(body)
  const headers: Record<string, string> = ifAbsent ? { "if-none-match": "*" } : {}
  const request = { verb: "put", method: "PUT", key: prefix + key, headers, body, signal } as const
  const answer = await call({ ...request, bytesMax: refusalBytesMax })
  if (answer.status === 412 && ifAbsent) return { kind: "exists" }
  // Servers answer with an etag and nothing else; some call that nothing a page.
  if (answer.status !== 200 || answer.body.length > 0) throw failed("put", answer)
  const etag = etagOf(answer)
  if (etag !== "") return { kind: "stored", etag }
  // A page does not see the etag unless the bucket's rules expose it, and a portal sends none: only a look at the object tells.
  const seen = await getObject(call, prefix, key, { range: [0, 1], signal })
  if (seen.kind !== "found") throw intercepted("put", answer)
  return { kind: "stored", etag: seen.etag }
}

async function listObjects(
  call: S3Caller,
  prefix: string,
  under: string,
  { after, limit, signal }: ListOptions = {},
): Promise<ListResult> {
  checkObjectPrefix(under)
  const page = checkPage(after, limit)
  let start = page.after === "" ? "" : prefix + page.after
  for (;;) {
    const query: Record<string, string> = { "list-type": "2", prefix: prefix + under, "max-keys": `${page.limit}` }
    if (start !== "") query["start-after"] = start
    const answer = await call({ verb: "list", method: "GET", key: "", query, signal, bytesMax: listBytesMax })
    const root = answer.status === 200 ? xmlOf(answer.body) : undefined
    if (root?.name !== "ListBucketResult") throw failed("list", answer)
    const listed = root.children.filter(({ name }) => name === "Contents")
    const raw = listed.map((element) => textOf(element, "Key") ?? "")
    const keys: ListedObject[] = listed.flatMap((element, n) => {
      const key = (raw[n] ?? "").slice(prefix.length)
      const size = Number(textOf(element, "Size"))
      // Objects of others may lie in the same place.
      if (!isObjectKey(key) || !raw[n]?.startsWith(prefix + under) || key <= page.after || !(size >= 0)) return []
      const etag = unquoted(textOf(element, "ETag") ?? "")
      return [{ key, size, ...(etag === "" ? {} : { etag }) }]
    })
    if (textOf(root, "IsTruncated") !== "true") return { keys }
    const last = raw.at(-1) ?? ""
    const next = keys.at(-1)?.key
    if (next !== undefined) return { keys, next }
    // Whatever goes on must come further, or it never ends.
    if (last <= start)
      throw new FixpointError("REMOTE_UNAVAILABLE", "A list does not go on.", { details: { verb: "list" } })
    start = last
  }
}
