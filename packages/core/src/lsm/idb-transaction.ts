/**
 * One IndexedDB transaction as a promise. Owns: when it settles, and the watch over one that does not answer.
 * Invariant: a write resolves on the complete event, never earlier; a read resolves when its last request has, as requests
 * of a transaction are answered in order. Nothing but IndexedDB is awaited while it is open, so all requests are sent by
 * the caller's function or by handlers of requests.
 * Must not know what is read and written.
 */
import { FixpointError } from "../base/errors.ts"
import type { Timers } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import { type IdbPhase, storeError } from "./idb-errors.ts"
import type { CommitOutcome, Durability } from "./store.ts"

/** The object stores of a database. */
export type StoreName = "log" | "blk" | "meta"

/** What a transaction covers. */
export interface Scope {
  readonly stores: readonly StoreName[]
  readonly timers: Timers
}

/** What a write covers, and how much it carries. */
export interface WriteScope extends Scope {
  readonly durability: Durability
  readonly byteCount: number
}

/** Even a slow disk writes this many bytes in a millisecond: what a large write gets more time for. */
const slowestBytesPerMs = 1000

interface Settle<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: FixpointError) => void
}

/**
 * Calls `expire` when `timeoutMs` have passed. The time is counted in two halves: a tab that slept gets its timers before
 * the answers that came meanwhile, and must not take its own sleep for a storage that hangs.
 */
export function watch(timers: Timers, timeoutMs: number, expire: () => void): () => void {
  let cancel = timers.after(timeoutMs / 2, () => {
    cancel = timers.after(timeoutMs / 2, expire)
  })
  return () => cancel()
}

/** Settles once, by `run` or by the watch. */
function supervise<T>(
  tx: IDBTransaction,
  timers: Timers,
  timeoutMs: number,
  run: (settle: Settle<T>) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      unwatch()
      act()
    }
    const unwatch = watch(timers, timeoutMs, () => {
      reject(new FixpointError("STORE_TIMEOUT", undefined, { details: { stores: [...tx.objectStoreNames] } }))
      end(tx)
    })
    run({ resolve: (value) => settle(() => resolve(value)), reject: (error) => settle(() => reject(error)) })
  })
}

/** Aborts a transaction that may have ended meanwhile. Whether it had. */
function end(tx: IDBTransaction): boolean {
  try {
    tx.abort()
    return true
  } catch {
    return false
  }
}

/** Sends the requests of a transaction. One that cannot even be sent takes the others with it. */
function sendAll(tx: IDBTransaction, phase: IdbPhase, reject: (error: FixpointError) => void, send: () => void): void {
  try {
    send()
  } catch (error) {
    reject(storeError(error, phase))
    end(tx)
  }
}

/**
 * A read in one transaction: `send` makes the requests, and calls `give` once it has all it needs.
 * Throws at once when the connection takes no more transactions: nothing was sent then.
 */
export function readIn<T>(
  db: IDBDatabase,
  { stores, timers }: Scope,
  send: (tx: IDBTransaction, give: (value: T) => void) => void,
): Promise<T> {
  const tx = db.transaction([...stores], "readonly")
  return supervise(tx, timers, limits.storeTimeoutMs, ({ resolve, reject }) => {
    tx.onabort = () => reject(storeError(tx.error, "read"))
    sendAll(tx, "read", reject, () => send(tx, resolve))
  })
}

/** How a write ended. "misplaced": it was stored, although a check that could not stop it any more has failed. */
export type WriteOutcome = CommitOutcome | "misplaced"

/** What checks of a write say when they fail. */
export interface Verdict {
  /** Undoes the write. */
  stop(): void
  /** The write has been told to commit already: it is undone by itself, or is misplaced. */
  regret(): void
}

/**
 * A write in one transaction: `send` makes the requests. Throws at once when the connection takes no more transactions:
 * nothing was sent then.
 */
export function writeIn(
  db: IDBDatabase,
  { stores, timers, durability, byteCount }: WriteScope,
  send: (tx: IDBTransaction, verdict: Verdict) => void,
): Promise<WriteOutcome> {
  const tx = db.transaction([...stores], "readwrite", { durability })
  const timeoutMs = limits.storeTimeoutMs + byteCount / slowestBytesPerMs
  return supervise<WriteOutcome>(tx, timers, timeoutMs, ({ resolve, reject }) => {
    let isSecond = false
    tx.oncomplete = () => resolve(isSecond ? "misplaced" : "committed")
    tx.onabort = () => {
      if (isSecond) resolve("outrun")
      else reject(storeError(tx.error, "write"))
    }
    const regret = () => {
      isSecond = true
    }
    const stop = () => {
      regret()
      end(tx)
    }
    sendAll(tx, "write", reject, () => send(tx, { stop, regret }))
  })
}
