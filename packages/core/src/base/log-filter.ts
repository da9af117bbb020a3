/**
 * FP_DEBUG: which level is on for which module. Owns: the syntax and its meaning.
 * Invariant: items apply from left to right, and what no item names stays at error and warn.
 * Must not know loggers, sinks or where the text comes from.
 *
 *     items = item *("," item)
 *     item  = ["-"] glob [":" level]      glob: letters, digits, "_", "-", "/", ".", and "*" for any run of characters
 *
 * `glob` turns a module on up to debug, `glob:level` up to that level. `-glob` takes what it added away again, and
 * `-glob:level` turns that level and all finer ones off: `*,-lsm` spares the detail of one module, `-lsm:error` silences it.
 */
import type { LogLevel } from "./log.ts"

/** The levels from the gravest to the finest. */
export const logLevels: readonly LogLevel[] = ["error", "warn", "info", "debug", "trace"]

/** How many of `logLevels`, counted from the gravest, are on. */
export type LogThreshold = number

const unasked: LogThreshold = 2
const asked: LogThreshold = 4

/** A parsed FP_DEBUG. */
export interface LogFilter {
  /** The items that have no meaning, as they were written. */
  readonly unknown: readonly string[]
  threshold(module: string): LogThreshold
}

interface Rule {
  readonly modules: RegExp
  apply(threshold: LogThreshold): LogThreshold
}

const syntax = /^(-?)([\w./*][\w./*-]*)(?::([a-z]+))?$/

function parseRule(item: string): Rule | undefined {
  const [, minus, glob, level] = syntax.exec(item) ?? []
  const index = logLevels.indexOf(level as LogLevel)
  if (glob === undefined || (level !== undefined && index < 0)) return undefined
  const modules = new RegExp(`^${glob.replaceAll(".", "\\.").replaceAll("*", ".*")}$`)
  if (minus) return { modules, apply: (threshold) => Math.min(threshold, level === undefined ? unasked : index) }
  return { modules, apply: () => (level === undefined ? asked : index + 1) }
}

/** Parses an FP_DEBUG. Items without a meaning change nothing; the caller decides how to tell. */
export function parseLogFilter(text: string): LogFilter {
  const rules: Rule[] = []
  const unknown: string[] = []
  for (const part of text.split(",")) {
    const item = part.trim()
    const rule = parseRule(item)
    if (rule) rules.push(rule)
    else if (item !== "") unknown.push(item)
  }
  return {
    unknown,
    threshold: (module) =>
      rules.reduce((threshold, rule) => (rule.modules.test(module) ? rule.apply(threshold) : threshold), unasked),
  }
}
