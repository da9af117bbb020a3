/**
 * What is logged, as the whole page or process has chosen it: FP_DEBUG, FP_FORMAT and FP_STACK from the environment or
 * localStorage, or set at run time. Owns: these settings and the sink. Must not know loggers.
 */
import type { LogFormat, LogRecordLine, LogSink } from "@fixpoint/core/log"

/** Changes of the settings; what is left out stays. */
export interface LogOptions {
  readonly format?: LogFormat | undefined
  /** Whether records carry the place of the call. */
  readonly stack?: boolean | undefined
}

/** What was set at run time. */
export interface LogChosen extends LogOptions {
  readonly debug?: string | undefined
  readonly sink?: LogSink | undefined
}

const followers = new Set<() => void>()
const held: { chosen: LogChosen } = { chosen: {} }

const choose = (change: LogChosen) => {
  held.chosen = { ...held.chosen, ...change }
  for (const follower of followers) follower()
}

/**
 * Sets FP_DEBUG at run time, for every database of this page or process and their workers, before what their options say.
 * undefined gives the word back to options and environment.
 */
export function setDebug(debug: string | undefined, options: LogOptions = {}): void {
  choose({ debug, ...options })
}

/** Sends log records to a function instead of to the console; without one, to the console again. */
export function setLogSink(sink?: LogSink): void {
  choose({ sink })
}

/** The seam by which databases hear of changes. */
export const logSettings = {
  /** What was set at run time. */
  get chosen(): LogChosen {
    return held.chosen
  },
  /** Calls `follower` on every change; gives the function that ends it. */
  follow(follower: () => void): () => void {
    followers.add(follower)
    return () => void followers.delete(follower)
  },
} as const

/** Hands a record to the application's sink. */
export function takeRecord(record: LogRecordLine): void {
  held.chosen.sink?.(record)
}
