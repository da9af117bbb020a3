/**
 * The engine as its callers see it: the page through a worker, or the same thread. Owns: the shapes that cross.
 * Invariant: everything here is plain data that structured clone carries; documents cross as stored text (codec/value.ts),
 * so that neither side reads what it does not need. Must not know transports or collections' types.
 */
import type { ErrorJson } from "./base/errors.ts"
import type { Json } from "./base/json.ts"
import type { Durability, Persistence } from "./lsm/store.ts"
import type { Gateway } from "./sync/gateway.ts"

/** How a field merges when it is not a plain register. */
export type FieldType = "counter" | "set" | "mv" | "text" | "xml" | "yarray" | "ymap"

/** One field of an index. With `multi`, each element of the array there has an entry of its own. */
export interface IndexPart {
  readonly path: string
  readonly descending: boolean
  readonly multi: boolean
}

/** An index: documents in the order of some fields, found by a key. */
export interface IndexSpec {
  /** What `explain` calls it. */
  readonly name: string
  readonly parts: readonly IndexPart[]
  /** Whether two documents may not have the same values; one without a value, or with null, has none. */
  readonly unique: boolean
  /** Only documents that meet this are in it. */
  readonly where: Filter | undefined
}

/** A full-text index: the fields that are searched, and what a word in each weighs, from 1 to 100. */
export interface TextIndexSpec {
  readonly fields: readonly { readonly path: string; readonly weight: number }[]
}

/** An index of vectors: the field that holds them, as a list of numbers or the bytes of a Float32Array, and their length. */
export interface VectorIndexSpec {
  readonly path: string
  readonly dimensions: number
}

/** What the engine must know of a collection: the merge type of fields that are not registers, by dotted path; its indexes. */
export interface CollectionSpec {
  readonly fields: Readonly<Record<string, FieldType>>
  readonly indexes?: readonly IndexSpec[]
  readonly search?: TextIndexSpec
  readonly vectors?: readonly VectorIndexSpec[]
  /** How long it is kept what documents were; as the database says, without it. */
  readonly history?: HistoryKeep
}

/** How long it is kept what documents were. */
export type HistoryKeep = "none" | "30d" | "forever"

/** Who wrote something, and when. */
export interface Authorship {
  readonly stamp: string
  readonly atMs: number
  /** The device, by its incarnation. */
  readonly actor: string
}

/** What one commit changed of a document. */
export interface HistoryStep extends Authorship {
  /** Whether there was a document after it. */
  readonly exists: boolean
  readonly changes: readonly FieldChange[]
}

/** A field before and after a commit, its values encoded; undefined for nothing. */
export interface FieldChange {
  readonly path: string
  readonly before: Json | undefined
  readonly after: Json | undefined
}

/** A document as text: fields without `_id`, as `encodeDocument` gives it. */
export interface DocumentText {
  readonly id: string
  readonly text: string
}

/** One write. Values are encoded JSON (codec/value.ts), paths are dotted. */
export type WriteOp =
  | { readonly op: "put" | "insert"; readonly collection: string; readonly id: string; readonly text: string }
  /** Stores only if the document's version is still `version` (undefined: only if it is absent). */
  | {
      readonly op: "replace"
      readonly collection: string
      readonly id: string
      readonly text: string
      readonly version: string | undefined
    }
  | {
      readonly op: "patch"
      readonly collection: string
      readonly id: string
      readonly entries: readonly (readonly [path: string, value: Json | undefined])[]
    }
  | {
      readonly op: "increment"
      readonly collection: string
      readonly id: string
      readonly path: string
      readonly by: number
    }
  | {
      readonly op: "add" | "remove"
      readonly collection: string
      readonly id: string
      readonly path: string
      readonly element: Json
    }
  | { readonly op: "delete"; readonly collection: string; readonly id: string }

/** What a write gives: the ids it touched, in order, and the stamp of its commit. */
export interface Receipt {
  readonly ids: readonly string[]
  readonly stamp: string
}

/** A stored document with the version that `replace` compares. */
export interface VersionedText extends DocumentText {
  readonly version: string
}

/** Documents in two texts, a line for each: a thousand lines cross to another thread in the time of ten objects. */
export interface DocumentLines {
  /** Those with a line end in their id are left out. */
  readonly ids: string
  readonly texts: string
  /** From where on to ask for more; undefined when there is no more. */
  readonly next: string | undefined
}

/** A condition on one field: operator and operand, encoded. */
export interface FieldCondition {
  readonly path: string
  readonly operator: Operator
  readonly operand: Json
}

/** The operators of `where`. */
export type Operator =
  | "eq"
  | "ne"
  | "gt"
  | "gte"
  | "lt"
  | "lte"
  | "in"
  | "nin"
  | "between"
  | "startsWith"
  | "has"
  | "hasAny"
  | "hasAll"
  | "exists"

/** A filter as a tree. An empty `and` holds for every document. */
export type Filter =
  | { readonly kind: "field"; readonly condition: FieldCondition }
  | { readonly kind: "and" | "or"; readonly filters: readonly Filter[] }
  | { readonly kind: "not"; readonly filter: Filter }

/**
 * A figure of the documents that a query gives. `path` is undefined for a count; `by` is the path that documents are grouped
 * by ("tags[]": by each element), undefined for one figure of all.
 */
export interface AggregateSpec {
  readonly of: "count" | "sum" | "avg" | "min" | "max"
  readonly path: string | undefined
  readonly by: string | undefined
}

/**
 * Documents to show in each document of a query, as its field `as`: those whose ids stand at its path `via`, or those that
 * have its id at their path `on`; one of the two is given. `many` says whether the latter are a list, or the first alone.
 */
export interface IncludeSpec {
  readonly as: string
  /** Which documents, in which order, and how many for each. It includes and aggregates nothing itself. */
  readonly query: QuerySpec
  readonly via: string | undefined
  readonly on: string | undefined
  readonly many: boolean
}

/** A query in its canonical, serialisable form. */
export interface QuerySpec {
  readonly collection: string
  readonly filter: Filter
  readonly order: readonly { readonly path: string; readonly descending: boolean }[]
  readonly limit: number | undefined
  /** Paths of the fields to give; undefined for whole documents. */
  readonly select?: readonly string[] | undefined
  readonly include?: readonly IncludeSpec[] | undefined
  /** Gives groups instead of documents: the key as JSON in place of the id, the figure as JSON in place of the text. */
  readonly aggregate?: AggregateSpec | undefined
  /** Gives a part of the result: so many documents, from the beginning or behind a cursor. */
  readonly page?: { readonly size: number; readonly after: string | undefined } | undefined
}

/** What a query read and gave. */
export interface QueryStats {
  /** The names of the indexes that led to documents: "a & b" to those in both, "a | b" to those in one; undefined for none. */
  readonly index: string | undefined
  /** Documents read. */
  readonly rowsRead: number
  /** Entries of indexes read. */
  readonly entriesRead: number
  readonly rowsReturned: number
  /** Blocks read from the store; those that were in memory are not counted. */
  readonly blocksRead: number
  readonly ms: number
  /** Whether every document of the collection was read. */
  readonly fullScan: boolean
  /** "FULL_SCAN" where that were so many that an index is called for. */
  readonly warning: "FULL_SCAN" | undefined
}

/** The result of a query: documents as text, in order. */
export interface QueryResult {
  readonly documents: readonly DocumentText[]
  readonly stats: QueryStats
  /** The cursor of the next page; undefined behind the last one, and where no page was asked for. */
  readonly next?: string | undefined
}

/** A search for words, or for what is near a vector. */
export type FindSpec = TextSearch | VectorSearch

/** Documents with all of the words, or with `any` of them; with `prefix`, the last word may be only the beginning of one. */
export interface TextSearch extends FindBounds {
  readonly kind: "text"
  readonly text: string
  readonly prefix: boolean
  readonly any: boolean
}

/** Documents whose vector at a path points the way of this one. */
export interface VectorSearch extends FindBounds {
  readonly kind: "vector"
  readonly path: string
  readonly vector: readonly number[]
}

interface FindBounds {
  readonly collection: string
  /** What documents must meet besides. */
  readonly filter: Filter | undefined
  readonly limit: number
}

/** A word that was searched for: in the text at a path, or in one of the texts of a list there; in UTF-16 units. */
export interface TextPlace {
  readonly path: string
  readonly index?: number
  readonly start: number
  readonly end: number
}

/** A document that was found. Scores compare within one result alone; those of vectors are cosines. */
export interface Hit {
  readonly document: DocumentText
  readonly score: number
  readonly places: readonly TextPlace[]
}

/** What a search found, best first. */
export interface FindResult {
  readonly hits: readonly Hit[]
  readonly stats: QueryStats
}

/** One step of a live query: replaces the whole result, or changes it. Positions are of the result after the step. */
export type LiveStep =
  | { readonly kind: "reset"; readonly documents: readonly DocumentText[] }
  | {
      readonly kind: "delta"
      /** Ids that left the result, taken out first. */
      readonly removed: readonly string[]
      /** Documents that entered, moved or changed, each with its position, ascending; moved ones are in `removed` as well. */
      readonly placed: readonly { readonly at: number; readonly document: DocumentText }[]
      /** Documents that changed in place. */
      readonly changed: readonly DocumentText[]
    }
  | { readonly kind: "error"; readonly error: ErrorJson }

/** One changed document of the change feed; `text` is undefined when it was deleted. */
export interface Change {
  readonly id: string
  readonly text: string | undefined
  readonly stamp: string
}

/** A page of the change feed, and the cursor that continues it. */
export interface ChangePage {
  readonly changes: readonly Change[]
  readonly cursor: string
}

/** The state of a database. */
export interface EngineStatus {
  readonly state: "opening" | "ready" | "closed" | "failed"
  readonly persistence: Persistence
  /** The actor id of this incarnation, once it is known. */
  readonly device: string | undefined
  readonly error: ErrorJson | undefined
}

/** A write that gave way to one that had not seen it, with both stamps. */
export interface Conflict {
  readonly collection: string
  readonly id: string
  /** Of the field; empty where the whole document gave way: to a deletion, or to another document of the same id. */
  readonly path: string
  readonly winner: string
  readonly loser: string
}

/** A write that gave way, with its value and what stands in its place now; undefined for nothing. */
export interface LostWrite {
  /** Of the field; empty where the whole document gave way. */
  readonly path: string
  readonly isDocument: boolean
  readonly winner: Json | undefined
  readonly loser: Json | undefined
  readonly authors: { readonly winner: Authorship; readonly loser: Authorship }
}

/** Which conflict is decided, and how. */
export interface Decision {
  readonly path: string
  readonly isDocument: boolean
  /** The stamp of its loser. */
  readonly stamp: string
  readonly choice: "winner" | "loser"
  readonly durability: Durability | undefined
}

/** The parts that are asked by name (db/doors.ts). */
export type PartName = "conflicts" | "files" | "history" | "text" | "undo"

/** How an undo stack makes steps of commits. */
export interface UndoOptions {
  /**
   * Commits and typing that follow each other within so many milliseconds are one step; 0 keeps each by itself. Where nothing is
   * said, each commit is by itself, and typing in one text is one step until it pauses.
   */
  readonly groupMs?: number | undefined
}

/** What an undo or a redo did: how many documents changed, and how many changes stayed as others had written since. */
export interface UndoResult {
  readonly documents: number
  readonly kept: number
}

/** How many steps there are. */
export interface UndoState {
  readonly undo: number
  readonly redo: number
}

/** A text that was opened: all there is of it, and the name that its new writer has in the Yjs document. */
export interface TextOpened {
  readonly type: "text" | "xml" | "yarray" | "ymap"
  readonly client: number
  readonly state: Uint8Array
}

/** How the sync with one remote stands. */
export interface SyncStatus {
  /**
   * "auth" waits for other credentials and `resume` or `sync`; "stopped" is paused, detached, or waits for the application
   * to correct something; "backoff" tries again by itself.
   */
  readonly state: "idle" | "pulling" | "pushing" | "offline" | "backoff" | "auth" | "stopped"
  /**
   * While a round takes in what others wrote: bytes of objects that are here, of those that it has found so far. Undefined
   * otherwise. What is here can be read before all is.
   */
  readonly progress: { readonly done: number; readonly total: number } | undefined
  /** Batches of local writes that the remote has not acknowledged. */
  readonly pending: number
  /** Wall time in ms of the last complete round; undefined before the first one. */
  readonly lastSyncAt: number | undefined
  /** Why the last round failed; undefined when it did not. */
  readonly lastError: ErrorJson | undefined
  /** What this engine has asked of the remote. */
  readonly requests: { readonly get: number; readonly put: number; readonly list: number; readonly delete: number }
  /** Bytes of objects. */
  readonly bytes: { readonly in: number; readonly out: number }
  /** What that costs, in US dollars. */
  readonly cost: number
}

/** A bucket to sync with, and what was asked of it so far. */
export interface Remote {
  readonly gateway: Gateway
  usage(): Pick<SyncStatus, "requests" | "bytes" | "cost">
}

/** The sync with one remote. */
export interface RemoteLink {
  status(): SyncStatus
  /** One complete round that begins after this call; rejects with what stands in its way. */
  sync(): Promise<void>
  /** The same, with a remote that this device has never known, as far as it is concerned from here on. */
  adopt(): Promise<void>
  pause(): void
  resume(): void
  detach(): Promise<void>
}

/** What a database shows, as one text, and the writes that are in it. */
export interface Digest {
  readonly digest: string
  /** By actor, the clock up to which everything that it wrote is here. */
  readonly versions: Readonly<Record<string, number>>
}

/** The sync of a database with all its remotes. */
export interface Sync {
  /** Syncs with a remote from here on; `onStatus` is told of each change. */
  attach(remote: Remote, onStatus: (status: SyncStatus) => void): RemoteLink
  /** Resolves when a remote has the commit of that stamp, or without one, all commits so far. SYNC_OFF without a remote. */
  synced(stamp: string | undefined): Promise<void>
  digest(): Promise<Digest>
  /** Whether somebody looks at the application: polls are rarer when nobody does. */
  attend(isVisible: boolean): void
}

/** What the engine tells without being asked. */
export type EngineEvent =
  /** What a part tells one of its sessions. */
  | { readonly event: "part"; readonly session: number; readonly body: unknown }
  | { readonly event: "status"; readonly status: EngineStatus }
  | { readonly event: "error"; readonly error: ErrorJson }
  | { readonly event: "metric"; readonly name: string; readonly ms: number; readonly count: number }
  /** Reads give something new from this turn on; "foreign" when it was not written by a caller of this engine. */
  | { readonly event: "applied"; readonly isForeign: boolean }
  | { readonly event: "conflict"; readonly conflict: Conflict }

/** One finding of `check`. `where` names the place without any document's content. */
export interface Finding {
  readonly code: ErrorJson["code"]
  readonly where: string
  readonly message: string
}

/** What `check` gives. It never writes. */
export interface CheckReport {
  readonly ok: boolean
  readonly deep: boolean
  readonly findings: readonly Finding[]
  readonly segments: number
  readonly blocks: number
  readonly logRecords: number
  readonly rows: number
}

/** An index in the stats. */
export interface IndexStats {
  readonly collection: string
  readonly name: string
  readonly state: "building" | "ready"
  readonly entries: number
}

/** What `stats` gives. Sizes in bytes as stored. */
export interface EngineStats {
  readonly indexes: readonly IndexStats[]
  readonly documents: number
  readonly segments: readonly {
    readonly level: number
    readonly rows: number
    readonly blocks: number
    readonly bytes: number
    readonly cid: string
  }[]
  readonly storedBytes: number
  readonly memtableRows: number
  readonly memtableBytes: number
  readonly cacheBytes: number
  readonly blocksRead: number
  readonly cacheHits: number
  readonly commits: number
  readonly logRecords: number
  /** Live queries that are mounted. */
  readonly liveQueries: number
}

/** Writes on their way in parts, each of which is checked as it comes. Whoever writes them is told of what was refused. */
export interface StagedWrites {
  add(ops: readonly WriteOp[]): void
}

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
