/**
 * What is logged, as the whole page or process has chosen it: FP_DEBUG, FP_FORMAT and FP_STACK from the environment or
 * localStorage, or set at run time. Owns: these settings and the sink. Must not know loggers.
 */
import type { LogFormat, LogRecordLine, LogSink } from "@fixpoint/core/log"
import { environment } from "./thread-host.ts"
import type { LogChoice } from "./protocol.ts"

/** Changes of the settings; what is left out stays. */
export interface LogOptions {
  readonly format?: LogFormat
  /** Whether records carry the place of the call. */
  readonly stack?: boolean
}

interface Chosen extends LogOptions {
  readonly debug?: string
  readonly sink?: LogSink | undefined
}

const followers = new Set<() => void>()
const held: { chosen: Chosen } = { chosen: {} }

const choose = (change: Chosen) => {
  held.chosen = { ...held.chosen, ...change }
  for (const follower of followers) follower()
}

/** Sets FP_DEBUG at run time, for every database of this page or process and their workers. */
export function setDebug(debug: string, options: LogOptions = {}): void {
  choose({ debug, ...options })
}

/** Sends log records to a function instead of to the console; without one, to the console again. */
export function setLogSink(sink?: LogSink): void {
  choose({ sink })
}

/** The seam by which databases hear of changes. */
export const logSettings = {
  /** Calls `follower` on every change; gives the function that ends it. */
  follow(follower: () => void): () => void {
    followers.add(follower)
    return () => void followers.delete(follower)
  },
} as const

/** The settings in force for a database whose own option is `debug`. */
export function logChoice(debug: string | undefined): LogChoice {
  const { chosen } = held
  const format = chosen.format ?? environment("FP_FORMAT")
  return {
    debug: chosen.debug ?? debug ?? environment("FP_DEBUG") ?? "",
    format: (format ?? "pretty") as LogFormat,
    stack: chosen.stack ?? /^(1|true)$/.test(environment("FP_STACK") ?? ""),
    toPage: chosen.sink !== undefined,
  }
}

/** Hands a record to the application's sink. */
export function takeRecord(record: LogRecordLine): void {
  held.chosen.sink?.(record)
}
