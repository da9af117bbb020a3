/**
 * Queries as applications write them. Owns: their translation into the engine's form (core's api/filter.ts).
 * Invariant: pure; what it cannot translate is refused with INVALID_ARGUMENT and the path. What operators mean, and the form
 * of their operands, is the engine's to say. Must not know how queries are run.
 */
import type { AggregateSpec, CollectionSpec, Filter, IncludeSpec, Operator, QuerySpec } from "@fixpoint/core"
import { checkCollection, encodeValue, escapeSegment, parsePath } from "@fixpoint/core/codec"
import type { Declared } from "./fields.ts"
import { refused } from "./refused.ts"
import type { QueryDescription } from "./scope.ts"

const operators = new Set("eq ne gt gte lt lte in nin between startsWith has hasAny hasAll exists not".split(" "))

/** The engine's form of what was declared of collections. */
export function specsOf(collections: Readonly<Record<string, Declared>>): Record<string, CollectionSpec> {
  const specs = Object.entries(collections).map(([name, { indexes, ...spec }]) => {
    const own = indexes.map((index) => ({
      ...index,
      where: index.where === undefined ? undefined : filterOf(index.where),
    }))
    return [name, { ...spec, indexes: own }] as const
  })
  return Object.fromEntries(specs)
}

/** The engine's form of a query. */
export function specOf({ collection, where, order, limit, select, include, aggregate }: QueryDescription): QuerySpec {
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 0))
    throw refused("limit", "limit takes a whole number from 0.")
  return {
    collection: checkCollection(collection),
    filter: conjunction(where.map(filterOf)),
    order: order.map(termOf),
    limit,
    select: select?.map((path) => checkReadPath(path, "select")),
    include: include && Object.entries(include).map(([as, given]) => includeOf(as, given)),
    aggregate: aggregate && checkAggregate(aggregate),
  }
}

/** Documents to show: `query`, or `{ from: query, via }`, or `{ from: query, on, many }`. */
function includeOf(as: string, given: unknown): IncludeSpec {
  const {
    from = given,
    via,
    on,
    many = on !== undefined,
  } = isObject(given) ? (given as Readonly<Record<string, unknown>>) : {}
  const description = (from as { toJSON?(): QueryDescription } | null)?.toJSON?.()
  const query = description && specOf(description)
  const isOne = (via === undefined || on === undefined) && typeof many === "boolean" && (on !== undefined || !many)
  if (query === undefined || query.include !== undefined || query.aggregate !== undefined || !isOne || as === "_id")
    throw refused(
      `include.${as}`,
      "include takes a collection or a query, or one with { from, via } or { from, on, many }.",
    )
  return {
    as,
    query,
    via: on === undefined ? checkReadPath(via ?? escapeSegment(as), "via") : undefined,
    on: on === undefined ? undefined : checkReadPath(on, "on"),
    many,
  }
}

function checkAggregate({ of, path, by }: AggregateSpec): AggregateSpec {
  return {
    of,
    path: of === "count" ? undefined : checkReadPath(path, of),
    by: by === undefined ? undefined : checkReadPath(by, "groupBy"),
  }
}

function termOf(path: unknown): QuerySpec["order"][number] {
  const descending = typeof path === "string" && path.startsWith("-")
  return { path: checkReadPath(descending ? path.slice(1) : path, "orderBy"), descending }
}

/** The engine's form of a filter. */
export function filterOf(where: unknown): Filter {
  if (!isObject(where)) throw refused("where", "where takes an object of fields and conditions.")
  const filters = Object.entries(where).map(([path, condition]): Filter => {
    if (path === "not") return { kind: "not", filter: filterOf(condition) }
    if (path !== "and" && path !== "or") return fieldFilter(checkReadPath(path), condition)
    if (!Array.isArray(condition)) throw refused(path, `${path} takes an array of filters.`)
    return { kind: path, filters: condition.map(filterOf) }
  })
  return conjunction(filters)
}

/** A filter that holds where all of these hold, as flat as it can be. */
function conjunction(filters: readonly Filter[]): Filter {
  const flat = filters.flatMap((filter) => (filter.kind === "and" ? filter.filters : [filter]))
  return flat.length === 1 && flat[0] !== undefined ? flat[0] : { kind: "and", filters: flat }
}

function checkReadPath(path: unknown, of = "where"): string {
  if (typeof path !== "string") throw refused(of, `${of} takes paths.`)
  if (path !== "_id") parsePath(path)
  return path
}

function fieldFilter(path: string, condition: unknown): Filter {
  if (!isOperators(condition)) return test(path, "eq", condition)
  return conjunction(
    Object.entries(condition).map(([operator, operand]) =>
      operator === "not"
        ? { kind: "not", filter: fieldFilter(path, operand) }
        : test(path, operator as Operator, operand),
    ),
  )
}

function test(path: string, operator: Operator, operand: unknown): Filter {
  if (operand === undefined || (operator === "exists" && typeof operand !== "boolean"))
    throw refused(
      path,
      `${operator} got ${typeof operand}; whether a field is there is asked with exists: true or false.`,
    )
  try {
    return { kind: "field", condition: { path, operator, operand: encodeValue(operand, path) } }
  } catch (error) {
    throw refused(path, error instanceof Error ? error.message : "")
  }
}

/** Objects whose keys are all operators are conditions; every other value is one that the field equals. */
function isOperators(condition: unknown): condition is Record<string, unknown> {
  if (!isObject(condition)) return false
  const keys = Object.keys(condition)
  return keys.length > 0 && keys.every((key) => operators.has(key))
}

function isObject(value: unknown): value is Record<string, unknown> {
  const prototype = typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined
  return prototype === null || (prototype !== undefined && Object.getPrototypeOf(prototype) === null)
}
