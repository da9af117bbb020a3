/**
 * The connection to one IndexedDB database. Owns: opening, opening again after the platform or another tab ended it, and
 * deletion.
 * Invariants: no call waits for ever. The database is made by the first opening alone: what was deleted under a connection
 * is reported, never replaced by an empty place. An opening that comes after its time changes nothing.
 * Must not know what is stored.
 */
import { deleteDB, openDB, unwrap } from "idb"
import { FixpointError } from "../base/errors.ts"
import type { Timers } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import type { Logger } from "../base/log.ts"
import { storeError } from "./idb-errors.ts"
import { type StoreName, watch } from "./idb-transaction.ts"

/** What a connection is made with. */
export interface ConnectionParts {
  readonly name: string
  readonly timers: Timers
  readonly log: Logger
}

const storeNames: readonly StoreName[] = ["log", "blk", "meta"]
const databaseName = (name: string) => `fp/${name}`

/** A platform that refuses storage may throw at the call, or not have it at all: that is a rejection as any other. */
const calling = async <T>(call: () => Promise<T>): Promise<T> => await call()

/** Deletes a database, also one that cannot be opened. */
export async function deleteDatabase({ name, timers }: Omit<ConnectionParts, "log">): Promise<void> {
  const state = { isBlocked: false }
  const deleting = calling(() => deleteDB(databaseName(name), { blocked: () => void (state.isBlocked = true) }))
  await inTime(deleting, timers, state)
}

/** What the platform said when it made a database anew because it had lost the one before (Chromium). */
function lossOf(event: IDBVersionChangeEvent): string | undefined {
  const { dataLoss, dataLossMessage } = event as { dataLoss?: string; dataLossMessage?: string }
  if (dataLoss === undefined || dataLoss === "none") return undefined
  return dataLossMessage || `The platform lost data: ${dataLoss}.`
}

/** STORE_BLOCKED or STORE_TIMEOUT for what does not settle in time. */
function inTime<T>(pending: Promise<T>, timers: Timers, state: { readonly isBlocked: boolean }): Promise<T> {
  return new Promise((resolve, reject) => {
    const unwatch = watch(timers, limits.storeTimeoutMs, () =>
      reject(new FixpointError(state.isBlocked ? "STORE_BLOCKED" : "STORE_TIMEOUT")),
    )
    const settle = (act: () => void) => {
      unwatch()
      act()
    }
    pending.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(storeError(error, "open"))),
    )
  })
}

/** A connection that is opened by its first use. */
export class Connection {
  readonly #parts: ConnectionParts
  #database: Promise<IDBDatabase> | undefined
  #isFirst = true
  /** Another tab asked for the database to be deleted. */
  #isDeletedByTab = false
  #dataLoss: string | undefined

  constructor(parts: ConnectionParts) {
    this.#parts = parts
  }

  /** The platform's words when it told, at the first opening, that it had lost what was here. */
  get dataLoss(): string | undefined {
    return this.#dataLoss
  }

  /** Opens the database where it is not open. */
  open(): Promise<IDBDatabase> {
    this.#database ??= this.#open()
    return this.#database
  }

  /** Runs a transaction. `run` throws at once, before it sent anything, on a stale handle: it is run on a new one, once. */
  async use<T>(run: (db: IDBDatabase) => Promise<T>): Promise<T> {
    const database = this.open()
    try {
      return await run(await database)
    } catch (error) {
      const failure = storeError(error, "read")
      // Failures of a transaction that was sent come coded.
      if (failure === error || failure.code !== "STORE_SERVER_LOST") throw failure
      this.#forget(database)
    }
    try {
      return await run(await this.open())
    } catch (error) {
      throw storeError(error, "read")
    }
  }

  /** Ends the connection; transactions under way come to their end. */
  async close(): Promise<void> {
    const db = await this.#database?.catch(() => undefined)
    db?.close()
  }

  #forget(database: Promise<IDBDatabase>): void {
    if (this.#database !== database) return
    this.#database = undefined
    this.#parts.log.warn("the connection to IndexedDB ended", { db: this.#parts.name })
  }

  #open(): Promise<IDBDatabase> {
    const database = this.#request()
    database.then(
      (db) => {
        this.#isFirst = false
        db.addEventListener("close", () => this.#forget(database))
        db.addEventListener("versionchange", ({ newVersion }) => {
          // A tab that deletes or upgrades must not wait for this one.
          this.#isDeletedByTab ||= newVersion === null
          this.#forget(database)
          db.close()
        })
      },
      () => {
        if (this.#database === database) this.#database = undefined
      },
    )
    return database
  }

  async #request(): Promise<IDBDatabase> {
    const state = { isBlocked: false, isGone: false, isLate: false }
    const opening = calling(() =>
      openDB(databaseName(this.#parts.name), 1, {
        blocked: () => void (state.isBlocked = true),
        upgrade: (...[db, , , tx, event]) => {
          // An aborted upgrade fails the opening, which is where it is reported.
          tx.done.catch(() => undefined)
          state.isGone = !this.#isFirst
          if (state.isGone || state.isLate) return tx.abort()
          for (const store of storeNames) db.createObjectStore(store)
          this.#dataLoss = lossOf(event)
          // The platform tells it once: the next opening finds it here (readHeader).
          if (this.#dataLoss !== undefined) void tx.objectStore("meta").put(this.#dataLoss, "loss")
        },
      }),
    )
    try {
      return checked(unwrap(await inTime(opening, this.#parts.timers, state)))
    } catch (error) {
      state.isLate = true
      opening.then((db) => db.close()).catch(() => undefined)
      if (state.isGone) throw new FixpointError(this.#isDeletedByTab ? "CLOSED" : "STORE_LOST")
      throw error
    }
  }
}

function checked(db: IDBDatabase): IDBDatabase {
  if (storeNames.every((store) => db.objectStoreNames.contains(store))) return db
  const stores = [...db.objectStoreNames]
  throw new FixpointError("STORE_TORN", "The database lacks stores that it was made with.", { details: { stores } })
}
