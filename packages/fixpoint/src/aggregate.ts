/**
 * Figures of a query's documents, and hits of a search. Owns: the object that a count, a sum, a group's figure or a search is before
 * anybody waits for it.
 * Invariant: it runs when it is awaited, and once more when it is awaited again; it can be watched instead. It is checked when
 * it is run. Must not know how figures are worked out.
 */
import type { AggregateSpec, QueryStats } from "@fixpoint/core"
import type { FieldPath, SumOf, ValueAt } from "./document-types.ts"
import type { WatchOptions } from "./live-result.ts"
import type { QueryDescription, Scope, Waiting } from "./scope.ts"

/** A figure, or the hits of a search, that can be awaited or watched. */
export class Aggregate<R> implements Promise<R> {
  readonly #scope: Scope
  readonly #description: QueryDescription
  readonly #options: Waiting

  constructor(scope: Scope, description: QueryDescription, options: Waiting) {
    this.#scope = scope
    this.#description = description
    this.#options = options
  }

  get [Symbol.toStringTag](): string {
    return "Aggregate"
  }

  then<A = R, B = never>(
    onValue?: ((value: R) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#run().then(onValue, onError)
  }

  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<R | B> {
    return this.#run().catch(onError)
  }

  finally(onEnd?: (() => void) | null): Promise<R> {
    return this.#run().finally(onEnd)
  }

  /** Calls `watcher` with the figure, and again whenever it is another one; gives the function that ends it. */
  watch(watcher: (figure: R) => void, options: WatchOptions = {}): () => void {
    return this.#scope.watch(this.#description, watcher as (figure: unknown) => void, { ...this.#options, ...options })
  }

  /** Runs it, and says what that took. */
  explain(options: Waiting = {}): Promise<QueryStats> {
    return this.#scope.ask("explain", this.#description, [], options)
  }

  /** What is asked for, for JSON. */
  toJSON(): QueryDescription {
    return this.#description
  }

  #run(): Promise<R> {
    const method = this.#description.find ? "find" : "aggregate"
    return this.#scope.ask(method, this.#description, [], this.#options) as Promise<R>
  }
}

/** Figures of a query by group. Keys that are objects are found by going through the map, as with any Map. */
export class Grouping<T, K> {
  readonly #scope: Scope
  readonly #description: QueryDescription
  readonly #by: string

  constructor(scope: Scope, description: QueryDescription, by: string) {
    this.#scope = scope
    this.#description = description
    this.#by = by
  }

  /** How many documents each group has. */
  count(options: Waiting = {}): Aggregate<Map<K, number>> {
    return this.#figures("count", undefined, options)
  }

  /** The exact sum of the numbers at a path; a bigint where all are bigints. */
  sum<P extends FieldPath<T>>(path: P, options: Waiting = {}): Aggregate<Map<K, SumOf<ValueAt<T, P>>>> {
    return this.#figures("sum", path, options)
  }

  /** The mean of the numbers at a path, for groups that have any. */
  avg(path: FieldPath<T>, options: Waiting = {}): Aggregate<Map<K, number>> {
    return this.#figures("avg", path, options)
  }

  /** The least value at a path, for groups that have any; null is none. */
  min<P extends FieldPath<T>>(path: P, options: Waiting = {}): Aggregate<Map<K, NonNullable<ValueAt<T, P>>>> {
    return this.#figures("min", path, options)
  }

  /** The greatest value at a path, for groups that have any; null is none. */
  max<P extends FieldPath<T>>(path: P, options: Waiting = {}): Aggregate<Map<K, NonNullable<ValueAt<T, P>>>> {
    return this.#figures("max", path, options)
  }

  #figures<R>(of: AggregateSpec["of"], path: string | undefined, options: Waiting): Aggregate<R> {
    return new Aggregate<R>(this.#scope, { ...this.#description, aggregate: { of, path, by: this.#by } }, options)
  }
}
