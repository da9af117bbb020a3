/**
 * The Store seam: where an LSM keeps its log, blocks, manifest and its two clear records.
 *
 * Contract, held by every implementation through one suite (testkit/contracts/store):
 * - `commit` is atomic: all of a change is stored, or nothing; it resolves only when the platform has committed it.
 * - The log is a compare-and-swap chain: `append` of number n is outrun unless the newest record has number n - 1
 *   (1 begins an empty log). Trimming always leaves the newest record, so that a stale writer can never reuse a number
 *   that was trimmed.
 * - An empty change with durability "strict" is a barrier: when it resolves, all earlier commits survive a power cut.
 * - The manifest is a compare-and-swap cell: version v is outrun unless the stored version is v - 1.
 * - Readers never wait for writers of other engines for longer than one transaction.
 * - Failures are FixpointErrors: QUOTA, STORE_UNAVAILABLE, STORE_SERVER_LOST, STORE_TIMEOUT, STORE_UNREADABLE, CLOSED.
 * - Byte arrays are owned by the receiver afterwards; nobody writes into one that has crossed the seam.
 * Must not know what any of the bytes mean; nothing clear passes here but the identity record.
 */

/** Where data is kept: "memory" means that it ends with the process. */
export type Persistence = "indexeddb" | "fs" | "memory"

/** How sure a commit is when it resolves: "relaxed" survives a process kill, "strict" a power cut too. */
export type Durability = "relaxed" | "strict"

/** The name of a block: its segment and its index inside the segment. */
export interface BlockRef {
  /** Random integer below 2^33: of a file from 2^32 on, else of rows. */
  readonly segment: number
  /** Integer below 2^20. */
  readonly index: number
}

/** A log record as stored. */
export interface LogRecord {
  readonly n: number
  readonly bytes: Uint8Array
}

/** A manifest as stored. */
export interface StoredManifest {
  readonly version: number
  readonly bytes: Uint8Array
}

/** The clear record of a database: the only thing on disk that is readable without the key. */
export interface Identity {
  readonly format: number
  readonly suite: number
  /** 32 lower-case hex characters. */
  readonly databaseId: string
}

/** What a new database begins with, stored in one transaction. `keys` may hold CryptoKeys where the platform can. */
export interface Genesis {
  readonly identity: Identity
  readonly keys: unknown
  readonly manifest: StoredManifest
}

/** One atomic change. All parts are optional; the order of application is of no matter. */
export interface StoreChange {
  readonly durability: Durability
  readonly append?: LogRecord
  readonly manifest?: StoredManifest
  readonly blocks?: readonly (BlockRef & { readonly bytes: Uint8Array })[]
  /** Removes the log records up to and including this number, but never the newest record. */
  readonly trimLogThrough?: number
  readonly dropSegments?: readonly number[]
}

/** Whether a change was stored, or came second to another engine's and was not. */
export type CommitOutcome = "committed" | "outrun"

/** What reading the two small records at open gives. */
export interface StoreHeader {
  readonly identity: Identity | undefined
  readonly keys: unknown
  readonly manifest: StoredManifest | undefined
  /** Number of the newest log record; 0 when the log is empty. */
  readonly head: number
}

/** How far manifest and log are. */
export interface LogPosition {
  readonly manifestVersion: number
  readonly head: number
}

/** Storage of one database. */
export interface Store {
  readonly persistence: Persistence
  /** Whether what is stored and what is read are copies, so that bytes can be let go once they have crossed. */
  readonly copies: boolean
  /** The platform's words when it told at open that it had lost what was here. */
  readonly dataLoss?: string | undefined
  /** Identity, keys, manifest and head in one consistent read. */
  readHeader(): Promise<StoreHeader>
  /** Stores the genesis of a new database; "outrun" when there is an identity already. */
  create(genesis: Genesis): Promise<CommitOutcome>
  /** Replaces the key record. */
  putKeys(keys: unknown): Promise<void>
  /** The manifest's version and the log's head, at the lowest cost. */
  readPosition(): Promise<LogPosition>
  readManifest(): Promise<StoredManifest | undefined>
  /** The records with a number greater than `after`, ascending, at most `limit`. */
  readLog(after: number, limit: number): Promise<LogRecord[]>
  /** The blocks named, in the same order; undefined for one that is not there. */
  readBlocks(refs: readonly BlockRef[]): Promise<(Uint8Array | undefined)[]>
  /** The segments that have at least one block here. */
  listSegments(): Promise<number[]>
  /** A write will come: what the platform needs done before the first one may begin. */
  expectWrite?(): void
  /** Applies a change as a whole, or not at all. */
  commit(change: StoreChange): Promise<CommitOutcome>
  /** Ends the connection; pending calls finish first. Later calls reject with CLOSED. */
  close(): Promise<void>
  /** Removes everything that this store holds, and closes. */
  destroy(): Promise<void>
}

/** Opens (and makes, where it is new) the storage of a database. */
export type OpenStore = () => Promise<Store>
