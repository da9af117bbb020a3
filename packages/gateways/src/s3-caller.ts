/**
 * How a request gets to a bucket: signed with credentials, or over an address that somebody else signs. Owns: the
 * offset of the server's clock, and the one repetition when either was out of date.
 * Invariant: a request is repeated once at most, and only when it was refused before it had an effect.
 */
import { type Code, FixpointError } from "@fixpoint/core/errors"
import { askApplication } from "./give-up.ts"
import { refusalOf, refused, type S3Refusal, type S3Verb } from "./s3-answer.ts"
import { credentialSource } from "./s3-credentials.ts"
import type { BucketAddress, S3Credentials, S3Settings } from "./s3-settings.ts"
import { encodePath, signAddress, signRequest } from "./sigv4.ts"
import { callWeb, type WebAnswer } from "./web-call.ts"
import type { WebEffects } from "./web-effects.ts"

/** A request to a bucket. */
export interface S3Call {
  readonly verb: S3Verb
  readonly method: "GET" | "PUT" | "DELETE"
  /** With the prefix; empty for the bucket itself. */
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent without being signed. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
  readonly bytesMax: number
}

/** An answer that is no refusal of the caller, with the words in it when it is one of the request. */
export interface S3Answer extends WebAnswer {
  readonly refusal: S3Refusal
}

/** Sends requests to one bucket. */
export type S3Caller = (call: S3Call) => Promise<S3Answer>

const nothing = new Uint8Array()

/** How long a signed address holds: as long as a request may take. */
const addressSeconds = 300

/** What may be otherwise with newer credentials, or another clock. */
const mayPass: readonly Code[] = ["REMOTE_AUTH", "REMOTE_AUTH_EXPIRED"]

/** A caller of the bucket that the settings name. */
export function createCaller(settings: S3Settings, effects: WebEffects): S3Caller {
  const send = settings.presign === undefined ? signedSend(settings, effects) : presignedSend(settings, effects)
  return async (call) => {
    const { answer, mayPassNow } = await send(call)
    const refusal = refusalIn(answer)
    const isAgain = isRefusal(answer) && (await mayPassNow(refused(call.verb, answer, refusal).code))
    if (!isAgain) return { ...answer, refusal }
    const second = (await send(call)).answer
    return { ...second, refusal: refusalIn(second) }
  }
}

/** An answer, and whether the request may pass now when it was refused with a code. */
interface Sent {
  readonly answer: WebAnswer
  mayPassNow(code: Code): Promise<boolean>
}

type Send = (call: S3Call) => Promise<Sent>

const isRefusal = ({ status }: WebAnswer) => status === 400 || status === 401 || status === 403
const refusalIn = (answer: WebAnswer) => (answer.status >= 300 ? refusalOf(answer) : { reason: "", message: "" })

function signedSend(settings: S3Settings, effects: WebEffects): Send {
  const { address, region, timeoutMs } = settings
  const source = credentialSource(settings.credentials)
  let clockOffsetMs = 0
  // A page may send these without asking the server first; a token, which outlives the address, is not put into one.
  const isSimple = ({ sessionToken }: S3Credentials, method: string, headers: Readonly<Record<string, string>>) =>
    method === "GET" &&
    headers["if-none-match"] === undefined &&
    sessionToken === undefined &&
    effects.asksFirst(address.origin)
  const learnClock = ({ headers }: WebAnswer) => {
    const serverMs = Date.parse(headers.get("date") ?? "")
    if (Number.isNaN(serverMs)) return false
    clockOffsetMs = serverMs - effects.clock.now()
    return true
  }
  const sendAs = async (credentials: S3Credentials, call: S3Call): Promise<WebAnswer> => {
    const { method, key, query = {}, headers = {}, body, signal, bytesMax } = call
    const request = { method, ...pathIn(address, key), query, headers: typed(body), body: body ?? nothing }
    const signing = { credentials, region, atMs: effects.clock.now() + clockOffsetMs }
    const limits = { signal, bytesMax, timeoutMs }
    if (isSimple(credentials, method, headers)) {
      const url = await signAddress(effects.crypto, request, signing, addressSeconds)
      const answer = await callWeb(effects, { method, url, headers, ...limits })
      // In words that tell more a server refuses what is signed in headers.
      if (!isRefusal(answer)) return answer
    }
    const signed = await signRequest(effects.crypto, request, signing)
    const all = { ...headers, ...signed.headers }
    return await callWeb(effects, { method, url: signed.url, headers: all, body, ...limits })
  }
  return async (call) => {
    const question = { name: "credentials", signal: call.signal, timeoutMs, onLate: source.forget }
    const credentials = await askApplication(effects, { ...question, ask: source.current })
    const answer = await sendAs(credentials, call)
    const mayPassNow = async (code: Code) => {
      if (code === "REMOTE_CLOCK_SKEW") return learnClock(answer)
      if (!mayPass.includes(code)) return false
      return await askApplication(effects, { ...question, ask: () => source.renewed(credentials) })
    }
    return { answer, mayPassNow }
  }
}

function presignedSend({ presign, timeoutMs }: S3Settings, effects: WebEffects): Send {
  return async ({ method, key, query = {}, headers = {}, body, signal, bytesMax }) => {
    const ask = () => presign?.({ method, key, query })
    const url = await askApplication(effects, { name: "presign", ask, signal, timeoutMs })
    if (typeof url !== "string" || !/^https?:\/\//.test(url))
      throw new FixpointError("REMOTE_AUTH", "presign() gave no address.")
    const answer = await callWeb(effects, { method, url, headers, body, signal, bytesMax, timeoutMs })
    // An address that is too old is refused as if it had never been allowed; a newer one tells.
    const mayPassNow = async (code: Code) => [...mayPass, "REMOTE_CLOCK_SKEW", "REMOTE_READ_ONLY"].includes(code)
    return { answer, mayPassNow }
  }
}

const typed = (body: Uint8Array | undefined): Readonly<Record<string, string>> =>
  body === undefined ? {} : { "content-type": "application/octet-stream" }

function pathIn({ origin, path }: BucketAddress, key: string) {
  return { origin, path: `${path}/${encodePath(key)}` }
}
