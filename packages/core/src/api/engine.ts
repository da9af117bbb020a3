/**
 * The engine as its callers see it: the page through a worker, or the same thread. Owns: what can be asked of a database.
 * Invariant: everything that crosses is plain data that structured clone carries, and what this folder describes. Must not know
 * transports or collections' types.
 */
import type { Durability } from "../lsm/store.ts"
import type { ChangePage } from "./change-feed.ts"
import type { CheckReport } from "../lsm/check.ts"
import type { CollectionSpec } from "./collection-spec.ts"
import type { DocumentLines, VersionedText } from "./document-text.ts"
import type { EngineEvent } from "./engine-event.ts"
import type { EngineStats } from "./engine-stats.ts"
import type { EngineStatus } from "./engine-status.ts"
import type { FindResult, FindSpec } from "./find.ts"
import type { LiveStep } from "./live-step.ts"
import type { QueryResult, QuerySpec, QueryStats } from "./query.ts"
import type { Sync } from "./sync.ts"
import type { Receipt, StagedWrites, WriteOp } from "./write.ts"

/** The parts that are asked by name (db/doors.ts). */
export type PartName = "conflicts" | "files" | "history" | "text" | "undo"

/** A transaction under way. Writes are applied in call order; nothing is stored before `commit`. */
export interface EngineTransaction {
  get(collection: string, ids: readonly string[]): Promise<(VersionedText | undefined)[]>
  query(spec: QuerySpec): Promise<QueryResult>
  /** Takes writes; a refused one, which `details.index` names, rejects here and makes `commit` reject with the same error. */
  write(ops: readonly WriteOp[] | StagedWrites): Promise<void>
  /** Stores all writes as one commit; gives undefined when what it read has changed meanwhile: run it again. */
  commit(durability: Durability | undefined): Promise<Receipt | undefined>
  /** Forgets all writes. */
  rollback(): void
}

/** A database engine. One per tab and database; many tabs have many engines over one store. */
export interface Engine {
  status(): EngineStatus
  /** Tells events; gives the function that ends it. */
  on(listener: (event: EngineEvent) => void): () => void
  /** Resolves when the database is open; rejects with the code that stopped it. */
  ready(): Promise<void>
  /** Declares collections (merge types of fields). */
  declare(collections: Readonly<Record<string, CollectionSpec>>): void
  /** Begins to take writes that come in parts. */
  stage(): StagedWrites
  /** One atomic commit; resolves when it is durable. */
  write(ops: readonly WriteOp[] | StagedWrites, durability?: Durability): Promise<Receipt>
  /** The texts of documents, in the order of `ids`. */
  texts(collection: string, ids: readonly string[]): Promise<(string | undefined)[]>
  get(collection: string, ids: readonly string[]): Promise<(VersionedText | undefined)[]>
  /**
   * Documents from an id on, or from the first on with "", in the order of ids; undefined when the collection is large.
   * The event "applied" tells whether they still are as they were.
   */
  getAhead(collection: string, from: string): Promise<DocumentLines | undefined>
  query(spec: QuerySpec): Promise<QueryResult>
  explain(spec: QuerySpec | FindSpec): Promise<QueryStats>
  /** Searches an index that the collection declares; reads every document until that index is built. */
  find(spec: FindSpec): Promise<FindResult>
  /**
   * Calls `listener` with a reset first, then with each step; gives the function that ends it. A search is told by resets, of each hit one
   * text: a line of JSON, `[score, places]`, and the document.
   */
  watch(spec: QuerySpec | FindSpec, listener: (step: LiveStep) => void): () => void
  changes(collection: string, since: string | undefined): Promise<ChangePage>
  begin(): Promise<EngineTransaction>
  /** Asks a part that is loaded with its first question. Which verbs there are is its own to say. */
  part(name: PartName, verb: string, args: readonly unknown[]): Promise<unknown>
  check(options: { readonly deep?: boolean }): Promise<CheckReport>
  stats(): Promise<EngineStats>
  /** Flushes and compacts until nothing is left to do. */
  compact(): Promise<void>
  /** The sync of this database; it is loaded when it is first asked for. */
  sync(): Promise<Sync>
  close(): Promise<void>
  /** Removes data, keys and sentinel. Works on a failed database too. */
  destroy(): Promise<void>
}
