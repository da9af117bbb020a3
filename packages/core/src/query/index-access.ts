/**
 * Which part of one index can answer a query, and in what order it gives it. Owns: ranges of entries, and the match of
 * an index's order with the query's.
 * Invariant: the documents of all entries in the ranges are all that can match. Pure.
 */
import type { IndexPart, IndexSpec } from "../api/index-spec.ts"
import * as limits from "../base/limits.ts"
import { type Key, type KeyRange, prefixRange, toOneByte } from "../codec/key.ts"
import { sortKey, turnedKey } from "../codec/sort-key.ts"
import {
  type Bound,
  type Bounds,
  boundsOf,
  elementsOf,
  isWithin,
  pointKey,
  type Range,
  turnedRanges,
} from "./bounds.ts"
import type { Entry, OrderTerm } from "./ordering.ts"

/** An index of the database that has all its entries. */
export interface ReadyIndex {
  /** What its keys begin with. */
  readonly prefix: Key
  readonly spec: IndexSpec
}

/** Entries to read. `fixed` is how much of their keys says nothing of the order. */
export interface IndexRange extends KeyRange {
  readonly fixed: number
}

/** How the entries of an access lie to the order of the query. */
export interface EntryOrder {
  readonly isDescending: boolean
  /** So many of the query's first terms are in order; documents that agree in them may not be. */
  readonly terms: number
  /** Whether all is in order, with the ids, as the entries come; `byValues`, except for the ids of equal values. */
  readonly isWhole: boolean
  readonly byValues: boolean
}

/** A way to the documents that can match. */
export interface IndexAccess {
  readonly index: ReadyIndex
  /** Ascending, apart. */
  readonly ranges: readonly IndexRange[]
  readonly order: EntryOrder
  /** Whether the ranges are bounded by the filter at all. */
  readonly isBounded: boolean
  /** Whether entries that say all of their values match for certain. */
  readonly isExact: boolean
  /** Whether a document may have several entries in the ranges. */
  readonly mayRepeat: boolean
}

/** What a query asks of an index. */
export interface Asked {
  readonly bounds: Bounds
  /** Whether the bounds, taken together, are the filter. */
  readonly isWhole: boolean
  readonly terms: readonly OrderTerm[]
  /** Where the result begins. */
  readonly after?: Entry | undefined
}

/** More ranges than this are read as the few that they lie in. */
const rangesMax = 256

const nameOf = ({ path, multi }: IndexPart): string => (multi ? elementsOf(path) : path)

/** All ways by one index: one for each alternative of a condition on elements. */
export function accessesOf(index: ReadyIndex, asked: Asked): IndexAccess[] {
  const { where, parts } = index.spec
  const elements = parts.find(({ multi }) => multi)
  const alternatives = elements === undefined ? 1 : (asked.bounds.get(nameOf(elements))?.length ?? 0)
  const said = where && boundsOf(where)
  // Documents that are not in the index must not be able to match.
  if (said !== undefined && !(said.isWhole && implies(asked.bounds, said.bounds))) return []
  return Array.from({ length: alternatives }, (_, i) => accessOf(index, asked, i))
}

/** Whether what is within some bounds meets others. */
function implies(inner: Bounds, outer: Bounds): boolean {
  return [...outer].every(([path, wanted]) =>
    wanted.every((bound) => {
      const own = inner.get(path)
      return bound.isExact && (own?.some((one) => one.isExact && isWithin(one, bound)) ?? false)
    }),
  )
}

/** Prefixes of ranges under way: how long each was before each part. */
interface Prefix {
  readonly key: Key
  readonly lengths: readonly number[]
}

function accessOf(index: ReadyIndex, { bounds, isWhole, terms, after }: Asked, alternative: number): IndexAccess {
  const { parts } = index.spec
  const boundOf = (part: IndexPart): Bound | undefined => bounds.get(nameOf(part))?.[part.multi ? alternative : 0]
  let prefixes: readonly Prefix[] = [{ key: index.prefix, lengths: [] }]
  let points = 0
  let singles = 0
  let last: readonly KeyRange[] | undefined
  for (const part of parts) {
    const bound = boundOf(part)
    if (bound === undefined || prefixes.length * bound.ranges.length > rangesMax) break
    const ranges = part.descending ? turnedRanges(bound.ranges) : bound.ranges
    if (!ranges.every((one) => one.isPoint && pointKey(one).length < limits.indexPartBytesMax)) {
      last = ranges
      break
    }
    prefixes = prefixes.flatMap(({ key, lengths }) =>
      ranges.map((one) => ({ key: key + pointKey(one), lengths: [...lengths, key.length] })),
    )
    if (singles === points && ranges.length === 1) singles++
    points++
  }
  const fixed = new Set([...bounds].flatMap(([path, [bound, ...more]]) => (isFixed(bound, more) ? [path] : [])))
  const merged = orderFrom(index.spec, points, terms, fixed)
  const chained = orderFrom(index.spec, singles, terms, fixed)
  const isMerged = merged.terms > chained.terms || points === singles
  const order = isMerged ? merged : chained
  const ranges = prefixes.flatMap(({ key, lengths }): IndexRange[] => {
    const start = isMerged ? key.length : (lengths[singles] ?? key.length)
    if (last === undefined) return [{ ...prefixRange(key), fixed: start }]
    return last.map(({ from, to }) => ({ from: key + from, to: key + to, fixed: start }))
  })
  const seek = after && seekKey(index.spec, { start: isMerged ? points : singles, order, terms, fixed, bounds, after })
  const used = points + (last === undefined ? 0 : 1)
  return {
    index,
    ranges: seek === undefined ? ranges : ranges.flatMap((one) => behind(one, seek, order) ?? []),
    order,
    isBounded: used > 0,
    isExact: isWhole && isSaidBy(bounds, parts.slice(0, used), index.spec),
    mayRepeat: parts.some(({ multi }) => multi),
  }
}

interface Seeking {
  readonly start: number
  readonly order: EntryOrder
  readonly terms: readonly OrderTerm[]
  readonly fixed: ReadonlySet<string>
  readonly bounds: Bounds
  readonly after: Entry
}

/** A place among entries: behind that entry alone, or at all that have its values. */
interface Seek {
  readonly key: Key
  readonly isOne: boolean
}

/** The part of keys that an entry has where the order begins; as much of it as the order says. */
function seekKey({ parts }: IndexSpec, { start, order, terms, fixed, bounds, after }: Seeking): Seek {
  let key = ""
  let at = 0
  for (const part of parts.slice(start)) {
    while (at < order.terms && fixed.has(terms[at]?.path ?? "")) at++
    const isTerm = at < order.terms && terms[at]?.path === part.path && !part.multi
    const point = fixed.has(part.path) && !part.multi ? bounds.get(part.path)?.[0]?.ranges[0] : undefined
    if (!isTerm && point === undefined) return { key, isOne: false }
    const whole = isTerm ? sortKey(after.sortKey[at]) : pointKey(point as Range)
    const kept = whole.slice(0, limits.indexPartBytesMax)
    key += part.descending ? turnedKey(kept) : kept
    if (whole.length >= limits.indexPartBytesMax) return { key, isOne: false }
    if (isTerm) at++
  }
  return { key: order.isWhole ? key + toOneByte(after.id) : key, isOne: order.isWhole }
}

/** What is left of a range behind a place; undefined where nothing is. */
function behind(range: IndexRange, { key, isOne }: Seek, { isDescending }: EntryOrder): IndexRange | undefined {
  const place = range.from.slice(0, range.fixed) + key
  if (isDescending) {
    const end = isOne ? place : `${place}\u0100`
    const to = end < range.to ? end : range.to
    return range.from < to ? { ...range, to } : undefined
  }
  const begin = isOne ? `${place}\0` : place
  const from = begin > range.from ? begin : range.from
  return from < range.to ? { ...range, from } : undefined
}

const isFixed = (bound: Bound | undefined, more: readonly Bound[]): boolean =>
  more.length === 0 && bound?.ranges.length === 1 && bound.ranges[0]?.isPoint === true

/** Whether bounds say no more than ranges over these parts do, and the index's own filter. */
function isSaidBy(bounds: Bounds, used: readonly IndexPart[], { where }: IndexSpec): boolean {
  const said = where === undefined ? undefined : boundsOf(where).bounds
  return [...bounds].every(([path, own]) => {
    if (own.length !== 1 || own[0]?.isExact !== true) return false
    const [bound] = own
    const byFilter = said?.get(path)?.[0]
    return used.some((part) => nameOf(part) === path) || (byFilter !== undefined && isWithin(byFilter, bound))
  })
}

/** The order of entries whose keys are equal before part `start`, or merged by what comes from there on. */
function orderFrom(
  { parts }: IndexSpec,
  start: number,
  terms: readonly OrderTerm[],
  fixed: ReadonlySet<string>,
): EntryOrder {
  let at = start
  let turned: boolean | undefined
  let satisfied = 0
  const skipFixed = () => {
    while (at < parts.length && !parts[at]?.multi && fixed.has(parts[at]?.path ?? "")) at++
  }
  for (const term of terms) {
    if (!fixed.has(term.path)) {
      skipFixed()
      const part = parts[at]
      if (part === undefined || part.multi || part.path !== term.path) break
      const isTurned = part.descending !== term.descending
      if (turned !== undefined && turned !== isTurned) break
      turned = isTurned
      at++
    }
    satisfied++
  }
  skipFixed()
  const isDescending = turned ?? (terms[satisfied]?.path === "_id" && terms[satisfied]?.descending === true)
  const idTerm = terms[satisfied]
  const isAll = satisfied === terms.length || (idTerm?.path === "_id" && satisfied === terms.length - 1)
  const byValues = isAll && at === parts.length
  const isIdDescending = idTerm?.path === "_id" && idTerm.descending
  return { isDescending, terms: satisfied, isWhole: byValues && isIdDescending === isDescending, byValues }
}
