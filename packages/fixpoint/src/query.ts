/**
 * Queries. Owns: the builder, and the ways to run what it has built.
 * Invariant: a query is immutable, and its spec is its canonical, serialisable form; running it changes nothing.
 * Must not know how documents are found, or kept true (live-result.ts).
 */
import type { QueryResult, QuerySpec, QueryStats } from "@fixpoint/core"
import { decodeDocument } from "@fixpoint/core/codec"
import { abortable, checkSignal, type Waiting } from "./abort.ts"
import type { OrderBy, Stored, Where } from "./document-types.ts"
import { type Delta, LiveResult } from "./live-result.ts"
import type { Scope } from "./scope.ts"
import { mapInSlices } from "./slices.ts"
import { checkPath, conjunction, filterOf, refused } from "./where.ts"

/** Called with the result and what has changed in it since the last call. */
export type Watcher<T> = (documents: readonly Stored<T>[], delta: Delta<Stored<T>>) => void

/** Options of a live query. */
export interface WatchOptions extends Waiting {
  /** Told when the query cannot go on; without it the database's "error" event is. */
  readonly onError?: (error: unknown) => void
}

/** The query of a whole collection. */
export const emptyQuery = (collection: string): QuerySpec => ({
  collection,
  filter: { kind: "and", filters: [] },
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
    const { filter } = this.spec
    const added = filterOf(where)
    const isEmpty = filter.kind === "and" && filter.filters.length === 0
    return this.#with({ filter: isEmpty ? added : conjunction([filter, added]) })
  }

  /** In this order; "-" before a path turns it round. Further calls break ties. */
  orderBy(...paths: readonly OrderBy<T>[]): Query<T> {
    const order = paths.map((path: unknown) => {
      if (typeof path !== "string") throw refused("orderBy", "orderBy takes paths.")
      const descending = path.startsWith("-")
      return { path: checkPath(descending ? path.slice(1) : path), descending }
    })
    return this.#with({ order: [...this.spec.order, ...order] })
  }

  /** At most so many. */
  limit(count: number): Query<T> {
    if (!Number.isInteger(count) || count < 0) throw refused("limit", "limit takes a whole number from 0.")
    return this.#with({ limit: count })
  }

  /** The documents. */
  async all(options: Waiting = {}): Promise<Stored<T>[]> {
    const { documents } = await this.#run(this.spec, options)
    return await mapInSlices(documents, ({ id, text }) => decodeDocument<Stored<T>>(id, text), options)
  }

  /** The first document, or undefined. */
  async first(options: Waiting = {}): Promise<Stored<T> | undefined> {
    const { documents } = await this.#run({ ...this.spec, limit: Math.min(1, this.spec.limit ?? 1) }, options)
    const [found] = documents
    return found && decodeDocument<Stored<T>>(found.id, found.text)
  }

  /** The ids of the documents. */
  async ids(options: Waiting = {}): Promise<string[]> {
    return (await this.#run(this.spec, options)).documents.map(({ id }) => id)
  }

  /** How many documents there are. */
  count(options: Waiting = {}): Promise<number> {
    return this.#scope.outside.call("count", [this.spec], options)
  }

  /** Runs the query, and says what that took. */
  explain(options: Waiting = {}): Promise<QueryStats> {
    return this.#scope.outside.call("explain", [this.spec], options)
  }

  /** Calls `watcher` with the result, and again on each change; gives the function that ends it. */
  watch(watcher: Watcher<T>, { signal, onError }: WatchOptions = {}): () => void {
    if (typeof watcher !== "function") throw refused("watch", "watch takes a function.")
    checkSignal(signal)
    const { outside } = this.#scope
    const live = new LiveResult<Stored<T>>(watcher, onError ?? ((error) => outside.report(error)))
    const unmount = outside.watch(this.spec, (step) => live.take(step))
    const stop = () => {
      live.end()
      unmount()
      signal?.removeEventListener("abort", stop)
    }
    signal?.addEventListener("abort", stop)
    return stop
  }

  /** What changes in the result, step by step; first, all of it is added. */
  async *changes({ signal }: Waiting = {}): AsyncGenerator<Delta<Stored<T>>, void, undefined> {
    const deltas: Delta<Stored<T>>[] = []
    let failure: { readonly error: unknown } | undefined
    let wake: () => void = () => undefined
    const stop = this.watch(
      (_, delta) => {
        deltas.push(delta)
        wake()
      },
      {
        onError: (error) => {
          failure = { error }
          wake()
        },
      },
    )
    try {
      for (;;) {
        checkSignal(signal)
        const delta = deltas.shift()
        if (delta !== undefined) yield delta
        else if (failure !== undefined) throw failure.error
        else await abortable(new Promise<void>((resolve) => (wake = resolve)), signal)
      }
    } finally {
      stop()
    }
  }

  /** The canonical form, for JSON. */
  toJSON(): QuerySpec {
    return this.spec
  }

  #run(spec: QuerySpec, options: Waiting): Promise<QueryResult> {
    return this.#scope.query(spec, options)
  }

  #with(change: Partial<QuerySpec>): Query<T> {
    return new Query(this.#scope, { ...this.spec, ...change })
  }
}
