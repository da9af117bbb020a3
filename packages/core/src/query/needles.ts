/**
 * What the text of every matching document contains. Owns: the cheap look at a text that spares its parse.
 * Invariant: a text that is passed over could not have matched; one that is not may still not match. Must not know rows.
 */
import type { FieldCondition, Filter } from "../api/filter.ts"

/** JSON writes a text like this as it is, between quotes, or with a backslash. */
const isWrittenPlainly = (operand: unknown): operand is string =>
  typeof operand === "string" && JSON.stringify(operand) === `"${operand}"`

function needleOf({ path, operator, operand }: FieldCondition): string[] {
  // The id is no part of the text.
  if (path === "_id" || !isWrittenPlainly(operand)) return []
  if (operator === "eq" || operator === "has") return [`"${operand}"`]
  return operator === "startsWith" ? [`"${operand}`] : []
}

function needlesOf(filter: Filter): string[] {
  if (filter.kind === "field") return needleOf(filter.condition)
  return filter.kind === "and" ? filter.filters.flatMap(needlesOf) : []
}

/** Whether a document of this text may match the filter. */
export function compileGlance(filter: Filter): (text: string) => boolean {
  const needles = needlesOf(filter)
  if (needles.length === 0) return () => true
  return (text) => needles.every((needle) => text.includes(needle)) || text.includes("\\")
}
