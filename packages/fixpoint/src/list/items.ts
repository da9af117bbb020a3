/**
 * A list as a field of a document: an object of items by id, each `{ p, v }`, its place and its value, or `{ d: true }` once it is
 * removed. Owns: what such an object shows, and what each edit makes of it.
 * Invariant: items merge as fields do, leaf by leaf, and what is shown is a function of the leaves alone. So an item stands in one
 * place, whoever has moved it; what is removed stays removed, as nothing takes that sign away; and an edit writes leaves of its
 * own item only. Must not know databases.
 */
import { FixpointError } from "@fixpoint/core/errors"
import { keyBetween } from "./order-key.ts"

/** A field that holds a list. What is in it is for this module to read. */
export interface StoredList<V> {
  readonly [id: string]: StoredItem<V>
}

interface StoredItem<V> {
  readonly p?: string
  readonly v?: V
  readonly d?: true
}

/** An item of a list. */
export interface ListItem<V> {
  readonly id: string
  readonly value: V
}

/** Where an item goes: beside another one, or to an index of the list without it. */
export type ListPlace =
  | "start"
  | "end"
  | { readonly before: string }
  | { readonly after: string }
  | { readonly at: number }

interface Placed<V> extends ListItem<V> {
  readonly key: string
}

function placed<V>(list: StoredList<V>): Placed<V>[] {
  const items: Placed<V>[] = []
  for (const [id, { p, v, d }] of Object.entries(list))
    if (d !== true && typeof p === "string" && v !== undefined) items.push({ id, value: v, key: p })
  return items.sort((a, b) => compare(a.key, b.key) || compare(a.id, b.id))
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/** The items in their order. */
export function itemsOf<V>(list: StoredList<V> | undefined): ListItem<V>[] {
  return placed(list ?? {}).map(({ id, value }) => ({ id, value }))
}

/** The list with one item more. */
export function withItem<V>(
  list: StoredList<V>,
  { id, value }: ListItem<V>,
  place: ListPlace,
  random: () => number,
): StoredList<V> {
  return { ...list, [id]: { p: keyAt(placed(list), place, random), v: value } }
}

/** The list with an item in another place. */
export function withItemMoved<V>(
  list: StoredList<V>,
  id: string,
  place: ListPlace,
  random: () => number,
): StoredList<V> {
  const item = known(list, id)
  const others = placed(list).filter((one) => one.id !== id)
  return { ...list, [id]: { ...item, p: keyAt(others, place, random) } }
}

/** The list with another value for an item. */
export function withItemSet<V>(list: StoredList<V>, id: string, value: V): StoredList<V> {
  return { ...list, [id]: { ...known(list, id), v: value } }
}

/** The list without an item. One that is gone stays gone, and of one that never was nothing is noted. */
export function withoutItem<V>(list: StoredList<V>, id: string): StoredList<V> {
  const isThere = Object.hasOwn(list, id) && list[id]?.d !== true
  return isThere ? { ...list, [id]: { d: true } } : list
}

function known<V>(list: StoredList<V>, id: string): StoredItem<V> {
  const item = Object.hasOwn(list, id) ? list[id] : undefined
  if (item === undefined || item.d === true)
    throw new FixpointError("NOT_FOUND", "There is no such item in the list.", { details: { path: "id" } })
  return item
}

function keyAt<V>(items: readonly Placed<V>[], place: ListPlace, random: () => number): string {
  const index = indexOf(items, place)
  const below = items[index - 1]?.key
  // Two items of one key stand by their ids: what goes between them goes behind both.
  const above = items.slice(index).find(({ key }) => below === undefined || key > below)?.key
  return keyBetween(below, above, random)
}

function indexOf<V>(items: readonly Placed<V>[], place: ListPlace): number {
  if (place === "start") return 0
  if (place === "end") return items.length
  if ("at" in place) {
    if (Number.isInteger(place.at) && place.at >= 0) return Math.min(place.at, items.length)
    throw new FixpointError("INVALID_ARGUMENT", "An index is a number from 0.", { details: { path: "at" } })
  }
  const [id, behind] = "before" in place ? [place.before, 0] : [place.after, 1]
  const at = items.findIndex((item) => item.id === id)
  if (at >= 0) return at + behind
  throw new FixpointError("NOT_FOUND", "There is no such item in the list.", { details: { path: "place" } })
}
