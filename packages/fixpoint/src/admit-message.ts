/**
 * The form of messages that come to an engine. Owns: which calls there are, and what their arguments look like.
 * Invariant: what passes can be handed to the engine as typed; everything else is INVALID_ARGUMENT with the path of what is
 * wrong, found without recursion that has no bound. What documents and writes hold is the engine's own to check.
 */
import { FixpointError } from "@fixpoint/core/errors"
import type { Calls, Notices } from "./protocol.ts"

/** A message that has the form of one. */
export interface AdmittedMessage {
  readonly method: keyof (Calls & Notices)
  readonly args: readonly unknown[]
}

type Shape = (value: unknown) => boolean
type Shapes<T> = { readonly [M in keyof T]: Readonly<Record<string, Shape>> }

/** Filters and operands may be nested this deep. */
const depthMax = 64

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const isText: Shape = (value) => typeof value === "string"
const isTicket: Shape = (value) => typeof value === "number"
const isFlag: Shape = (value) => typeof value === "boolean"
const isList: Shape = (value) => Array.isArray(value)
const isPart: Shape = (value) => ["conflicts", "files", "history", "text", "undo"].includes(value as string)
const mergeTypes: readonly unknown[] = ["counter", "set", "mv", "text", "xml", "yarray", "ymap"]
const isMergeType: Shape = (value) => mergeTypes.includes(value)
const isDurability: Shape = (value) => value === "relaxed" || value === "strict"
const optional =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined || shape(value)
const listOf =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(shape)
const recordOf =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value) =>
    isRecord(value) && Object.entries(shapes).every(([key, shape]) => shape(value[key]))
const mapOf =
  (shape: Shape): Shape =>
  (value) =>
    isRecord(value) && Object.values(value).every(shape)

const isJson = (value: unknown, depth = 0): boolean => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true
  if (typeof value === "number") return Number.isFinite(value)
  if (typeof value !== "object" || depth > depthMax) return false
  return Object.values(value).every((inner) => isJson(inner, depth + 1))
}

const isFilter = (value: unknown, depth = 0): boolean => {
  if (!isRecord(value) || depth > depthMax) return false
  if (value["kind"] === "field") return isCondition(value["condition"])
  if (value["kind"] === "not") return isFilter(value["filter"], depth + 1)
  const { kind, filters } = value
  return (kind === "and" || kind === "or") && listOf((one) => isFilter(one, depth + 1))(filters)
}

const isCondition = recordOf({ path: isText, operator: isText, operand: (value) => isJson(value) })
const isSpec: Shape = recordOf({
  collection: isText,
  filter: (value) => isFilter(value),
  order: listOf(recordOf({ path: isText, descending: isFlag })),
  limit: optional((value) => typeof value === "number"),
  select: optional(listOf(isText)),
  include: optional(listOf((include) => isInclude(include))),
  aggregate: optional(recordOf({ of: isText, path: optional(isText), by: optional(isText) })),
  page: optional(recordOf({ size: (value) => typeof value === "number", after: optional(isText) })),
})

const isIndex = recordOf({
  name: isText,
  parts: listOf(recordOf({ path: isText, descending: isFlag, multi: isFlag })),
  unique: isFlag,
  where: optional((value) => isFilter(value)),
})

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0
const isFound = { collection: isText, filter: optional((value) => isFilter(value)), limit: isCount }
const isTextSearch = recordOf({ ...isFound, text: isText, prefix: isFlag, any: isFlag })
const isVectorSearch = recordOf({ ...isFound, path: isText, vector: listOf((value) => typeof value === "number") })
const isSearch: Shape = (value) =>
  isRecord(value) &&
  (value["kind"] === "text" ? isTextSearch(value) : value["kind"] === "vector" && isVectorSearch(value))

const isAsked: Shape = (value) => isSpec(value) || isSearch(value)

const isField = recordOf({ path: isText, weight: isCount })
const isKeep: Shape = (value) => value === "none" || value === "30d" || value === "forever"
const isCollection = recordOf({
  fields: mapOf(isMergeType),
  history: optional(isKeep),
  search: optional(recordOf({ fields: listOf(isField) })),
  vectors: optional(listOf(recordOf({ path: isText, dimensions: isCount }))),
  indexes: optional(listOf(isIndex)),
})

const isInclude = recordOf({
  as: isText,
  query: (value) =>
    isSpec(value) && isRecord(value) && value["include"] === undefined && value["aggregate"] === undefined,
  via: optional(isText),
  on: optional(isText),
  many: isFlag,
})

/** Each argument of each call, in order. */
const shapes: Shapes<Calls & Notices> = {
  ready: {},
  write: {
    ops: isList,
    durability: optional(isDurability),
    of: recordOf({ stage: optional(isTicket), transaction: optional(isTicket) }),
  },
  writeEach: { ops: isList, durability: optional(isDurability) },
  get: { collection: isText, ids: listOf(isText), transaction: optional(isTicket) },
  texts: { collection: isText, ids: listOf(isText) },
  getAhead: { collection: isText, from: isText },
  query: { query: isSpec, transaction: optional(isTicket) },
  explain: { query: isAsked },
  find: { search: isSearch },
  changes: { collection: isText, since: optional(isText) },
  commit: { transaction: isTicket, durability: optional(isDurability) },
  part: { part: isPart, verb: isText, args: isList },
  check: { options: recordOf({ deep: optional(isFlag) }) },
  stats: {},
  compact: {},
  link: { link: isTicket, verb: (value) => value === "sync" || value === "adopt" || value === "detach" },
  synced: { receipt: optional(isText) },
  digest: {},
  close: {},
  destroy: {},
  stage: { stage: isTicket, ops: isList },
  unstage: { stage: isTicket },
  begin: { transaction: isTicket },
  rollback: { transaction: isTicket },
  watch: { watch: isTicket, query: isAsked },
  unwatch: { watch: isTicket },
  attach: { link: isTicket, gateway: recordOf({ name: isText }) },
  steer: { link: isTicket, how: (value) => value === "pause" || value === "resume" },
  attend: { isVisible: isFlag },
  declare: { collections: mapOf(isCollection) },
  observe: { metrics: isFlag },
}

/** The message, when it has the form of one. */
export function admitMessage(message: unknown): AdmittedMessage {
  if (!isRecord(message)) throw refused("message")
  const { method, args } = message
  if (typeof method !== "string" || !Object.hasOwn(shapes, method)) throw refused("method")
  if (!Array.isArray(args)) throw refused("args")
  const known = method as AdmittedMessage["method"]
  for (const [i, [path, shape]] of Object.entries(shapes[known]).entries()) if (!shape(args[i])) throw refused(path)
  return { method: known, args }
}

function refused(path: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", `A message to the engine has no valid ${path}.`, { details: { path } })
}
