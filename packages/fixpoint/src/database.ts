/**
 * A handle on a database. Owns: what one caller of fixpoint() holds, until it closes it.
 * Invariant: after `close` every call rejects with CLOSED, and this handle's live queries and listeners are silent; the
 * engine runs on for other handles. Must not know what runs the engine.
 */
import type { CheckReport, Conflict, Digest, EngineStats } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { Collection } from "./collection.ts"
import type { Connection } from "./connection.ts"
import type { Attachable } from "./crossing.ts"
import type { AnyDocument } from "./document-types.ts"
import type { CollectionDefinition, Declared } from "./fields.ts"
import type { Attachment } from "./files/attachment.ts"
import type { FilePutOptions } from "./files/file-options.ts"
import type { FileSource } from "./files/file-source.ts"
import { hooked, type Hooks } from "./hooks.ts"
import type { WatchOptions, Watcher } from "./live-result.ts"
import type { Operations } from "./operations.ts"
import type { Calls } from "./protocol.ts"
import { checkGateway, refused } from "./refused.ts"
import type { Durability, Outcome, QueryDescription, Receipt, Scope, Waiting, Work, WriteOptions } from "./scope.ts"
import type { Session } from "./session.ts"
import type { SessionEvent, Status } from "./session-seam.ts"
import { snapshot } from "./snapshot.ts"
import { SyncLink, type SyncStatus } from "./sync-link.ts"
import { collectionsOf, type Transaction } from "./transaction.ts"
import { Undo, type UndoSettings } from "./undo.ts"

/** Declared collections by name. */
export type Definitions = Readonly<Record<string, Declared>>

/** The document types of declared collections. */
export type DocumentsOf<D> = { readonly [N in keyof D]: D[N] extends CollectionDefinition<infer T> ? T : never }

/** What a database tells, by event. */
export interface Events {
  readonly status: Status
  readonly error: FixpointError
  /** A link to a bucket stands differently. */
  readonly sync: SyncStatus
  /** A write of another device, or one of this device, gave way to one that had not seen it. */
  readonly conflict: Conflict
  /** How long something took, and how many documents or writes it was about. */
  readonly metric: { readonly name: string; readonly ms: number; readonly count: number }
}

/** What a handle needs of those who share its database. */
export interface Shared {
  readonly session: Session
  readonly names: readonly string[]
  readonly durability: Durability | undefined
  readonly hooks: Hooks | undefined
  /** This handle needs the database no more, and the last one closes it; or nobody does, and it is destroyed. */
  end(how: "close" | "destroy"): Promise<void>
}

/** A database. Its reads and writes of documents are those of the collection "docs". */
export class Database<D = unknown> extends Collection {
  /** The declared collections. */
  readonly collections: { readonly [N in keyof D]: Collection<DocumentsOf<D>[N]> }
  readonly #handle: Handle
  #closing: Promise<void> | undefined

  constructor(shared: Shared) {
    const handle = new Handle(shared)
    super(handle, "docs")
    this.#handle = handle
    this.collections = collectionsOf(handle, shared.names).collections as Database<D>["collections"]
  }

  /** The state of the database; "closed" once this handle is. */
  get status(): Status {
    const { status } = this.#handle.shared.session
    return this.#closing === undefined ? status : { ...status, state: "closed" }
  }

  /** Calls `listener` on each event; gives the function that ends it. */
  on<E extends keyof Events>(event: E, listener: (told: Events[E]) => void): () => void {
    if (!["status", "error", "sync", "conflict", "metric"].includes(event))
      throw refused("event", `There is no event ${String(event)}.`)
    if (typeof listener !== "function") throw refused("listener", "on takes a function.")
    return this.#handle.listen(event === "metric", (told) => {
      const about =
        "status" in told ? told.status : "error" in told ? told.error : "conflict" in told ? told.conflict : told
      if (told.event === event) listener(about as Events[E])
    })
  }

  /** Resolves when the database is open; rejects with the code that stopped it. */
  ready(options: Waiting = {}): Promise<void> {
    return this.#handle.call("ready", [], options)
  }

  /** A collection by name, declared or not. */
  collection<N extends keyof D & string>(name: N): Collection<DocumentsOf<D>[N]>
  collection<T = AnyDocument>(name: string): Collection<T>
  collection<T>(name: string): Collection<T> {
    return new Collection<T>(this.#handle, name)
  }

  /**
   * Runs `body`, and stores what it wrote as one commit, or nothing. It sees its own writes, and is run again when something
   * that it has read was changed meanwhile; so it must not do anything but read and write.
   */
  async transaction<R>(
    body: (tx: Transaction<DocumentsOf<D>>) => R | Promise<R>,
    options: WriteOptions = {},
  ): Promise<Outcome<R>> {
    if (typeof body !== "function") throw refused("transaction", "transaction takes a function.")
    const { names, durability } = this.#handle.shared
    const make = (scope: Scope) => collectionsOf<DocumentsOf<D>>(scope, names)
    return await this.#handle.run("transaction", undefined, (connection) =>
      connection.transact(make, body, { durability, ...options }),
    )
  }

  /** What this tab writes from here on, to be taken back. */
  undo(settings: UndoSettings = {}): Undo {
    const held: { stack?: number } = {}
    const ask = (verb: string, options?: UndoSettings) =>
      this.#handle.run(verb, undefined, (connection) => {
        held.stack ??= connection.client.ticket()
        return connection.ask("part", ["undo", verb, [held.stack, options]], {})
      })
    return new Undo(ask, settings)
  }

  /**
   * Stores a file before a document names it: with progress, from a stream, or under a name of its own. Close it once a document
   * does; a file that nothing names when it is closed is removed.
   */
  file(source: FileSource, options: FilePutOptions = {}): Promise<Attachment> {
    return this.#handle.run("file", undefined, (connection) => connection.file(source, options, this.#handle.endWith))
  }

  /**
   * Syncs with a bucket from here on. Devices with the same key, database name and bucket share one database. The link lives as
   * long as the database is open in this thread, or until it is detached.
   */
  attach(gateway: Attachable): SyncLink {
    return this.#handle.attach(gateway)
  }

  /** Resolves when a bucket has what the receipt tells of; without one, all that was written before. SYNC_OFF without a bucket. */
  synced(receipt?: Pick<Receipt, "stamp">, options: Waiting = {}): Promise<void> {
    return this.#handle.call("synced", [receipt?.stamp], options)
  }

  /** What the database shows, as a text that is equal on devices that have seen the same writes. */
  async digest(options: Waiting = {}): Promise<string> {
    return (await this.versions(options)).digest
  }

  /** The digest, and by device the clock up to which all that it wrote is here. */
  versions(options: Waiting = {}): Promise<Digest> {
    return this.#handle.call("digest", [], options)
  }

  /** Whether another device shows the same: the device, or what its `digest` or `versions` gave. */
  async hasConverged(other: string | Pick<Digest, "digest"> | Database<never>): Promise<boolean> {
    const given = other instanceof Database ? await other.digest() : other
    const theirs = typeof given === "string" ? given : given.digest
    return theirs === (await this.digest())
  }

  /** Reads what is stored and says what is wrong with it; with `deep`, every block. Writes nothing. */
  check({ deep = false, ...options }: Waiting & { readonly deep?: boolean } = {}): Promise<CheckReport> {
    return this.#handle.run("check", undefined, (connection) => connection.check({ deep }, options))
  }

  /** Flushes and compacts until nothing is left to do. */
  compact(options: Waiting = {}): Promise<void> {
    return this.#handle.call("compact", [], options)
  }

  /** Figures of the engine. */
  stats(options: Waiting = {}): Promise<EngineStats> {
    return this.#handle.call("stats", [], options)
  }

  /** Ends this handle, and the engine with the last one. Twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#handle.end("close")
    return this.#closing
  }

  /** Removes data and keys, and closes every handle of this thread. */
  async destroy(): Promise<void> {
    if (this.#closing !== undefined) throw closed()
    this.#closing = this.#handle.end("destroy")
    await this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

const closed = () => new FixpointError("CLOSED", "This handle is closed. Open the database again.")

/** A handle until its end, as collections and queries see it. */
class Handle implements Scope {
  readonly shared: Shared
  readonly #ends = new Set<() => void>()
  #operations: Operations | undefined
  #isClosed = false

  constructor(shared: Shared) {
    this.shared = shared
  }

  /** Does the work of one of the application's calls. */
  run<R>(method: string, collection: string | undefined, work: (connection: Connection) => Promise<R>): Promise<R> {
    const { hooks } = this.shared
    return hooks === undefined ? this.#run(work) : hooked(hooks, { method, collection }, () => this.#run(work))
  }

  /** Asks the engine for something of the database as a whole. */
  call<M extends keyof Calls>(method: M, args: Parameters<Calls[M]>, options: Waiting): Promise<ReturnType<Calls[M]>> {
    return this.run(method, undefined, (connection) => connection.ask(method, args, options))
  }

  /** Does something with the connection, at once if it is there. */
  async #run<R>(work: (connection: Connection) => Promise<R>): Promise<R> {
    if (this.#isClosed) throw closed()
    const { session } = this.shared
    try {
      return await session.run(work)
    } catch (error) {
      throw session.explained(error)
    }
  }

  ask: Scope["ask"] = (method, on, args, options) => {
    // What must wait is copied first: it may be changed before it is read.
    const taken = this.shared.session.isConnected ? args : (args.map((arg) => snapshot(arg)) as unknown as typeof args)
    const operate = (connection: Connection) =>
      (this.#operationsOf(connection)[method] as (...all: unknown[]) => Promise<unknown>)(on, taken, options)
    const collection = typeof on === "string" ? on : on.collection
    return this.run(method, collection, operate) as ReturnType<Work[typeof method]>
  }

  watch(query: QueryDescription, watcher: Watcher<unknown>, options: WatchOptions): () => void {
    if (this.#isClosed) throw closed()
    if (typeof watcher !== "function") throw refused("watch", "watch takes a function.")
    const held: { stop?: () => void } = {}
    const stop = this.#until(() => held.stop?.())
    const mount = (connection: Connection) => {
      if (this.#ends.has(stop)) held.stop = this.#operationsOf(connection).watch(query, watcher, options)
    }
    this.#run(async (connection) => mount(connection)).catch((error: FixpointError) => this.#failed(error, options))
    return stop
  }

  attach(gateway: Attachable): SyncLink {
    if (this.#isClosed) throw closed()
    checkGateway(gateway)
    return this.shared.session.attach(gateway)
  }

  /** Calls `listener` with all that the database tells, until the handle is closed or the function called that it gives. */
  listen(wantsMetrics: boolean, listener: (event: SessionEvent) => void): () => void {
    const { session } = this.shared
    session.listeners.add(listener)
    if (wantsMetrics) this.#run(async (connection) => connection.observe()).catch(() => undefined)
    return this.#until(() => void session.listeners.delete(listener))
  }

  #failed(error: FixpointError, { onError }: WatchOptions): void {
    if (onError === undefined) this.shared.session.tell({ event: "error", error })
    else onError(error)
  }

  async end(how: "close" | "destroy"): Promise<void> {
    this.#isClosed = true
    try {
      await this.shared.end(how)
    } finally {
      for (const end of this.#ends) end()
    }
  }

  #operationsOf(connection: Connection): Operations {
    this.#operations ??= connection.operations(this.shared.durability, this.endWith)
    return this.#operations
  }

  readonly endWith = (end: () => void): void => void this.#ends.add(end)

  /** Runs `end` when the handle is closed, if nobody did before. */
  #until(end: () => void): () => void {
    const once = () => {
      if (this.#ends.delete(once)) end()
    }
    this.#ends.add(once)
    return once
  }
}
