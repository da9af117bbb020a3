/**
 * Module logging as a seam. Owns: the levels, the record and the logger's shape.
 * Invariant: a disabled level costs one boolean test and builds no string; a record never carries a key, a credential,
 * a document value or an object name. Must not know sinks, formats or where settings come from (log-filter.ts,
 * log-format.ts and the hosts do).
 */
import type { Json } from "./json.ts"

/** Levels by who acts: error = a developer looks; warn = the app may act; info = state changed; debug, trace = detail. */
export type LogLevel = "error" | "warn" | "info" | "debug" | "trace"

/** Facts of a record: numbers, codes, states, short names. */
export type LogFields = Readonly<Record<string, Json | undefined>>

/** One record, as sinks get it. `t` in ms since 1970. */
export interface LogRecordLine {
  readonly t: number
  readonly level: LogLevel
  readonly module: string
  readonly msg: string
  readonly fields: LogFields
  readonly stack?: string
}

/** Logs for one module. Ask `on(level)` before computing costly fields. */
export interface Logger {
  on(level: LogLevel): boolean
  error(msg: string, fields?: LogFields): void
  warn(msg: string, fields?: LogFields): void
  info(msg: string, fields?: LogFields): void
  debug(msg: string, fields?: LogFields): void
  trace(msg: string, fields?: LogFields): void
}

/** A logger that is off at every level. */
export const silentLogger: Logger = {
  on: () => false,
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  trace: () => undefined,
}
