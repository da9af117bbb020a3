/**
 * Everything that passes between a page and the engine that serves it. Owns: the messages.
 * Invariant: all of it is plain data that structured clone carries. What one tick asked for arrives as one batch and is
 * begun in order; a read shows what was committed when it began, not the writes that are still under way. Must not know
 * what carries a batch: a MessagePort to a worker, or a function call in the same thread.
 */
import type {
  ChangePage,
  CheckReport,
  CollectionSpec,
  Digest,
  DocumentLines,
  DocumentText,
  Durability,
  EngineEvent,
  EngineStats,
  FindResult,
  FindSpec,
  HistoryKeep,
  LiveStep,
  PartName,
  QuerySpec,
  QueryStats,
  SyncStatus,
  VersionedText,
  WriteOp,
} from "@fixpoint/core"
import type { ErrorJson } from "@fixpoint/core/errors"
import type { SentRemote } from "./crossing.ts"
import type { LogFormat, LogRecordLine } from "@fixpoint/core/log"

/** The number of a transaction, a live query, a link or a staged write; given by the page, used once. */
export type Ticket = number

/** What a query found: documents, packed for the page, or the groups of a figure. */
export interface QueryAnswer {
  readonly pieces: readonly string[]
  readonly groups: readonly DocumentText[]
  readonly next: string | undefined
}

/** What the page asks for and waits for. With a `transaction`, the call is part of it. */
export interface Calls {
  /** Answered once the database is open, or with the code that stopped it. */
  ready(): void
  /** One atomic commit of what `stage` has brought and `ops`; gives its stamp. In a transaction: takes the writes. */
  write(
    ops: readonly WriteOp[],
    durability: Durability | undefined,
    of: { stage?: Ticket; transaction?: Ticket },
  ): string
  /** A commit for each write, as if each had come alone; gives its stamp, or what it was refused for. */
  writeEach(ops: readonly WriteOp[], durability: Durability | undefined): (string | ErrorJson)[]
  /** The texts of documents, as they are to be shown. */
  texts(collection: string, ids: readonly string[]): (string | undefined)[]
  /** Documents that are to be written again. */
  get(collection: string, ids: readonly string[], transaction: Ticket | undefined): (VersionedText | undefined)[]
  /** Documents from an id on, as they are until "stale" comes; undefined when they have changed already, or are too many. */
  getAhead(collection: string, from: string): DocumentLines | undefined
  query(spec: QuerySpec, transaction: Ticket | undefined): QueryAnswer
  explain(spec: QuerySpec | FindSpec): QueryStats
  find(spec: FindSpec): FindResult
  changes(collection: string, since: string | undefined): ChangePage
  /** Gives the stamp, or undefined when what the transaction read has changed: run it again. */
  commit(transaction: Ticket, durability: Durability | undefined): string | undefined
  /** Asks a part of the engine that is loaded on demand. */
  part(name: PartName, verb: string, args: readonly unknown[]): unknown
  check(options: { readonly deep: boolean }): CheckReport
  stats(): EngineStats
  compact(): void
  /** One round with a remote that begins now, or its end. */
  link(link: Ticket, verb: "sync" | "adopt" | "detach"): void
  /** Answered when a remote has the commit of that stamp; without one, all commits so far. */
  synced(stamp: string | undefined): void
  digest(): Digest
  close(): void
  destroy(): void
}

/** What the page tells without waiting. */
export interface Notices {
  /** Brings a part of a write that is too large for one message. */
  stage(stage: Ticket, ops: readonly WriteOp[]): void
  /** Forgets a staged write. */
  unstage(stage: Ticket): void
  begin(transaction: Ticket): void
  rollback(transaction: Ticket): void
  watch(watch: Ticket, spec: QuerySpec | FindSpec): void
  unwatch(watch: Ticket): void
  /** Syncs with a remote; answers of the kind "sync" tell how it stands. */
  attach(link: Ticket, remote: SentRemote): void
  steer(link: Ticket, how: "pause" | "resume"): void
  /** Whether somebody looks at the page. */
  attend(isVisible: boolean): void
  declare(collections: Readonly<Record<string, CollectionSpec>>): void
  /** Whether metric events are wanted; they are not sent unasked. */
  observe(metrics: boolean): void
}

/** A call, numbered. */
export type Call = {
  readonly [M in keyof Calls]: { readonly id: number; readonly method: M; readonly args: Parameters<Calls[M]> }
}[keyof Calls]

/** A notice: a message without a number. */
export type Notice = {
  readonly [M in keyof Notices]: { readonly id?: undefined; readonly method: M; readonly args: Parameters<Notices[M]> }
}[keyof Notices]

/** What a page sends: all messages of one tick. */
export type Batch = readonly (Call | Notice)[]

/** What a page is told of an engine's events: of records that were applied it only hears what concerns it. */
export type ToldEvent = Exclude<EngineEvent, { readonly event: "applied" }>

/** What an engine sends. */
export type Answer =
  | { readonly kind: "result"; readonly id: number; readonly result: ReturnType<Calls[keyof Calls]> }
  | { readonly kind: "error"; readonly id: number; readonly error: ErrorJson }
  | { readonly kind: "step"; readonly watch: Ticket; readonly step: LiveStep }
  | { readonly kind: "event"; readonly event: ToldEvent }
  /** Rows have changed that this page did not write: what was read ahead must be read again. */
  | { readonly kind: "stale" }
  | { readonly kind: "sync"; readonly link: Ticket; readonly status: SyncStatus }
  /** A log record for the page's own sink; sent only when the settings say so. */
  | { readonly kind: "log"; readonly record: LogRecordLine }

/** How an engine gets its key: the page's choice as data. A passphrase is asked for through the control plane. */
export type KeyRequest =
  | { readonly kind: "device" | "passphrase" }
  | { readonly kind: "raw"; readonly bytes: Uint8Array }

/** Where a database is kept. "auto": IndexedDB, or memory where the platform has none; the status says which. */
export type Storage = "auto" | "indexeddb" | "memory" | { readonly memory: string } | { readonly fs: string }

/** What is logged, and how. */
export interface LogChoice {
  /** The FP_DEBUG in force. */
  readonly debug: string
  readonly format: LogFormat
  readonly stack: boolean
  /** Whether records go to the page's own sink instead of the console. */
  readonly toPage: boolean
}

/** What an engine is opened with. */
export interface OpenRequest {
  readonly name: string
  readonly storage: Storage
  readonly durability: Durability
  readonly keys: KeyRequest
  readonly collections: Readonly<Record<string, CollectionSpec>>
  readonly history: HistoryKeep | undefined
  /** Whether a storage that was wiped is filled again from the bucket that is attached at once. */
  readonly recovers: boolean
  readonly log: LogChoice
}

/** Asks the user for the passphrase. */
export type AskPassphrase = () => string | undefined | Promise<string | undefined>
