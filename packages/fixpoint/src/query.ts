/**
 * Queries. Owns: the builder, and the ways to run what it has built.
 * Invariant: a query is immutable, and its spec is its canonical, serialisable form; running it changes nothing.
 * Must not know how documents are found, or kept true (live-result.ts).
 */
import type { QuerySpec, QueryStats } from "@fixpoint/core"
import type { OrderBy, Stored, Where } from "./document-types.ts"
import type { Delta, WatchOptions, Watcher } from "./live-result.ts"
import { refused } from "./refused.ts"
import type { Scope, Waiting } from "./scope.ts"
import { checkReadPath, conjunction, filterOf } from "./where.ts"

/** The query of a whole collection. */
export const emptyQuery = (collection: string): QuerySpec => ({
  collection,
  filter: conjunction([]),
  order: [],
  limit: undefined,
})

/** A query over one collection. Every step gives a new one. */
export class Query<T> {
  /** The canonical form. */
  readonly spec: QuerySpec
  readonly #scope: Scope

  constructor(scope: Scope, spec: QuerySpec) {
    this.#scope = scope
    this.spec = spec
  }

  /** Of these, the documents that meet the filter. */
  where(where: Where<T>): Query<T> {
    return this.#with({ filter: conjunction([this.spec.filter, filterOf(where)]) })
  }

  /** In this order; "-" before a path turns it round. Further calls break ties. */
  orderBy(...paths: readonly OrderBy<T>[]): Query<T> {
    const order = paths.map((path: unknown) => {
      if (typeof path !== "string") throw refused("orderBy", "orderBy takes paths.")
      const descending = path.startsWith("-")
      return { path: checkReadPath(descending ? path.slice(1) : path), descending }
    })
    return this.#with({ order: [...this.spec.order, ...order] })
  }

  /** At most so many. */
  limit(count: number): Query<T> {
    if (!Number.isInteger(count) || count < 0) throw refused("limit", "limit takes a whole number from 0.")
    return this.#with({ limit: count })
  }

  /** The documents. */
  all(options: Waiting = {}): Promise<Stored<T>[]> {
    return this.#scope.ask("find", this.spec, options) as Promise<Stored<T>[]>
  }

  /** The first document, or undefined. */
  async first(options: Waiting = {}): Promise<Stored<T> | undefined> {
    const [first] = await this.limit(Math.min(1, this.spec.limit ?? 1)).all(options)
    return first
  }

  /** The ids of the documents. */
  ids(options: Waiting = {}): Promise<string[]> {
    return this.#scope.ask("ids", this.spec, options)
  }

  /** How many documents there are. */
  count(options: Waiting = {}): Promise<number> {
    return this.#scope.ask("count", this.spec, options)
  }

  /** Runs the query, and says what that took. */
  explain(options: Waiting = {}): Promise<QueryStats> {
    return this.#scope.ask("explain", this.spec, options)
  }

  /** Calls `watcher` with the result, and again on each change; gives the function that ends it. */
  watch(watcher: Watcher<Stored<T>>, options: WatchOptions = {}): () => void {
    if (typeof watcher !== "function") throw refused("watch", "watch takes a function.")
    return this.#scope.watch(this.spec, watcher as Watcher<unknown>, options)
  }

  /** What changes in the result, step by step; first, all of it is added. */
  async *changes(options: Waiting = {}): AsyncGenerator<Delta<Stored<T>>, void, undefined> {
    yield* (await this.#scope.ask("deltas", this.spec, options)) as AsyncGenerator<Delta<Stored<T>>, void, undefined>
  }

  /** The canonical form, for JSON. */
  toJSON(): QuerySpec {
    return this.spec
  }

  #with(change: Partial<QuerySpec>): Query<T> {
    return new Query(this.#scope, { ...this.spec, ...change })
  }
}
