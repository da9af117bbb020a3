/**
 * AWS Signature Version 4, as S3 reads it: paths are encoded once and never normalised. Owns: the canonical request, the signing
 * key, the Authorization header. Source: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference.
 * Invariant: what is signed is what is sent: address and headers go out as they come out of here.
 */
import { toHex, utf8Encode } from "@fixpoint/core/gateway"
import type { S3Credentials } from "./s3-settings.ts"
import type { WebEffects } from "./web-effects.ts"

/** A request before it is signed. All its headers are signed; those to be left out are added afterwards. */
export interface UnsignedRequest {
  readonly method: string
  /** Scheme and host, without a path. */
  readonly origin: string
  /** With a slash in front, in the form of `encodePath`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Who signs, and when. */
export interface Signing {
  readonly credentials: S3Credentials
  readonly region: string
  readonly atMs: number
}

/** What is sent. */
export interface SignedRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

type SigningCrypto = WebEffects["crypto"]

const algorithm = "AWS4-HMAC-SHA256"

/** Text as a part of an address: everything encoded but letters, digits and `- . _ ~`. */
export function encodePart(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** A path with each of its parts encoded. */
export function encodePath(path: string): string {
  return path.split("/").map(encodePart).join("/")
}

/** A query in canonical order. */
export function encodeQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => [encodePart(name), encodePart(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")
}

/** Signs a request in its headers. */
export async function signRequest(
  crypto: SigningCrypto,
  request: UnsignedRequest,
  signing: Signing,
): Promise<SignedRequest> {
  const { accessKeyId, sessionToken } = signing.credentials
  const { origin, path, query } = request
  const { time, scope } = momentOf(signing)
  const payloadHash = await sha256(crypto, request.body)
  const headers: Record<string, string> = {
    ...request.headers,
    "x-amz-content-sha256": payloadHash,
    "x-amz-date": time,
  }
  if (sessionToken !== undefined) headers["x-amz-security-token"] = sessionToken
  const signed = { ...headers, host: new URL(origin).host }
  const signature = await signatureOf(crypto, { ...request, headers: signed, payloadHash }, signing)
  const names = Object.keys(signed).sort().join(";")
  const authorization = `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  const text = encodeQuery(query)
  return { url: origin + path + (text && `?${text}`), headers: { ...headers, authorization } }
}

/** Signs a request without a body in its address, which holds for so many seconds. */
export async function signAddress(
  crypto: SigningCrypto,
  { method, origin, path, query }: Omit<UnsignedRequest, "headers" | "body">,
  signing: Signing,
  seconds: number,
): Promise<string> {
  const { time, scope } = momentOf(signing)
  const { accessKeyId, sessionToken } = signing.credentials
  const all = {
    ...query,
    "X-Amz-Algorithm": algorithm,
    "X-Amz-Credential": `${accessKeyId}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": `${seconds}`,
    "X-Amz-SignedHeaders": "host",
    ...(sessionToken === undefined ? {} : { "X-Amz-Security-Token": sessionToken }),
  }
  const headers = { host: new URL(origin).host }
  const payloadHash = "UNSIGNED-PAYLOAD"
  const signature = await signatureOf(crypto, { method, path, query: all, headers, payloadHash }, signing)
  return `${origin}${path}?${encodeQuery({ ...all, "X-Amz-Signature": signature })}`
}

function momentOf({ region, atMs }: Signing): { readonly time: string; readonly scope: string } {
  const time = `${new Date(atMs).toISOString().replaceAll(/[:-]/g, "").slice(0, 15)}Z`
  return { time, scope: `${time.slice(0, 8)}/${region}/s3/aws4_request` }
}

async function signatureOf(
  crypto: SigningCrypto,
  request: Pick<UnsignedRequest, "method" | "path" | "query" | "headers"> & { readonly payloadHash: string },
  signing: Signing,
): Promise<string> {
  const { method, path, query, headers, payloadHash } = request
  const { time, scope } = momentOf(signing)
  const signed = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1))
  const lines = signed.map(([name, value]) => `${name}:${value.trim().replaceAll(/\s+/g, " ")}\n`)
  const names = signed.map(([name]) => name).join(";")
  const canonical = [method, path, encodeQuery(query), lines.join(""), names, payloadHash].join("\n")
  const toSign = [algorithm, time, scope, await sha256(crypto, utf8Encode(canonical))].join("\n")
  const key = await signingKey(crypto, signing.credentials.secretAccessKey, scope)
  return toHex(await hmac(crypto, key, toSign))
}

async function signingKey(crypto: SigningCrypto, secret: string, scope: string): Promise<Uint8Array> {
  let key: Uint8Array = utf8Encode(`AWS4${secret}`)
  for (const part of scope.split("/")) key = await hmac(crypto, key, part)
  return key
}

async function hmac(crypto: SigningCrypto, key: Uint8Array, text: string): Promise<Uint8Array> {
  const imported = await crypto.importKey("raw", key as BufferSource, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ])
  return new Uint8Array(await crypto.sign("HMAC", imported, utf8Encode(text)))
}

async function sha256(crypto: SigningCrypto, bytes: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.digest("SHA-256", bytes as BufferSource)))
}
