/** The entry `@fixpoint/core/log`: what a host needs to make loggers, and a sink to print records. */
export type { LogFields, Logger, LogLevel, LogRecordLine } from "./base/log.ts"
export { type LogFilter, type LogThreshold, logLevels, parseLogFilter } from "./base/log-filter.ts"
export { formatRecord, type LogFormat } from "./base/log-format.ts"
export { flatRecord, LogHub, type LogSettings, type LogSink } from "./base/log-hub.ts"
