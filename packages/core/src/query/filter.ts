/**
 * Filters as predicates. Owns: what each operator means.
 * Invariant: pure; a comparison holds only between values of one type (numbers and bigints are one), so that
 * `{ n: { gt: 5 } }` never gives a string; a missing field equals nothing, not even null.
 * Must not know how rows are found or stored.
 */
import type { FieldCondition, Filter, Operator } from "../api/filter.ts"
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { compareValues, equalValues, typeRank } from "../codec/order.ts"
import { formatPath, parsePath, readPath } from "../codec/path.ts"

/** Tells whether a document matches. Values are encoded (codec/value.ts). */
export type Predicate = (document: JsonObject, id: string) => boolean

/** Gives the value of one field; undefined when it is missing. */
export type FieldReader = (document: JsonObject, id: string) => Json | undefined

/** The one text of a path, as stored keys. */
export const canonicalPath = (path: string): string => (path === "_id" ? path : formatPath(parsePath(path)))

/** Reads the field at a dotted path; `_id` is the id itself. */
export function fieldReader(path: string): FieldReader {
  if (path === "_id") return (_, id) => id
  const segments = parsePath(path)
  const [only] = segments
  if (segments.length === 1 && only !== undefined)
    return (document) => (Object.hasOwn(document, only) ? document[only] : undefined)
  return (document) => readPath(document, segments)
}

type Test = (value: Json | undefined) => boolean

const isArray = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

function comparison(operand: Json, holds: (order: number) => boolean): Test {
  const rank = typeRank(operand)
  return (value) => value !== undefined && typeRank(value) === rank && holds(compareValues(value, operand))
}

function membership(operands: readonly Json[]): Test {
  const scalars = new Set(operands)
  const compound = operands.filter((operand) => typeof operand === "object" && operand !== null)
  return (value) =>
    value !== undefined && (scalars.has(value) || compound.some((operand) => equalValues(value, operand)))
}

function listOf(operator: Operator, operand: Json): readonly Json[] {
  if (isArray(operand)) return operand
  throw new FixpointError("INVALID_ARGUMENT", `${operator} takes an array.`, { details: { operator } })
}

const equality = (operand: Json): Test =>
  typeof operand === "object" && operand !== null
    ? (value) => value !== undefined && equalValues(value, operand)
    : (value) => value === operand

function range(operand: Json): Test {
  const [low, high, ...rest] = listOf("between", operand)
  if (low === undefined || high === undefined || rest.length > 0)
    throw new FixpointError("INVALID_ARGUMENT", "between takes two bounds.", { details: { operator: "between" } })
  const above = comparison(low, (order) => order >= 0)
  const below = comparison(high, (order) => order <= 0)
  return (value) => above(value) && below(value)
}

function prefix(operand: Json): Test {
  if (typeof operand !== "string")
    throw new FixpointError("INVALID_ARGUMENT", "startsWith takes a string.", { details: { operator: "startsWith" } })
  return (value) => typeof value === "string" && value.startsWith(operand)
}

const not =
  (test: Test): Test =>
  (value) =>
    !test(value)

const containing =
  (element: Test): Test =>
  (value) =>
    isArray(value) && value.some(element)

const tests: Record<Operator, (operand: Json) => Test> = {
  eq: equality,
  ne: (operand) => not(equality(operand)),
  gt: (operand) => comparison(operand, (order) => order > 0),
  gte: (operand) => comparison(operand, (order) => order >= 0),
  lt: (operand) => comparison(operand, (order) => order < 0),
  lte: (operand) => comparison(operand, (order) => order <= 0),
  in: (operand) => membership(listOf("in", operand)),
  nin: (operand) => not(membership(listOf("nin", operand))),
  between: range,
  startsWith: prefix,
  has: (operand) => containing(equality(operand)),
  hasAny: (operand) => containing(membership(listOf("hasAny", operand))),
  hasAll: (operand) => {
    const elements = listOf("hasAll", operand).map(equality)
    return (value) => isArray(value) && elements.every((element) => value.some(element))
  },
  exists: (operand) => (value) => (value !== undefined) === operand,
}

function fieldPredicate({ path, operator, operand }: FieldCondition): Predicate {
  if (!Object.hasOwn(tests, operator))
    throw new FixpointError("INVALID_ARGUMENT", `There is no operator ${String(operator)}.`, { details: { path } })
  const read = fieldReader(path)
  const test = tests[operator](operand)
  return (document, id) => test(read(document, id))
}

/** The predicate of a filter; undefined when it holds for every document. */
export function compileFilter(filter: Filter): Predicate | undefined {
  switch (filter.kind) {
    case "field":
      return fieldPredicate(filter.condition)
    case "not": {
      const inner = compileFilter(filter.filter)
      return (document, id) => inner !== undefined && !inner(document, id)
    }
    case "and": {
      const parts = filter.filters.map(compileFilter).filter((part) => part !== undefined)
      if (parts.length < 2) return parts[0]
      return (document, id) => parts.every((part) => part(document, id))
    }
    case "or": {
      const parts = filter.filters.map(compileFilter)
      return (document, id) => parts.some((part) => part === undefined || part(document, id))
    }
    default:
      throw new FixpointError("INVALID_ARGUMENT", "The filter is of no known kind.")
  }
}
