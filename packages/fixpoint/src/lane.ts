/** How operations reach an engine: as commits of their own, or inside of a transaction. Owns: the seam between the two. */
import type { DocumentText, LiveStep, FindSpec, QuerySpec, VersionedText, WriteOp } from "@fixpoint/core"
import type { Calls, QueryAnswer, Ticket } from "./protocol.ts"
import type { Durability, Receipt, Waiting, WriteOptions } from "./scope.ts"

/** Brings operations to the engine before the write that they belong to. */
export type Stage = (ops: readonly WriteOp[]) => void

/** Works out the operations of a write; a long list is staged in slices on the way, and what it gives is the rest. */
export type Prepare = (stage: Stage) => readonly WriteOp[] | Promise<readonly WriteOp[]>

/** Hears what a part of the engine tells one session. */
export interface PartListener {
  told(body: unknown): void
  /** Something is about to be written: what waits to be written goes first. */
  flush?(): void
  /** The engine was replaced: its sessions are gone. */
  resume(): void
}

/** A session with a part of the engine. */
export interface Joined {
  readonly session: Ticket
  /** The name of the database. */
  readonly name: string
  /** An error with its words. */
  explained<E>(error: E): E
  leave(): void
}

/** Reads and writes of a database or of a transaction. */
export interface Lane {
  readonly isTransaction: boolean
  /** How sure a write is that does not say; undefined where the engine does. */
  readonly durability: Durability | undefined
  /** The lane of the database itself: what files need is no part of a transaction. */
  readonly database: Lane
  /** One atomic commit, or a part of the transaction. */
  write(prepare: Prepare, options: WriteOptions): Promise<Receipt>
  /** Calls `then` when a write is stored, or will never be: that of a transaction is with the rest of it. */
  whenStored(write: Promise<unknown>, then: () => void): void
  /** Documents to be shown. */
  get(collection: string, ids: readonly string[], options: Waiting): Promise<(DocumentText | undefined)[]>
  /** Documents to be written again, with the versions that they must still have then. */
  read(collection: string, ids: readonly string[], options: Waiting): Promise<(VersionedText | undefined)[]>
  query(spec: QuerySpec, options: Waiting): Promise<QueryAnswer>
  /** What only the database can do; refused inside of a transaction. */
  outside<M extends "explain" | "changes" | "find" | "part">(
    method: M,
    args: Parameters<Calls[M]>,
    options: Waiting,
  ): Promise<ReturnType<Calls[M]>>
  /** Joins what a part of the engine tells. */
  join(listener: PartListener): Joined
  /** Calls `listener` with each step until the function that it gives is called. */
  mount(spec: QuerySpec | FindSpec, listener: (step: LiveStep) => void): () => void
  /** Tells a failure that has no caller. */
  report(error: unknown): void
}
