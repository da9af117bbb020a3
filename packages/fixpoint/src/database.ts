/**
 * A handle on a database. Owns: what one caller of fixpoint() holds, until it closes it.
 * Invariant: after `close` every call rejects with CLOSED, and this handle's live queries and listeners are silent; the
 * engine runs on for other handles. Must not know what runs the engine.
 */
import type { CheckReport, EngineStats, WriteOp } from "@fixpoint/core"
import { asFixpointError, FixpointError } from "@fixpoint/core/errors"
import { abortable, checkSignal, type Waiting } from "./abort.ts"
import { Collection } from "./collection.ts"
import type { Connection, ConnectionEvent, Status } from "./connection.ts"
import type { AnyDocument } from "./document-types.ts"
import type { CollectionDefinition } from "./fields.ts"
import type { Calls, Ticket } from "./protocol.ts"
import type { Durability, Scope, WriteOptions } from "./scope.ts"
import { type Outcome, transact, type Transaction } from "./transaction.ts"
import { refused } from "./where.ts"

/** Declared collections by name. */
export type Definitions = Readonly<Record<string, CollectionDefinition<unknown>>>

/** The document types of declared collections. */
export type DocumentsOf<D> = { readonly [N in keyof D]: D[N] extends CollectionDefinition<infer T> ? T : never }

/** What a database tells, by event. */
export interface Events {
  readonly status: Status
  readonly error: FixpointError
  /** How long something took, and how many documents or writes it was about. */
  readonly metric: { readonly name: string; readonly ms: number; readonly count: number }
}

/** The durability, when it is one. */
export function checkDurability(durability: unknown): Durability | undefined {
  if (durability === undefined || durability === "relaxed" || durability === "strict") return durability
  throw refused("durability", 'durability is "relaxed" or "strict".')
}

/** What a handle needs of those who share its database. */
export interface Shared {
  readonly connection: Connection
  readonly names: readonly string[]
  readonly durability: Durability | undefined
  /** This handle needs the connection no more; the last one closes it. */
  release(): Promise<void>
  /** Nobody needs it any more. */
  destroy(): Promise<void>
}

/** A database. Its reads and writes of documents are those of the collection "docs". */
export class Database<D = unknown> extends Collection {
  /** The declared collections. */
  readonly collections: { readonly [N in keyof D]: Collection<DocumentsOf<D>[N]> }
  readonly #scope: DatabaseScope
  #closing: Promise<void> | undefined

  constructor(shared: Shared) {
    const scope = new DatabaseScope(shared)
    super(scope, "docs")
    this.#scope = scope
    const entries = shared.names.map((name) => [name, new Collection(scope, name)])
    this.collections = Object.fromEntries(entries) as Database<D>["collections"]
  }

  /** The state of the database; "closed" once this handle is. */
  get status(): Status {
    const { status } = this.#scope.connection
    return this.#closing === undefined ? status : { ...status, state: "closed" }
  }

  /** Calls `listener` on each event; gives the function that ends it. */
  on<E extends keyof Events>(event: E, listener: (told: Events[E]) => void): () => void {
    if (!["status", "error", "metric"].includes(event)) throw refused("event", `There is no event ${String(event)}.`)
    if (typeof listener !== "function") throw refused("listener", "on takes a function.")
    if (event === "metric") this.#scope.connection.observe()
    return this.#scope.listen((told) => {
      if (told.event === event)
        listener(("status" in told ? told.status : "error" in told ? told.error : told) as Events[E])
    })
  }

  /** Resolves when the database is open; rejects with the code that stopped it. */
  ready(options: Waiting = {}): Promise<void> {
    return this.#scope.ask("ready", [], options)
  }

  /** A collection by name, declared or not. */
  collection<N extends keyof D & string>(name: N): Collection<DocumentsOf<D>[N]>
  collection<T = AnyDocument>(name: string): Collection<T>
  collection<T>(name: string): Collection<T> {
    return new Collection<T>(this.#scope, name)
  }

  /**
   * Runs `body`, and stores what it wrote as one commit, or nothing. It sees its own writes, and is run again when something
   * that it has read was changed meanwhile; so it must not do anything but read and write.
   */
  async transaction<R>(
    body: (tx: Transaction<DocumentsOf<D>>) => R | Promise<R>,
    options: WriteOptions = {},
  ): Promise<Outcome<R>> {
    return await this.#scope.transact(body, options)
  }

  /** Reads what is stored and says what is wrong with it; with `deep`, every block. Writes nothing. */
  check({ deep = false, ...options }: Waiting & { readonly deep?: boolean } = {}): Promise<CheckReport> {
    return this.#scope.ask("check", [{ deep }], options)
  }

  /** Flushes and compacts until nothing is left to do. */
  compact(options: Waiting = {}): Promise<void> {
    return this.#scope.ask("compact", [], options)
  }

  /** Figures of the engine. */
  stats(options: Waiting = {}): Promise<EngineStats> {
    return this.#scope.ask("stats", [], options)
  }

  /** Ends this handle, and the engine with the last one. Twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#scope.end("release")
    return this.#closing
  }

  /** Removes data and keys, and closes every handle of this thread. */
  destroy(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(new FixpointError("CLOSED"))
    this.#closing = this.#scope.end("destroy")
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Reads and writes of one handle. */
class DatabaseScope implements Scope {
  readonly isTransaction = false
  readonly #shared: Shared
  readonly #ends = new Set<() => void>()
  #isClosed = false

  constructor(shared: Shared) {
    this.#shared = shared
  }

  get connection(): Connection {
    return this.#shared.connection
  }

  async ask<M extends keyof Calls>(method: M, args: Parameters<Calls[M]>, { signal }: Waiting) {
    this.#check(signal)
    return await abortable(this.connection.client.call(method, ...args), signal)
  }

  get: Scope["get"] = async (collection, ids, { signal }) => {
    this.#check(signal)
    return await abortable(this.connection.client.get(collection, ids), signal)
  }

  query: Scope["query"] = (spec, options) => this.ask("query", [spec, undefined], options)

  write: Scope["write"] = async (prepare, { durability = this.#shared.durability, signal }) => {
    this.#check(signal)
    const { client } = this.connection
    const ids: string[] = []
    const of: { stage?: Ticket } = {}
    const named = (ops: readonly WriteOp[]) => {
      for (const { id } of ops) ids.push(id)
      return ops
    }
    try {
      const rest = prepare((ops) => client.tell("stage", (of.stage ??= client.ticket()), named(ops)))
      // Awaited only where it must be: what one tick writes is to leave as one message.
      const ops = named(rest instanceof Promise ? await rest : rest)
      const stamp = await abortable(client.call("write", ops, checkDurability(durability), of), signal)
      return { ids, stamp }
    } catch (error) {
      if (of.stage !== undefined) client.tell("unstage", of.stage)
      throw error
    }
  }

  readonly outside: Scope["outside"] = {
    call: (method, args, options) => this.ask(method, args, options),
    watch: (spec, listener) => {
      this.#check(undefined)
      return this.#until(this.connection.mount(spec, listener))
    },
    report: (error) => this.connection.report(asFixpointError(error)),
  }

  async transact<D, R>(body: (tx: Transaction<D>) => R | Promise<R>, options: WriteOptions): Promise<Outcome<R>> {
    this.#check(options.signal)
    const { connection, names, durability } = this.#shared
    return await transact(connection.client, names, body, { durability, ...options })
  }

  listen(listener: (event: ConnectionEvent) => void): () => void {
    return this.#until(this.connection.listen(listener))
  }

  async end(how: "release" | "destroy"): Promise<void> {
    this.#isClosed = true
    try {
      await this.#shared[how]()
    } finally {
      for (const end of this.#ends) end()
    }
  }

  #check(signal: AbortSignal | undefined): void {
    if (this.#isClosed) throw new FixpointError("CLOSED", "This handle is closed.")
    checkSignal(signal)
  }

  /** Runs `end` when the handle is closed, if nobody did before. */
  #until(end: () => void): () => void {
    this.#ends.add(end)
    return () => {
      this.#ends.delete(end)
      end()
    }
  }
}
