/**
 * How a query is answered: by ids, by rows, or by indexes. Owns: the choice.
 * Invariant: whatever is chosen, the documents it leads to are all that can match; they are judged again by the filter.
 * A choice between several ways goes by counts of entries, guessed without reading them; a single way is taken unasked.
 * Must not know where counts come from.
 */
import type { Filter } from "../api/filter.ts"
import { collectionRange, type KeyRange, rowKey } from "../codec/key.ts"
import { textOfKey } from "../codec/sort-key.ts"
import { type Bounds, boundsOf } from "./bounds.ts"
import { accessesOf, type IndexAccess, type ReadyIndex } from "./index-access.ts"
import type { Plan } from "./plan.ts"

/** The rows of a collection, or a part of them. */
export interface RowsAccess {
  readonly kind: "rows"
  readonly ranges: readonly KeyRange[]
  readonly isDescending: boolean
  /** Whether rows come in the order of the query. */
  readonly isOrdered: boolean
  /** Whether it is the whole collection. */
  readonly isFull: boolean
}

/** What leads to the documents. */
export type Access =
  | { readonly kind: "ids"; readonly ids: readonly string[] }
  | RowsAccess
  | { readonly kind: "index"; readonly access: IndexAccess }
  /** Documents that are in all of one of the lists. */
  | { readonly kind: "sets"; readonly sets: readonly (readonly IndexAccess[])[] }

/** What the choice is made with. */
export interface AccessParts {
  readonly indexes: readonly ReadyIndex[]
  /** How many documents the collection has. */
  readonly total: number
  /** About how many entries or rows are in ranges. */
  estimate(ranges: readonly KeyRange[]): Promise<number>
}

/** What an index says, for `explain`. */
export function nameOfAccess(access: Access): string | undefined {
  if (access.kind === "index") return access.access.index.spec.name
  if (access.kind !== "sets") return undefined
  const name = ({ index }: IndexAccess) => index.spec.name
  return access.sets.map((set) => set.map(name).join(" & ")).join(" | ")
}

/** Reading an entry costs this much of reading a document at random. */
const entryCost = 1 / 20
/** Reading the next row costs this much of reading one at random, once there are many. */
const nextRowCost = 0.4
const manyRows = 10_000
/** A condition that no index bounds is taken to hold for one document in three. */
const guessedShare = 1 / 3

interface Weighed {
  readonly access: IndexAccess
  readonly entries: number
}

/** Chooses the way to the documents of a plan. */
export async function chooseAccess(plan: Plan, limit: number, parts: AccessParts): Promise<Access> {
  if (plan.ids !== undefined) return { kind: "ids", ids: plan.ids }
  const asked = { ...boundsOf(plan.filter), terms: plan.ordering.terms, after: plan.after?.entry }
  const rows = rowsAccess(plan, asked.bounds)
  const ways = parts.indexes.flatMap((index) => accessesOf(index, asked))
  const useful = ways.filter(
    ({ isBounded, order }) => isBounded || (order.terms > 0 && limit < Number.POSITIVE_INFINITY),
  )
  const bounded = useful.filter(({ isBounded }) => isBounded)
  const [only] = bounded
  if (only !== undefined && useful.length === 1 && rows.isFull && parts.total < manyRows)
    return { kind: "index", access: only }
  const union = bounded.length === 0 && rows.isFull ? await unionOf(plan.filter, parts) : undefined
  if (useful.length === 0 && union === undefined) return rows
  return await cheapest({ plan, limit, rows, union, parts }, useful)
}

interface Choice {
  readonly plan: Plan
  readonly limit: number
  readonly rows: RowsAccess
  readonly union: { readonly access: Access; readonly entries: number } | undefined
  readonly parts: AccessParts
}

async function cheapest({ plan, limit, rows, union, parts }: Choice, useful: readonly IndexAccess[]): Promise<Access> {
  const { total } = parts
  const weighed = await Promise.all(
    useful.map(async (access): Promise<Weighed> => ({ access, entries: await parts.estimate(access.ranges) })),
  )
  const rowCount = rows.isFull ? total : await parts.estimate(rows.ranges)
  const least = Math.min(total, ...weighed.filter(({ access }) => access.isBounded).map(({ entries }) => entries))
  const share = plan.needsNoDocument
    ? 1
    : Math.max(weighed.length > 0 ? least / Math.max(total, 1) : guessedShare, 1e-6)
  const toLimit = (entries: number, part: number): number => Math.min(entries, limit / part)
  let best: { access: Access; cost: number } = { access: rows, cost: rowsCost() }
  const offer = (access: Access, cost: number) => {
    if (cost < best.cost) best = { access, cost }
  }
  for (const { access, entries } of weighed) {
    const part = access.isExact ? 1 : access.isBounded ? guessedShare : Math.min(share, guessedShare)
    const enough = toLimit(entries, part)
    // Entries that come in no order are all read; the documents they lead to are then read by id.
    const needed = endsEarly(access, plan) ? enough : entries
    offer({ kind: "index", access }, entryCost * needed + (isStreamed(access) ? needed : byIds(enough, entries)))
  }
  if (union !== undefined) offer(union.access, (1 + entryCost) * union.entries)
  const [a, b] = weighed.filter(({ access }) => access.isBounded).toSorted((x, y) => x.entries - y.entries)
  if (a !== undefined && b !== undefined && a.access.index !== b.access.index) {
    const common = (a.entries * b.entries) / Math.max(total, 1)
    // Both guesses would have to be wrong for this to be the slower way.
    offer({ kind: "sets", sets: [[a.access, b.access]] }, 2 * (entryCost * (a.entries + b.entries) + common))
  }
  return best.access

  function byIds(enough: number, all: number): number {
    return plan.ordering.byId ? enough : all
  }

  function rowsCost(): number {
    const read = rows.isOrdered ? toLimit(rowCount, share) : rowCount
    return read * (total < manyRows ? 1.1 : nextRowCost)
  }
}

/** Whether documents are read in the order of entries; otherwise in that of ids, when all entries are known. */
export const isStreamed = ({ order: { isWhole, byValues, terms } }: IndexAccess): boolean =>
  isWhole || byValues || terms > 0

/** Whether the first entries lead to the first documents of the result. */
const endsEarly = ({ order }: IndexAccess, { ordering: { terms } }: Plan): boolean =>
  order.isWhole || (terms.length > 0 && order.terms === terms.length)

/** Where each side of an "or" is bounded by some index: what one of them leads to. */
async function unionOf(filter: Filter, parts: AccessParts): Promise<{ access: Access; entries: number } | undefined> {
  const all = filter.kind === "and" ? filter.filters : [filter]
  for (const either of all) {
    if (either.kind !== "or") continue
    const sides = await Promise.all(either.filters.map((side) => bestOf(side, parts)))
    if (sides.length === 0 || sides.some((side) => side === undefined)) continue
    const known = sides as readonly Weighed[]
    return {
      access: { kind: "sets", sets: known.map(({ access }) => [access]) },
      entries: known.reduce((sum, { entries }) => sum + entries, 0),
    }
  }
  return undefined
}

async function bestOf(filter: Filter, { indexes, estimate }: AccessParts): Promise<Weighed | undefined> {
  const asked = { ...boundsOf(filter), terms: [] }
  const ways = indexes.flatMap((index) => accessesOf(index, asked)).filter(({ isBounded }) => isBounded)
  const weighed = await Promise.all(
    ways.map(async (access): Promise<Weighed> => ({ access, entries: await estimate(access.ranges) })),
  )
  return weighed.toSorted((a, b) => a.entries - b.entries)[0]
}

/** Rows by their ids: all of them, or those that the filter bounds. */
function rowsAccess({ collection, ordering, after }: Plan, bounds: Bounds): RowsAccess {
  const [first, ...more] = ordering.terms
  const isDescending = first?.path === "_id" && first.descending && more.length === 0
  const own = { kind: "rows", isDescending, isOrdered: ordering.byId || isDescending } as const
  const all = collectionRange(collection)
  const place = after && own.isOrdered ? rowKey(collection, after.entry.id) : undefined
  const begun = isDescending ? { from: all.from, to: place ?? all.to } : { from: `${place}\0`, to: all.to }
  const whole = place === undefined ? all : begun
  const bound = bounds.get("_id")?.[0]
  if (bound === undefined) return { ...own, ranges: [whole], isFull: true }
  const edge = (key: string): string => {
    const text = textOfKey(key, "\u0100")
    if (typeof text !== "object") return text < 0 ? whole.from : whole.to
    const start = rowKey(collection, "") + text.bytes
    return text.isAfter ? start + (text.isWhole ? "\0" : "\u0100") : start
  }
  const ranges = bound.ranges.map(({ from, to }) => {
    const [start, end] = [edge(from), edge(to)]
    return { from: start > whole.from ? start : whole.from, to: end < whole.to ? end : whole.to }
  })
  return { ...own, ranges: ranges.filter(({ from, to }) => from < to), isFull: false }
}
