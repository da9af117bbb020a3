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
  const { credentials, region, atMs } = signing
  const { origin, path } = request
  const time = `${new Date(atMs).toISOString().replaceAll(/[:-]/g, "").slice(0, 15)}Z`
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`
  const payloadHash = await sha256(crypto, request.body)
  const headers: Record<string, string> = {
    ...request.headers,
    "x-amz-content-sha256": payloadHash,
    "x-amz-date": time,
  }
  if (credentials.sessionToken !== undefined) headers["x-amz-security-token"] = credentials.sessionToken
  const signed = Object.entries({ ...headers, host: new URL(origin).host }).sort(([a], [b]) => (a < b ? -1 : 1))
  const names = signed.map(([name]) => name).join(";")
  const query = encodeQuery(request.query)
  const lines = signed.map(([name, value]) => `${name}:${value.trim().replaceAll(/\s+/g, " ")}\n`)
  const canonical = [request.method, path, query, lines.join(""), names, payloadHash].join("\n")
  const toSign = [algorithm, time, scope, await sha256(crypto, utf8Encode(canonical))].join("\n")
  const key = await signingKey(crypto, credentials.secretAccessKey, scope)
  const signature = toHex(await hmac(crypto, key, toSign))
  const authorization = `${algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return { url: origin + path + (query && `?${query}`), headers: { ...headers, authorization } }
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
