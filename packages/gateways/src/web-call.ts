/**
 * One request to a server and its whole answer. Owns: patience, the bound of an answer, and what a broken connection means.
 * Invariant: a call ends when its signal fires or its patience does, whatever the platform and the server do; an answer that is
 * larger than its bound is never held. Must not know what is asked for. Failures carry no address and no header.
 */
import { concatBytes } from "@fixpoint/core/gateway"
import { FixpointError } from "@fixpoint/core/errors"
import { tooLarge } from "./admit.ts"
import { type Race, startRace } from "./give-up.ts"
import type { WebEffects } from "./web-effects.ts"

/** A request. */
export interface WebCall {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
  /** A larger answer is an error. */
  readonly bytesMax: number
  /** How long to wait for an answer, beside the time that its bytes may take. */
  readonly timeoutMs: number
}

/** An answer. */
export interface WebAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** The slowest connection that is waited for: 16 kB each second, both ways. */
const bytesPerMsMin = 16

/** Sends a request and gives the whole answer. */
export async function callWeb(effects: WebEffects, call: WebCall): Promise<WebAnswer> {
  const { method, url, headers, body, signal } = call
  const race = startRace(signal)
  const platform = new AbortController()
  const progress = { bytes: body?.length ?? 0 }
  const endPatience = startPatience(effects, call.timeoutMs, progress, () =>
    race.giveUp(new FixpointError("REMOTE_TIMEOUT")),
  )
  try {
    const init = { method, headers, redirect: "manual", signal: platform.signal } as const
    const response = await race.run(effects.fetch(url, body === undefined ? init : { ...init, body: body as BodyInit }))
    const answer = await readBody(response, call.bytesMax, race, progress)
    return { status: response.status, headers: response.headers, body: answer }
  } catch (error) {
    if (error instanceof FixpointError) throw error
    if (await race.run(effects.isForbidden(url))) throw new FixpointError("REMOTE_CORS")
    throw new FixpointError("REMOTE_UNAVAILABLE", undefined, { details: { reason: reasonOf(error) } })
  } finally {
    endPatience()
    race.end()
    platform.abort()
  }
}

const ignore = (): void => undefined

function startPatience(
  { clock, timers }: WebEffects,
  timeoutMs: number,
  progress: { readonly bytes: number },
  onEnd: () => void,
): () => void {
  const startedAt = clock.monotonic()
  let cancel = ignore
  const wait = () => {
    const leftMs = timeoutMs + progress.bytes / bytesPerMsMin - (clock.monotonic() - startedAt)
    if (leftMs <= 0) onEnd()
    else cancel = timers.after(Math.ceil(leftMs), wait)
  }
  wait()
  return () => cancel()
}

async function readBody(
  response: Response,
  bytesMax: number,
  race: Race,
  progress: { bytes: number },
): Promise<Uint8Array> {
  const { headers, body } = response
  const told = Number(headers.get("content-length") ?? 0)
  if (body === null) return new Uint8Array()
  // What comes compressed may be of any length.
  const isCoded = headers.has("content-encoding")
  if (told > bytesMax) throw tooLarge()
  const reader = body.getReader()
  const parts: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { value } = await race.run(reader.read())
    if (value === undefined) break
    parts.push(value)
    size += value.length
    progress.bytes += value.length
    if (size > bytesMax) throw tooLarge()
  }
  if (size < told && !isCoded)
    throw new FixpointError("REMOTE_UNAVAILABLE", "The answer was cut short.", { details: { reason: "cut" } })
  const [first] = parts
  return parts.length === 1 && first !== undefined ? first : concatBytes(...parts)
}

/** The system's name for a broken connection. Messages stay out: some hold the whole address. */
function reasonOf(error: unknown): string {
  const { code } = Object((error as { readonly cause?: unknown } | undefined)?.cause) as { readonly code?: unknown }
  return typeof code === "string" && /^[A-Z_]{1,40}$/.test(code) ? code : "network"
}
