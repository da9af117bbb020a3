/**
 * Where loggers, the FP_DEBUG in force and the sink meet. Owns: the switch of each module.
 * Invariant: a logger asks its module's switch at every call, so that new settings hold at once for loggers that exist;
 * a level that is off costs one comparison. Must not know formats or where settings come from.
 */
import type { Json } from "./json.ts"
import type { LogFields, Logger, LogLevel, LogRecordLine } from "./log.ts"
import { type LogThreshold, logLevels, parseLogFilter } from "./log-filter.ts"

/** Takes records, in order. */
export type LogSink = (record: LogRecordLine) => void

/** What is logged: FP_DEBUG, and FP_STACK. */
export interface LogSettings {
  readonly debug: string
  readonly stack: boolean
}

/** The switch of one module, shared by all its loggers. */
interface Switch {
  threshold: LogThreshold
}

/** Where a record was made: nothing is thrown. */
class CallPlace extends Error {
  override readonly name = "at"
}

type Write = (level: LogLevel, msg: string, fields: LogFields | undefined) => void

class ModuleLogger implements Logger {
  readonly #switch: Switch
  readonly #write: Write

  constructor(shared: Switch, write: Write) {
    this.#switch = shared
    this.#write = write
  }

  on(level: LogLevel): boolean {
    return this.#switch.threshold > logLevels.indexOf(level)
  }

  error(msg: string, fields?: LogFields): void {
    if (this.#switch.threshold > 0) this.#write("error", msg, fields)
  }

  warn(msg: string, fields?: LogFields): void {
    if (this.#switch.threshold > 1) this.#write("warn", msg, fields)
  }

  info(msg: string, fields?: LogFields): void {
    if (this.#switch.threshold > 2) this.#write("info", msg, fields)
  }

  debug(msg: string, fields?: LogFields): void {
    if (this.#switch.threshold > 3) this.#write("debug", msg, fields)
  }

  trace(msg: string, fields?: LogFields): void {
    if (this.#switch.threshold > 4) this.#write("trace", msg, fields)
  }
}

/** Makes loggers that share one setting and one sink. */
export class LogHub {
  readonly #now: () => number
  readonly #sink: LogSink
  readonly #switches = new Map<string, Switch>()
  #filter = parseLogFilter("")
  #stack = false

  constructor(now: () => number, sink: LogSink) {
    this.#now = now
    this.#sink = sink
  }

  /** Puts settings in force, for the loggers that exist too. Gives the items of `debug` that have no meaning. */
  configure({ debug, stack }: LogSettings): readonly string[] {
    this.#filter = parseLogFilter(debug)
    this.#stack = stack
    for (const [module, shared] of this.#switches) shared.threshold = this.#filter.threshold(module)
    return this.#filter.unknown
  }

  /** A logger of `module`; all its records carry `facts` as well. */
  logger(module: string, facts?: LogFields): Logger {
    const shared = this.#switches.get(module) ?? { threshold: this.#filter.threshold(module) }
    this.#switches.set(module, shared)
    return new ModuleLogger(shared, (level, msg, fields) => {
      const stack = this.#stack ? new CallPlace(msg).stack : undefined
      const record = { t: this.#now(), level, module, msg, fields: { ...facts, ...fields } }
      this.#sink(stack === undefined ? record : { ...record, stack })
    })
  }
}

/** A record as one flat object, in the order in which a reader looks: time, level, module, message, facts, stack. */
export function flatRecord({
  t,
  level,
  module,
  msg,
  fields,
  stack,
}: LogRecordLine): Readonly<Record<string, Json | undefined>> {
  return { t, level, module, msg, ...fields, stack }
}
