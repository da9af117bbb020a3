/**
 * What the answers of S3 servers mean. Owns: the code of each refusal, and who may have answered instead of the server.
 * Invariant: nothing but the server's own word means that an object is not there: a page of a proxy is no such word.
 * Must not know requests.
 */
import { type Code, FixpointError } from "@fixpoint/core/errors"
import type { WebAnswer } from "./web-call.ts"
import { parseXml, textOf, type XmlElement } from "./xml.ts"

/** What was asked, as far as a refusal means something else then. */
export type S3Verb = "get" | "put" | "list" | "delete"

/** The server's words for a refusal. */
export interface S3Refusal {
  /** Such as NoSuchKey; empty when the answer is not the server's. */
  readonly reason: string
  readonly message: string
}

/** What the server calls a refusal; R2, Ceph, Swift, MinIO and GCS use the words of S3, and some of their own. */
const codes: Readonly<Record<string, Code>> = {
  RequestTimeTooSkewed: "REMOTE_CLOCK_SKEW",
  ExpiredToken: "REMOTE_AUTH_EXPIRED",
  TokenRefreshRequired: "REMOTE_AUTH_EXPIRED",
  InvalidToken: "REMOTE_AUTH_EXPIRED",
  QuotaExceeded: "REMOTE_QUOTA",
  XMinioStorageFull: "REMOTE_QUOTA",
  SlowDown: "REMOTE_THROTTLED",
  TooManyRequests: "REMOTE_THROTTLED",
  ConditionalRequestConflict: "REMOTE_THROTTLED",
  OperationAborted: "REMOTE_THROTTLED",
  RequestTimeout: "REMOTE_TIMEOUT",
  BadDigest: "REMOTE_UNAVAILABLE",
  XAmzContentSHA256Mismatch: "REMOTE_UNAVAILABLE",
  IncompleteBody: "REMOTE_UNAVAILABLE",
  NoSuchBucket: "REMOTE_NO_BUCKET",
  InvalidBucketName: "REMOTE_NO_BUCKET",
  PermanentRedirect: "REMOTE_NO_BUCKET",
  TemporaryRedirect: "REMOTE_NO_BUCKET",
  AuthorizationHeaderMalformed: "REMOTE_NO_BUCKET",
  EntityTooLarge: "LIMIT_SIZE",
}

/** For refusals without a word that is known. */
const codesOfStatus: Readonly<Record<number, Code>> = {
  401: "REMOTE_AUTH",
  403: "REMOTE_AUTH",
  409: "REMOTE_THROTTLED",
  429: "REMOTE_THROTTLED",
  501: "REMOTE_UNSUPPORTED",
  507: "REMOTE_QUOTA",
  511: "REMOTE_INTERCEPTED",
}

const notTold: S3Refusal = { reason: "", message: "" }

/** The words of a refusal. */
export function refusalOf({ body }: WebAnswer): S3Refusal {
  const root = xmlOf(body)
  if (root?.name !== "Error") return notTold
  const reason = textOf(root, "Code") ?? ""
  return /^[A-Za-z0-9.]{1,64}$/.test(reason) ? { reason, message: textOf(root, "Message") ?? "" } : notTold
}

/** The XML of an answer; undefined when it is something else. */
export function xmlOf(body: Uint8Array): XmlElement | undefined {
  return parseXml(new TextDecoder().decode(body))
}

/** The error of an answer that is none of the outcomes that its verb has. */
export function refused(verb: S3Verb, answer: WebAnswer, { reason, message }: S3Refusal): FixpointError {
  const { status, headers } = answer
  const details = { verb, status, ...(reason === "" ? {} : { reason }), ...retryAfter(headers) }
  return new FixpointError(codeOf(verb, status, reason, message), undefined, { details })
}

function codeOf(verb: S3Verb, status: number, reason: string, message: string): Code {
  // A signed address that is too old is refused without a word of its own.
  if (reason === "AccessDenied" && /expired/i.test(message)) return "REMOTE_AUTH_EXPIRED"
  if (reason === "AccessDenied") return verb === "put" || verb === "delete" ? "REMOTE_READ_ONLY" : "REMOTE_AUTH"
  const known = Object.hasOwn(codes, reason) ? codes[reason] : codesOfStatus[status]
  if (known !== undefined) return known
  if (status >= 500) return "REMOTE_UNAVAILABLE"
  return reason === "" ? "REMOTE_INTERCEPTED" : "REMOTE_UNSUPPORTED"
}

/** The server's wish, in seconds as S3 servers tell it. */
function retryAfter(headers: Headers): { readonly retryAfterMs?: number } {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN)
  return seconds >= 0 && seconds <= 86_400 ? { retryAfterMs: seconds * 1000 } : {}
}

/** The error of a success that is not the server's. */
export function intercepted(verb: S3Verb, { status }: WebAnswer): FixpointError {
  return new FixpointError("REMOTE_INTERCEPTED", undefined, { details: { verb, status } })
}

/** Whether a success is not the server's: a page of somebody else, or an answer without a word that an object is meant. */
export function isForeign(answer: WebAnswer): boolean {
  const type = answer.headers.get("content-type") ?? ""
  return /^\s*text\/html/i.test(type) || (etagOf(answer) === "" && !type.includes("octet-stream"))
}

/** An etag without its quotes; empty when the server told none, or the page may not see it. */
export function etagOf({ headers }: WebAnswer): string {
  return unquoted(headers.get("etag") ?? "")
}

/** Text without quotes around it. */
export function unquoted(etag: string): string {
  return etag.replaceAll(/^(W\/)?"|"$/g, "")
}
