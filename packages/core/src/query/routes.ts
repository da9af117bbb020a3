/**
 * Which live queries a delta may concern. Owns: the table of routes, by collection, field and value.
 * Invariant: a query that is passed over holds for the document neither before nor after; one that is found may still not
 * hold. A delta costs one look-up for each field that routes go by, however many queries there are. Must not know queries.
 */
import type { Filter } from "../api/filter.ts"
import type { Json } from "../base/json.ts"
import { type FieldReader, fieldReader } from "./filter.ts"
import type { RowDelta } from "./row-delta.ts"

/** The field by which a query is found, and its values there. */
export interface Route {
  readonly path: string
  readonly values: readonly Json[]
}

/** A query of more values than this looks at every delta of its collection. */
const valuesMax = 1_000

/** Values that are equal have one key; others may share it. */
const keyOf = (value: Json | undefined): unknown => (typeof value === "object" ? JSON.stringify(value) : value)

/** Equal objects may have different texts; escapes of one value have one. */
const isRoutable = (value: Json): boolean =>
  typeof value !== "object" || value === null || Object.keys(value).join() === "$"

/** The route of what a filter holds for; undefined when it names no values of a field. The id is the best one. */
export function routeOf(filter: Filter): Route | undefined {
  if (filter.kind === "and") {
    const routes = filter.filters.map(routeOf).filter((route) => route !== undefined)
    return routes.find(({ path }) => path === "_id") ?? routes[0]
  }
  if (filter.kind !== "field") return undefined
  const { path, operator, operand } = filter.condition
  const values = operator === "eq" ? [operand] : operator === "in" && Array.isArray(operand) ? operand : undefined
  return values && values.length <= valuesMax && values.every(isRoutable) ? { path, values } : undefined
}

interface Field<T> {
  readonly read: FieldReader
  readonly byKey: Map<unknown, Set<T>>
}

interface CollectionRoutes<T> {
  readonly all: Set<T>
  readonly fields: Map<string, Field<T>>
}

/** Targets by route. */
export class Routes<T> {
  readonly #collections = new Map<string, CollectionRoutes<T>>()

  /** Whether any target wants deltas of a collection. */
  has(collection: string): boolean {
    return this.#collections.has(collection)
  }

  /** Adds a target; without a route it is found by every delta. Gives the function that takes it out. */
  add(collection: string, route: Route | undefined, target: T): () => void {
    const routes = gotten(this.#collections, collection, () => ({ all: new Set<T>(), fields: new Map() }))
    if (route === undefined) routes.all.add(target)
    else {
      const { byKey } = gotten(routes.fields, route.path, () => ({ read: fieldReader(route.path), byKey: new Map() }))
      for (const value of route.values) gotten(byKey, keyOf(value), () => new Set<T>()).add(target)
    }
    return () => this.#remove(collection, route, target)
  }

  /** The targets that a delta may concern. */
  find({ collection, id, before, after }: RowDelta): Iterable<T> {
    const routes = this.#collections.get(collection)
    if (routes === undefined) return []
    if (routes.fields.size === 0) return routes.all
    const found = new Set(routes.all)
    for (const { read, byKey } of routes.fields.values())
      for (const view of [before, after])
        if (view !== undefined) for (const target of byKey.get(keyOf(read(view.parse(), id))) ?? []) found.add(target)
    return found
  }

  #remove(collection: string, route: Route | undefined, target: T): void {
    const routes = this.#collections.get(collection)
    const field = routes?.fields.get(route?.path ?? "")
    if (route === undefined) routes?.all.delete(target)
    else
      for (const value of route.values) {
        const key = keyOf(value)
        const targets = field?.byKey.get(key)
        targets?.delete(target)
        if (targets?.size === 0) field?.byKey.delete(key)
      }
    if (field?.byKey.size === 0) routes?.fields.delete(route?.path ?? "")
    if (routes?.all.size === 0 && routes.fields.size === 0) this.#collections.delete(collection)
  }
}

/** The value of a key; made at its first use. */
function gotten<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
