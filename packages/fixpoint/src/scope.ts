/**
 * What collections and queries work through: the database itself, or one transaction. Owns: the seam between the two.
 * Must not know documents' types.
 */
import type { LiveStep, QueryResult, QuerySpec, VersionedText, WriteOp } from "@fixpoint/core"
import type { Waiting } from "./abort.ts"
import type { Calls } from "./protocol.ts"

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

/** Brings operations to the engine before the write that they belong to. */
export type Stage = (ops: readonly WriteOp[]) => void

/** Works out the operations of a write; a long list is staged in slices on the way, and what it gives is the rest. */
export type Prepare = (stage: Stage) => readonly WriteOp[] | Promise<readonly WriteOp[]>

/** Reads and writes of a database or of a transaction. */
export interface Scope {
  readonly isTransaction: boolean
  /** One atomic commit, or a part of the transaction. */
  write(prepare: Prepare, options: WriteOptions): Promise<Receipt>
  get(collection: string, ids: readonly string[], options: Waiting): Promise<(VersionedText | undefined)[]>
  query(spec: QuerySpec, options: Waiting): Promise<QueryResult>
  /** What only the database can do; refused inside of a transaction. */
  readonly outside: {
    call<M extends "count" | "explain" | "changes">(
      method: M,
      args: Parameters<Calls[M]>,
      options: Waiting,
    ): Promise<ReturnType<Calls[M]>>
    /** Calls `listener` with each step until the function that it gives is called. */
    watch(spec: QuerySpec, listener: (step: LiveStep) => void): () => void
    /** Tells a failure that has no caller. */
    report(error: unknown): void
  }
}
