/**
 * What a filter says of single fields, as ranges of keys (codec/sort-key.ts). Owns: the ranges of each operator.
 * Invariant: a document that meets the filter has each bounded field in one of its ranges: ranges may hold more, never less.
 * Where a bound is exact, values whose keys say all of them (index-definition.ts) are in the ranges only if they match.
 * Fields of arrays' elements are named with "[]" behind them: some element is in the ranges. Must not know indexes.
 */
import type { FieldCondition, Filter } from "../api/filter.ts"
import type { Json } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import type { Key } from "../codec/key.ts"
import { kindKeys, presentKeys, sortKey, textPrefixKey, turnedKey } from "../codec/sort-key.ts"
import { canonicalPath } from "./filter.ts"

/** Keys from one edge to another. An edge is a key, or with `beyond` behind it the place after all keys that begin so. */
export interface Range {
  readonly from: Key
  readonly to: Key
  /** Whether all keys in it begin with one value's, in full. */
  readonly isPoint: boolean
}

/** Ranges of one field, ascending and apart. */
export interface Bound {
  readonly ranges: readonly Range[]
  /** Whether it says all that the filter says of the field. */
  readonly isExact: boolean
}

/** Bounds by field. Those of elements are alternatives: they may hold for different elements. */
export type Bounds = ReadonlyMap<string, readonly Bound[]>

/** Above all bytes. */
const beyond = "\u0100"

/** The field of a condition on the elements of an array. */
export const elementsOf = (path: string): string => `${path}[]`

const none: Bounds = new Map()
const cut = (key: Key): Key => key.slice(0, limits.indexPartBytesMax)
const isCut = (key: Key): boolean => key.length > limits.indexPartBytesMax

const point = (value: Json | undefined): Range => {
  const key = sortKey(value)
  return { from: cut(key), to: cut(key) + beyond, isPoint: true }
}
const range = (from: Key, to: Key): Range => ({ from, to, isPoint: false })

/** Values that the order, the key or equality tell apart in different ways. */
const isPlain = (value: Json): boolean => (typeof value !== "object" || value === null) && !isCut(sortKey(value))

/** Of the kind of a value, those from or up to it; where it is cut, those that are cut like it are in both. */
function above(value: Json, isIncluded: boolean): Range {
  const key = sortKey(value)
  return range(isIncluded || isCut(key) ? cut(key) : key + beyond, kindKeys(value)[1])
}

function below(value: Json, isIncluded: boolean): Range {
  const key = sortKey(value)
  return range(kindKeys(value)[0], isIncluded || isCut(key) ? cut(key) + beyond : key)
}

function startingWith(prefix: string): Bound {
  const key = textPrefixKey(prefix)
  return { ranges: [range(cut(key), cut(key) + beyond)], isExact: !isCut(key) }
}

const oneOf = (values: readonly Json[]): Bound => ({
  ranges: united(values.map(point)),
  isExact: values.every(isPlain),
})

/** A comparison is one of numbers by size, of all other kinds too; what has parts is compared by its document. */
const compared = (ranges: readonly Range[], ...operands: readonly Json[]): Bound => ({
  ranges,
  isExact: operands.every((operand) => !isCut(sortKey(operand))),
})

/** The bound of one condition, with the field that it is one of; undefined where it bounds nothing. */
function boundOf({ path, operator, operand }: FieldCondition): readonly [string, readonly Bound[]] | undefined {
  const own = canonicalPath(path)
  const list = Array.isArray(operand) ? (operand as readonly Json[]) : []
  switch (operator) {
    case "eq":
      return [own, [oneOf([operand])]]
    case "in":
      return [own, [oneOf(list)]]
    case "gt":
    case "gte":
      return [own, [compared([above(operand, operator === "gte")], operand)]]
    case "lt":
    case "lte":
      return [own, [compared([below(operand, operator === "lte")], operand)]]
    case "between": {
      const [low = null, high = null] = list
      return [own, [compared(common([above(low, true)], [below(high, true)]), low, high)]]
    }
    case "startsWith":
      return typeof operand === "string" ? [own, [startingWith(operand)]] : undefined
    case "exists":
      return [own, [{ ranges: [operand === true ? range(...presentKeys) : point(undefined)], isExact: true }]]
    case "has":
      return [elementsOf(own), [oneOf([operand])]]
    case "hasAny":
      return [elementsOf(own), [oneOf(list)]]
    case "hasAll":
      // Without elements it holds for every array.
      return list.length === 0 ? undefined : [elementsOf(own), list.map((element) => oneOf([element]))]
    default:
      return undefined
  }
}

/** The bounds of a filter, and whether they say all of it. */
export function boundsOf(filter: Filter): { readonly bounds: Bounds; readonly isWhole: boolean } {
  switch (filter.kind) {
    case "field": {
      const bound = boundOf(filter.condition)
      return bound === undefined ? { bounds: none, isWhole: false } : { bounds: new Map([bound]), isWhole: true }
    }
    case "and": {
      const parts = filter.filters.map(boundsOf)
      return { bounds: allOf(parts.map(({ bounds }) => bounds)), isWhole: parts.every(({ isWhole }) => isWhole) }
    }
    case "or": {
      const parts = filter.filters.map(boundsOf)
      const bounds = anyOf(parts.map((part) => part.bounds))
      // Of several fields at once, "or" says more than their bounds do.
      const isOne = parts.every((part) => part.bounds.size === 1) && bounds.size === 1
      return { bounds, isWhole: isOne && parts.every(({ isWhole }) => isWhole) }
    }
    default:
      return { bounds: none, isWhole: false }
  }
}

function allOf(parts: readonly Bounds[]): Bounds {
  const all = new Map<string, readonly Bound[]>()
  for (const bounds of parts)
    for (const [path, added] of bounds) {
      const known = all.get(path)
      if (known === undefined) all.set(path, added)
      else if (path.endsWith("[]")) all.set(path, [...known, ...added])
      else all.set(path, [both(known[0] as Bound, added[0] as Bound)])
    }
  return all
}

function anyOf(parts: readonly Bounds[]): Bounds {
  const any = new Map<string, readonly Bound[]>()
  const [first = none, ...others] = parts
  for (const [path, [bound, ...more]] of first) {
    const bounds = others.map((other) => other.get(path))
    if (bound === undefined || bounds.some((other) => other === undefined)) continue
    const all = [bound, ...bounds.map((other) => other?.[0] as Bound)]
    const isExact = more.length === 0 && bounds.every((other) => other?.length === 1) && all.every((one) => one.isExact)
    any.set(path, [{ ranges: united(all.flatMap(({ ranges }) => ranges)), isExact }])
  }
  return any
}

const both = (a: Bound, b: Bound): Bound => ({
  ranges: common(a.ranges, b.ranges),
  isExact: a.isExact && b.isExact,
})

/** What is in both of two lists of ranges. */
function common(a: readonly Range[], b: readonly Range[]): Range[] {
  const found: Range[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i] as Range, b[j] as Range]
    const from = left.from > right.from ? left.from : right.from
    const to = left.to < right.to ? left.to : right.to
    if (from < to) found.push({ from, to, isPoint: left.isPoint || right.isPoint })
    if (left.to < right.to) i++
    else j++
  }
  return found
}

/** Ranges put in order; those that meet become one. */
function united(ranges: readonly Range[]): Range[] {
  const sorted = ranges.toSorted((a, b) => (a.from < b.from ? -1 : Number(a.from > b.from)))
  const found: Range[] = []
  for (const one of sorted) {
    const last = found.at(-1)
    if (last === undefined || one.from >= last.to) found.push(one)
    else if (one.to > last.to) found.splice(-1, 1, range(last.from, one.to))
  }
  return found
}

/** Whether all of `inner` is in `outer`. */
export function isWithin(inner: Bound, outer: Bound): boolean {
  return inner.ranges.every(({ from, to }) => outer.ranges.some((range) => range.from <= from && to <= range.to))
}

/** Ranges of keys that are turned round, in their order. */
export function turnedRanges(ranges: readonly Range[]): readonly Range[] {
  return ranges.map(({ from, to, isPoint }) => ({ from: turnedEdge(to), to: turnedEdge(from), isPoint })).toReversed()
}

const turnedEdge = (edge: Key): Key => (edge.endsWith(beyond) ? turnedKey(edge.slice(0, -1)) : turnedKey(edge) + beyond)

/** The key that a point's keys begin with. */
export const pointKey = ({ from }: Range): Key => from
