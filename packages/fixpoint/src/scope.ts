/**
 * What collections and queries ask for: of a database, or of one transaction. Owns: the seam between the part of the page side
 * that is loaded at once, which turns documents into operations, and the part that comes with the first database.
 */
import type { QuerySpec, QueryStats, WriteOp } from "@fixpoint/core"
import type { Delta, WatchOptions, Watcher } from "./live-result.ts"

/** The option that every waiting call takes. */
export interface Waiting {
  readonly signal?: AbortSignal | undefined
}

/** How sure one write is. */
export type Durability = "relaxed" | "strict"

/** Options of a write. */
export interface WriteOptions extends Waiting {
  /** "strict" survives a power cut when it resolves; "relaxed" does within a second. */
  readonly durability?: Durability | undefined
}

/** What a write gives: the ids it touched, in order, and the stamp of its commit. */
export interface Receipt {
  readonly ids: readonly string[]
  /** Empty inside of a transaction, whose commit comes later. */
  readonly stamp: string
}

/** What a transaction gives: what its callback gave, or the receipt of its commit when that was nothing. */
export type Outcome<R> = R extends undefined | void ? Receipt : R

/** An operation, or why there is none: a transaction must hear of a refused write even if nobody waits for it. */
export type Prepared = { readonly op: WriteOp } | { readonly refusal: unknown }

/** What `update` does with a document. */
export type Change = (document: never) => unknown

/** One changed document as it is read; `doc` is undefined when it was deleted. */
export interface ChangedDocument {
  readonly _id: string
  readonly doc: unknown
  readonly stamp: string
}

/** What a database and a transaction both do. Documents are as applications have them. */
export interface Work {
  write(prepared: Prepared, options: WriteOptions): Promise<Receipt>
  writeMany(items: readonly unknown[], prepare: (item: never) => Prepared, options: WriteOptions): Promise<Receipt>
  update(collection: string, id: string, change: Change, options: WriteOptions): Promise<Receipt | undefined>
  get(collection: string, ids: readonly string[], options: Waiting): Promise<unknown[]>
  find(spec: QuerySpec, options: Waiting): Promise<unknown[]>
  ids(spec: QuerySpec, options: Waiting): Promise<string[]>
  count(spec: QuerySpec, options: Waiting): Promise<number>
  explain(spec: QuerySpec, options: Waiting): Promise<QueryStats>
  changes(
    collection: string,
    since: string | undefined,
    options: Waiting,
  ): Promise<{ changes: ChangedDocument[]; cursor: string }>
  deltas(spec: QuerySpec, options: Waiting): Promise<AsyncGenerator<Delta<unknown>, void, undefined>>
}

/** A database or a transaction, as its collections and queries see it. */
export interface Scope {
  ask<M extends keyof Work>(method: M, ...args: Parameters<Work[M]>): ReturnType<Work[M]>
  /** Mounts a live query; gives the function that ends it. */
  watch(spec: QuerySpec, watcher: Watcher<unknown>, options: WatchOptions): () => void
}
