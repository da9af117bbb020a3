/**
 * What collections and queries ask for: of a database, or of one transaction. Owns: the seam between the part of the page side
 * that is loaded at once, which describes what is wanted, and the part that comes with the first database, which does it.
 */
import type { AggregateSpec, QueryStats, TextPlace } from "@fixpoint/core"
import type { Choice, LostWrite } from "./conflict-seam.ts"
import type { Author, PastRange, PastStep, When } from "./past-seam.ts"
import type { Text, TextOptions } from "./text/text-seam.ts"
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

/** A query as it was put together; the values are as the application gave them. */
export interface QueryDescription {
  readonly collection: string
  /** Filters that must all hold. */
  readonly where: readonly unknown[]
  /** Paths; "-" before one turns its order round. */
  readonly order: readonly string[]
  readonly limit: number | undefined
  /** Paths of the fields to give; undefined for whole documents. */
  readonly select?: readonly string[] | undefined
  /** What else to show in each document, by the name of its field; as the application gave it. */
  readonly include?: Readonly<Record<string, unknown>> | undefined
  readonly aggregate?: AggregateSpec | undefined
  /** A search in place of all that. */
  readonly find?: FindRequest | undefined
}

/** A search as it was asked for: for words, or for what is near a vector. */
export type FindRequest = { readonly options: FindChoices } & (
  | { readonly text: unknown }
  | { readonly path: unknown; readonly vector: unknown }
)

/** The options of a search, as they were given. */
export interface FindChoices extends Waiting {
  readonly limit?: unknown
  readonly where?: unknown
  readonly prefix?: unknown
  readonly match?: unknown
}

/** A page of a result: its documents, and the cursor of the next one; undefined behind the last. */
export interface Page<D> {
  readonly docs: D[]
  readonly next: string | undefined
}

/** Which page is wanted. */
export interface PageRequest {
  readonly size: number
  readonly after?: string | undefined
}

/** What `update` does with a document. */
export type Update = (document: never) => unknown

/** Changes of a collection, with documents as they are read. */
export interface ChangeList {
  readonly changes: readonly { readonly _id: string; readonly doc: unknown; readonly stamp: string }[]
  readonly cursor: string
}

type Task<A extends readonly unknown[], R> = (collection: string, args: A, options: WriteOptions) => Promise<R>
type Asked<R> = (query: QueryDescription, args: readonly [], options: Waiting) => Promise<R>

/** What a database and a transaction both do, with documents as applications have them. Arguments come unchecked. */
export interface Work {
  put: Task<readonly [document: unknown], Receipt>
  insert: Task<readonly [document: unknown], Receipt>
  patch: Task<readonly [id: string, leaves: unknown], Receipt>
  update: Task<readonly [id: string, update: Update], Receipt | undefined>
  increment: Task<readonly [id: string, path: string, by: number], Receipt>
  add: Task<readonly [id: string, path: string, element: unknown], Receipt>
  remove: Task<readonly [id: string, path: string, element: unknown], Receipt>
  delete: Task<readonly [id: string], Receipt>
  putMany: Task<readonly [documents: Iterable<unknown>], Receipt>
  deleteMany: Task<readonly [ids: Iterable<string>], Receipt>
  get: Task<readonly [id: string], unknown>
  getMany: Task<readonly [ids: Iterable<string>], unknown[]>
  history: Task<readonly [id: string, range: PastRange], PastStep[]>
  asOf: Task<readonly [id: string, when: When], unknown>
  blame: Task<readonly [id: string], Readonly<Record<string, Author>>>
  restore: Task<readonly [id: string, when: When], Receipt>
  undelete: Task<readonly [id: string], Receipt | undefined>
  conflicts: Task<readonly [id: string], LostWrite[]>
  resolve: Task<readonly [id: string, lost: unknown, choice: Choice], Receipt | undefined>
  text: (collection: string, args: readonly [id: string, field: string], options: TextOptions) => Promise<Text>
  changes: Task<readonly [since: string | undefined], ChangeList>
  find: Asked<{ doc: unknown; score: number; places: readonly TextPlace[] }[]>
  all: Asked<unknown[]>
  first: Asked<unknown>
  ids: Asked<string[]>
  aggregate: Asked<unknown>
  page: (query: QueryDescription, args: readonly [PageRequest], options: Waiting) => Promise<Page<unknown>>
  queryAsOf: (query: QueryDescription, args: readonly [When], options: Waiting) => Promise<unknown[]>
  explain: Asked<QueryStats>
  deltas: Asked<AsyncGenerator<Delta<unknown>, void, undefined>>
}

/** A database or a transaction, as its collections and queries see it. */
export interface Scope {
  /** Arguments are taken as they are in the turn of the call, whatever is done to them later. */
  ask<M extends keyof Work>(method: M, ...args: Parameters<Work[M]>): ReturnType<Work[M]>
  /** Mounts a live query; gives the function that ends it. */
  watch(query: QueryDescription, watcher: Watcher<unknown>, options: WatchOptions): () => void
}
