/**
 * Queries. Owns: the builder, and the ways to run what it has built.
 * Invariant: a query is immutable and serialisable; running it changes nothing. It is checked when it is run.
 * Must not know how documents are found, or kept true (live-result.ts).
 */
import type { AggregateSpec, QueryStats } from "@fixpoint/core"
import { Aggregate, Grouping } from "./aggregate.ts"
import type {
  FieldPath,
  GroupKey,
  GroupPath,
  Including,
  Includes,
  OrderBy,
  Queried,
  Selected,
  Stored,
  SumOf,
  ValueAt,
  Where,
} from "./document-types.ts"
import type { Delta, WatchOptions, Watcher } from "./live-result.ts"
import type { When } from "./past-seam.ts"
import type { Page, PageRequest, QueryDescription, Scope, Waiting } from "./scope.ts"
import { snapshot } from "./snapshot.ts"

/** A collection is taken as the query for all of it. What is neither is refused when the query is run. */
function describedIn(given: unknown): unknown {
  if (typeof given !== "object" || given === null) return given
  if ("where" in given) return (given as Queried<unknown>).where({} as never)
  return "from" in given ? { ...given, from: describedIn(given.from) } : given
}

/** A query over one collection of `T`, whose results are `R`. Every step gives a new one. */
export class Query<T, R = Stored<T>> {
  readonly #scope: Scope
  readonly #description: QueryDescription

  constructor(scope: Scope, description: QueryDescription) {
    this.#scope = scope
    this.#description = description
  }

  /** Of these, the documents that meet the filter. */
  where(where: Where<T>): Query<T, R> {
    return this.#with({ where: [...this.#description.where, snapshot(where)] })
  }

  /** In this order; "-" before a path turns it round. Further calls break ties. */
  orderBy(...paths: readonly OrderBy<T>[]): Query<T, R> {
    return this.#with({ order: [...this.#description.order, ...paths] })
  }

  /** At most so many. */
  limit(count: number): Query<T, R> {
    return this.#with({ limit: count })
  }

  /** Of each document these fields alone, where they stand in it, and its id. A change of others is none to a live query. */
  select<P extends FieldPath<T>>(...paths: readonly P[]): Query<T, Selected<T, P>> {
    return this.#with({ select: paths })
  }

  /**
   * In each document, others: with `{ author: users }`, the one of "users" whose id stands in its field "author", in place of
   * that id, or a list of them in place of a list; with `{ from: users, via: "authorId" }`, the one whose id stands elsewhere;
   * with `{ from: comments, on: "postId" }`, the list of those in whose field "postId" its own id stands, `many: false` for
   * the first of them. A query in place of a collection says which, in which order, how many for each, and which fields.
   */
  include<I extends Includes<T>>(includes: I): Query<T, Including<T, R, I>> {
    const include = Object.fromEntries(Object.entries(includes).map(([as, given]) => [as, describedIn(given)]))
    return this.#with({ include: { ...this.#description.include, ...include } })
  }

  /** The documents. */
  all(options: Waiting = {}): Promise<R[]> {
    return this.#scope.ask("all", this.#description, [], options) as Promise<R[]>
  }

  /** The documents as they were at a moment. Reads the whole collection; HISTORY_GONE where not all of it is known any more. */
  asOf(when: When, options: Waiting = {}): Promise<R[]> {
    return this.#scope.ask("queryAsOf", this.#description, [when], options) as Promise<R[]>
  }

  /** The first document, or undefined. */
  first(options: Waiting = {}): Promise<R | undefined> {
    return this.#scope.ask("first", this.#description, [], options) as Promise<R | undefined>
  }

  /**
   * A part of the result: `size` documents, from the beginning or behind a cursor, and the cursor of what follows. A cursor
   * names a place in the order: what is written before it meanwhile moves nothing.
   */
  page({ signal, ...page }: PageRequest & Waiting): Promise<Page<Stored<T>>> {
    return this.#scope.ask("page", this.#description, [page], { signal }) as Promise<Page<Stored<T>>>
  }

  /** The ids of the documents. */
  ids(options: Waiting = {}): Promise<string[]> {
    return this.#scope.ask("ids", this.#description, [], options)
  }

  /** How many documents there are. */
  count(options: Waiting = {}): Aggregate<number> {
    return this.#figure("count", undefined, options)
  }

  /** The exact sum of the numbers at a path, rounded once; a bigint where all are bigints. Other values are passed over. */
  sum<P extends FieldPath<T>>(path: P, options: Waiting = {}): Aggregate<SumOf<ValueAt<T, P>>> {
    return this.#figure("sum", path, options)
  }

  /** The mean of the numbers at a path; undefined where there are none. */
  avg(path: FieldPath<T>, options: Waiting = {}): Aggregate<number | undefined> {
    return this.#figure("avg", path, options)
  }

  /** The least value at a path; undefined where there is none but null. */
  min<P extends FieldPath<T>>(path: P, options: Waiting = {}): Aggregate<NonNullable<ValueAt<T, P>> | undefined> {
    return this.#figure("min", path, options)
  }

  /** The greatest value at a path; undefined where there is none but null. */
  max<P extends FieldPath<T>>(path: P, options: Waiting = {}): Aggregate<NonNullable<ValueAt<T, P>> | undefined> {
    return this.#figure("max", path, options)
  }

  /** Figures for each value at a path, undefined where the field is missing; with "tags[]", for each element of an array. */
  groupBy<P extends GroupPath<T>>(path: P): Grouping<T, GroupKey<T, P>> {
    return new Grouping(this.#scope, this.#description, path)
  }

  /** Runs the query, and says what that took. */
  explain(options: Waiting = {}): Promise<QueryStats> {
    return this.#scope.ask("explain", this.#description, [], options)
  }

  /** Calls `watcher` with the result, and again on each change; gives the function that ends it. */
  watch(watcher: Watcher<R>, options: WatchOptions = {}): () => void {
    return this.#scope.watch(this.#description, watcher as Watcher<unknown>, options)
  }

  /** What changes in the result, step by step; first, all of it is added. */
  async *changes(options: Waiting = {}): AsyncGenerator<Delta<R>, void, undefined> {
    const deltas = await this.#scope.ask("deltas", this.#description, [], options)
    yield* deltas as AsyncGenerator<Delta<R>, void, undefined>
  }

  /** What the query asks for, for JSON. */
  toJSON(): QueryDescription {
    return this.#description
  }

  #figure<F>(of: AggregateSpec["of"], path: string | undefined, options: Waiting): Aggregate<F> {
    return new Aggregate<F>(this.#scope, { ...this.#description, aggregate: { of, path, by: undefined } }, options)
  }

  #with<S = R>(change: Partial<QueryDescription>): Query<T, S> {
    return new Query(this.#scope, { ...this.#description, ...change })
  }
}
