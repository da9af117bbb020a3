/**
 * Queries. Owns: the builder, and the ways to run what it has built.
 * Invariant: a query is immutable and serialisable; running it changes nothing. It is checked when it is run.
 * Must not know how documents are found, or kept true (live-result.ts).
 */
import type { QueryStats } from "@fixpoint/core"
import type { OrderBy, Stored, Where } from "./document-types.ts"
import type { Delta, WatchOptions, Watcher } from "./live-result.ts"
import type { QueryDescription, Scope, Waiting } from "./scope.ts"
import { snapshot } from "./snapshot.ts"

/** A query over one collection. Every step gives a new one. */
export class Query<T> {
  readonly #scope: Scope
  readonly #description: QueryDescription

  constructor(scope: Scope, description: QueryDescription) {
    this.#scope = scope
    this.#description = description
  }

  /** Of these, the documents that meet the filter. */
  where(where: Where<T>): Query<T> {
    return this.#with({ where: [...this.#description.where, snapshot(where)] })
  }

  /** In this order; "-" before a path turns it round. Further calls break ties. */
  orderBy(...paths: readonly OrderBy<T>[]): Query<T> {
    return this.#with({ order: [...this.#description.order, ...paths] })
  }

  /** At most so many. */
  limit(count: number): Query<T> {
    return this.#with({ limit: count })
  }

  /** The documents. */
  all(options: Waiting = {}): Promise<Stored<T>[]> {
    return this.#scope.ask("all", this.#description, [], options) as Promise<Stored<T>[]>
  }

  /** The first document, or undefined. */
  first(options: Waiting = {}): Promise<Stored<T> | undefined> {
    return this.#scope.ask("first", this.#description, [], options) as Promise<Stored<T> | undefined>
  }

  /** The ids of the documents. */
  ids(options: Waiting = {}): Promise<string[]> {
    return this.#scope.ask("ids", this.#description, [], options)
  }

  /** How many documents there are. */
  count(options: Waiting = {}): Promise<number> {
    return this.#scope.ask("count", this.#description, [], options)
  }

  /** Runs the query, and says what that took. */
  explain(options: Waiting = {}): Promise<QueryStats> {
    return this.#scope.ask("explain", this.#description, [], options)
  }

  /** Calls `watcher` with the result, and again on each change; gives the function that ends it. */
  watch(watcher: Watcher<Stored<T>>, options: WatchOptions = {}): () => void {
    return this.#scope.watch(this.#description, watcher as Watcher<unknown>, options)
  }

  /** What changes in the result, step by step; first, all of it is added. */
  async *changes(options: Waiting = {}): AsyncGenerator<Delta<Stored<T>>, void, undefined> {
    const deltas = await this.#scope.ask("deltas", this.#description, [], options)
    yield* deltas as AsyncGenerator<Delta<Stored<T>>, void, undefined>
  }

  /** What the query asks for, for JSON. */
  toJSON(): QueryDescription {
    return this.#description
  }

  #with(change: Partial<QueryDescription>): Query<T> {
    return new Query(this.#scope, { ...this.#description, ...change })
  }
}
