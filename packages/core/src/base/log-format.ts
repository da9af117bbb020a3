/**
 * FP_FORMAT: a record as text. Owns: the four forms.
 * Invariant: json, jsonice and yaml say the same and can be read back by any parser; pretty is for eyes alone.
 * Must not know sinks. Loads on demand on a page, where json alone is always there.
 */
import type { Json } from "./json.ts"
import type { LogRecordLine } from "./log.ts"
import { flatRecord } from "./log-hub.ts"

/** One line of JSON · indented JSON · a YAML document · a line for eyes. */
export type LogFormat = "json" | "jsonice" | "yaml" | "pretty"

type Fields = Readonly<Record<string, Json | undefined>>

const yamlPlain = /^[a-z][\w/-]*( [\w/-]+)*$/i
/** Plain words that a YAML reader takes for something else than a string. */
const yamlWord = /^(true|false|null|yes|no|on|off|y|n)$/i

function yamlScalar(value: Json): string {
  return typeof value === "string" && yamlPlain.test(value) && !yamlWord.test(value) ? value : JSON.stringify(value)
}

/** What follows a key or a dash: a scalar on the same line, anything else on lines of its own at `indent`. */
function yamlValue(value: Json, indent: string): string {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return ` ${yamlScalar(value)}\n`
  if (!Array.isArray(value)) return `\n${yamlFields(value as Fields, indent)}`
  return `\n${value.map((item: Json) => `${indent}-${yamlValue(item, `${indent}  `)}`).join("")}`
}

function yamlFields(fields: Fields, indent: string): string {
  return Object.entries(fields)
    .map(([key, value]) =>
      value === undefined ? "" : `${indent}${yamlScalar(key)}:${yamlValue(value, `${indent}  `)}`,
    )
    .join("")
}

function pretty({ t, level, module, msg, fields, stack }: LogRecordLine): string {
  const time = new Date(t).toISOString().slice(11, 23)
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
  const frames = stack === undefined ? "" : `\n${stack.replace(/^/gm, "    ")}`
  return `${time} ${level.toUpperCase().padEnd(5)} ${module}: ${msg}${facts.join("")}${frames}`
}

/** A record as text. A format that is not known gives one line of JSON. */
export function formatRecord(record: LogRecordLine, format: LogFormat): string {
  if (format === "pretty") return pretty(record)
  if (format === "yaml") return `---\n${yamlFields(flatRecord(record), "")}`
  return JSON.stringify(flatRecord(record), undefined, format === "jsonice" ? 2 : undefined)
}
