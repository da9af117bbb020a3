/**
 * Counters and sets as values. Owns: what their cells add up to, and which values may be elements.
 * Invariant: a result depends on the cells alone, not on their order, so that replicas show the same number and list.
 * Must not know where the cells are kept.
 */
import type { Json } from "../base/json.ts"
import { compareText, compareValues } from "../codec/order.ts"
import { isEscape } from "./changes.ts"

/** What a counter shows: a number that was there before it counted, plus the running totals of all actors. */
export function counterValue(base: Json | undefined, totals: readonly number[]): number {
  // Sums of floats depend on the order: the one by size is the same everywhere.
  const sum = [...totals].sort((a, b) => a - b).reduce((a, b) => a + b, typeof base === "number" ? base : 0)
  return clampNumber(sum)
}

/** The nearest finite number: sums may leave the range, and JSON has no word for what is beyond. */
export function clampNumber(sum: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum))
}

/** What a set shows: the elements of a list that was there before, less the removed, with the present; in value order. */
export function setValue(base: Json | undefined, present: readonly Json[], removed: readonly Json[]): Json[] {
  const elements = new Map<string, Json>()
  if (Array.isArray(base)) for (const element of base as readonly Json[]) elements.set(elementText(element), element)
  for (const element of removed) elements.delete(elementText(element))
  for (const element of present) elements.set(elementText(element), element)
  // 5 and the bigint 5 are two elements of one place in the order; their texts decide.
  return [...elements].sort(([s, a], [t, b]) => compareValues(a, b) || compareText(s, t)).map(([, element]) => element)
}

/** The one text of an element, which names its cell. */
export function elementText(element: Json): string {
  return JSON.stringify(element)
}

/** Whether a value may be an element: a scalar, a date, bytes or a bigint. */
export function isElement(value: Json): boolean {
  return typeof value !== "object" || value === null || isEscape(value)
}

/** Whether a value may be put where a set is. */
export function isElementList(value: Json): value is readonly Json[] {
  return Array.isArray(value) && (value as readonly Json[]).every(isElement)
}

/**
 * The element whose removal stands for "a set is here" in a set that never had an element. A list is no element, so the
 * removal takes nothing away.
 */
export const emptySetSign: Json = []
