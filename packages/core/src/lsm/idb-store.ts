/**
 * A store over IndexedDB. Owns: the database `fp/<name>`, version 1, with the stores log (key n), blk (key of block-key.ts)
 * and meta (identity, keys, manifest, barrier, loss).
 *
 * Invariants: a commit resolves on the transaction's complete event, never earlier. Nothing but IndexedDB is awaited inside
 * of a transaction. No call waits for ever: one that is not answered in time fails, and may still be carried out.
 * Must not know what any of the bytes mean.
 */
import { FixpointError, invariant, isFixpointError } from "../base/errors.ts"
import type { Timers } from "../base/host.ts"
import { type Logger, silentLogger } from "../base/log.ts"
import { Connection, deleteDatabase } from "./idb-connection.ts"
import { blockKey } from "./block-key.ts"
import { storeError } from "./idb-errors.ts"
import { clearTurn, turnLog } from "./idb-log-turn.ts"
import {
  type BlockRun,
  contiguousRuns,
  type FoundBlocks,
  type FoundLog,
  isOneValue,
  listSegments,
  putMeta,
  readBlocks,
  readHeader,
  readLog,
  readManifest,
  readPosition,
  removeRecord,
  sendChange,
  sendGenesis,
  sendRecord,
  toIdentity,
} from "./idb-requests.ts"
import { readIn, type StoreName, type Verdict, writeIn } from "./idb-transaction.ts"
import type {
  BlockRef,
  CommitOutcome,
  Durability,
  Genesis,
  LogRecord,
  Store,
  StoreChange,
  StoredManifest,
  StoreHeader,
} from "./store.ts"

/** Where an IndexedDB store is, and what it watches its time with. */
export interface IdbStoreOptions {
  readonly name: string
  readonly timers: Timers
  readonly log?: Logger
  /** Before the first write of each connection the platform's log is turned (idb-log-turn.ts): for LevelDB, thus Chromium. */
  readonly turnsLog?: boolean
  /** Whether reads are told to commit with their requests. WebKit never lets go of what those have read (docs/decisions/038). */
  readonly endsReads?: boolean
}

/** Opens the storage of a database, and makes it where there is none. */
export async function openIdbStore(options: IdbStoreOptions): Promise<Store> {
  const place = { log: silentLogger, turnsLog: false, endsReads: true, ...options }
  const connection = new Connection(place)
  await connection.open()
  return new IdbStore(connection, place)
}

/** Removes the storage of a database, also where it cannot be opened. Nothing is made on the way. */
export async function deleteIdbStore({ name, timers, turnsLog = false }: IdbStoreOptions): Promise<void> {
  await deleteDatabase({ name, timers })
  if (turnsLog) await clearTurn(name, timers)
}

/** Makes the requests of a read. */
type SendRead<T> = (tx: IDBTransaction, give: (value: T) => void) => void

/** How a write is made. */
interface WriteOptions {
  readonly stores: readonly StoreName[]
  readonly durability: Durability
  readonly byteCount?: number
}

/**
 * Chromium keeps what IndexedDB has answered until its collector runs, and counts only what scripts hold. For each larger block some
 * memory is held, untouched, and let go with the next: that counts.
 */
const largeBytes = 256 * 1024

class IdbStore implements Store {
  readonly persistence = "indexeddb"
  readonly copies = true
  readonly #connection: Connection
  readonly #place: Required<IdbStoreOptions>
  readonly #pending = new Set<Promise<unknown>>()
  /** The connection for which the log was turned last. */
  #turned: { readonly db: IDBDatabase; readonly done: Promise<void> } | undefined
  #foundLoss: string | undefined
  readonly #held: { ballast?: ArrayBuffer } = {}
  #isClosed = false

  constructor(connection: Connection, place: Required<IdbStoreOptions>) {
    this.#connection = connection
    this.#place = place
  }

  expectWrite(): void {
    if (this.#isClosed) return
    this.#hold(this.#connection.open().then((db) => this.#turn(db)))
  }

  get dataLoss(): string | undefined {
    return this.#connection.dataLoss ?? this.#foundLoss
  }

  async readHeader(): Promise<StoreHeader> {
    const { identity, loss, ...rest } = await this.#read(["meta", "log"], readHeader)
    this.#foundLoss = loss
    return { ...rest, identity: toIdentity(identity) }
  }

  create(genesis: Genesis): Promise<CommitOutcome> {
    return this.#write({ stores: ["meta"], durability: "relaxed" }, (tx, verdict) => sendGenesis(tx, genesis, verdict))
  }

  async putKeys(keys: unknown): Promise<void> {
    await this.#write({ stores: ["meta"], durability: "strict" }, (tx) => putMeta(tx, "keys", keys))
  }

  readPosition(): ReturnType<Store["readPosition"]> {
    return this.#read(["meta", "log"], readPosition)
  }

  readManifest(): Promise<StoredManifest | undefined> {
    return this.#read(["meta"], readManifest)
  }

  async readLog(after: number, limit: number): Promise<LogRecord[]> {
    return await this.#call(async () => {
      if (limit <= 0) return []
      const read = (from: number) =>
        this.#readOnce<FoundLog>(["log"], (tx, give) => readLog(tx, { after: from, limit }, give))
      const { records, lacksParts } = await read(after)
      const [first] = records
      return lacksParts && first !== undefined ? (await read(first.n - 1)).records : records
    })
  }

  async readBlocks(refs: readonly BlockRef[]): Promise<(Uint8Array | undefined)[]> {
    return await this.#call(async () => {
      const names = refs.map(({ segment, index }) => blockKey(segment, index))
      const read = (runs: readonly BlockRun[]) =>
        this.#readOnce<FoundBlocks>(["blk"], (tx, give) => readBlocks(tx, runs, give))
      const { values, unsure } = await read(contiguousRuns(names))
      for (const { length } of values.values())
        if (length > largeBytes) this.#held.ballast = new ArrayBuffer(3 * length)
      if (unsure.length === 0) return names.map((name) => values.get(name))
      const single = await read(unsure.map((first) => ({ first, count: 1 })))
      return names.map((name) => values.get(name) ?? single.values.get(name))
    })
  }

  listSegments(): Promise<number[]> {
    return this.#read(["blk"], listSegments, false)
  }

  commit(change: StoreChange): Promise<CommitOutcome> {
    const { durability, append, manifest, blocks = [], trimLogThrough = 0, dropSegments = [] } = change
    const stores: StoreName[] = []
    if (append !== undefined || trimLogThrough > 0) stores.push("log")
    if (manifest !== undefined) stores.push("meta")
    if (blocks.length + dropSegments.length > 0) stores.push("blk")
    if (stores.length === 0) return this.#barrier(durability)
    const isAlone = stores.length === 1 && trimLogThrough <= 0
    if (append !== undefined && isAlone && isOneValue(append)) return this.#append(append, durability)
    const byteCount = [append, manifest, ...blocks].reduce((sum, part) => sum + (part?.bytes.length ?? 0), 0)
    return this.#write({ stores, durability, byteCount }, (tx, verdict) => sendChange(tx, change, verdict))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
    await this.#connection.close()
  }

  async destroy(): Promise<void> {
    if (this.#isClosed) throw new FixpointError("CLOSED")
    await this.close()
    await deleteIdbStore(this.#place)
  }

  /** SQLite leaves out a write that changes no byte, and what is left out is not synced: each barrier stores another number. */
  #barrier(durability: Durability): Promise<CommitOutcome> {
    return this.#write({ stores: ["meta"], durability }, (tx) => putMeta(tx, "barrier", Math.random()))
  }

  #read<T>(stores: StoreName[], send: SendRead<T>, ends?: boolean): Promise<T> {
    return this.#call(() => this.#readOnce(stores, send, ends))
  }

  /** `ends`: all requests are sent at once, and so the transaction can end by itself. */
  async #readOnce<T>(stores: StoreName[], send: SendRead<T>, ends = this.#place.endsReads): Promise<T> {
    const run = (db: IDBDatabase) =>
      readIn<T>(db, { stores, timers: this.#place.timers }, (tx, give) => {
        send(tx, give)
        if (ends) tx.commit()
      })
    try {
      return await this.#connection.use(run)
    } catch (error) {
      // The connection went away in the middle of it; reading once more harms nothing.
      if (!isFixpointError(error, "STORE_SERVER_LOST")) throw error
      return await this.#connection.use(run)
    }
  }

  #append(record: LogRecord, durability: Durability): Promise<CommitOutcome> {
    const options = { stores: ["log"], durability, byteCount: record.bytes.length } as const
    return this.#write(
      options,
      (tx, verdict) => sendRecord(tx, record, verdict),
      (tx) => removeRecord(tx, record.n),
    )
  }

  /** `undo` takes back what was stored although its check failed. */
  #write(
    { stores, durability, byteCount = 0 }: WriteOptions,
    send: (tx: IDBTransaction, verdict: Verdict) => void,
    undo?: (tx: IDBTransaction) => void,
  ): Promise<CommitOutcome> {
    const scope = { stores, timers: this.#place.timers, durability, byteCount }
    return this.#call(async () => {
      const outcome = await this.#connection.use(async (db) => {
        await this.#turn(db)
        return await writeIn(db, scope, send)
      })
      if (outcome !== "misplaced") return outcome
      invariant(undo !== undefined, "only a write that can be undone is sent without waiting for its checks")
      await this.#connection.use((db) => writeIn(db, scope, undo))
      return "outrun"
    })
  }

  /** Turns the log, once per connection. A write goes on without it where it cannot be done. */
  #turn(db: IDBDatabase): Promise<void> {
    const { name, timers, log, turnsLog } = this.#place
    // Also for a store that closes meanwhile: its last write is acknowledged like any other.
    if (!turnsLog) return Promise.resolve()
    if (this.#turned?.db !== db) {
      const done = turnLog(name, timers).then(
        // No write waits for this one, but the end of the store does: a worker that ends would leave it undone.
        () => this.#hold(clearTurn(name, timers).catch(() => undefined)),
        (error: unknown) => log.warn("the platform's log was not turned", { code: storeError(error, "write").code }),
      )
      this.#turned = { db, done }
    }
    return this.#turned.done
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new FixpointError("CLOSED")
    const pending = work()
    this.#hold(pending)
    return await pending
  }

  /** Keeps the store from closing until something has ended, well or not. */
  #hold(pending: Promise<unknown>): void {
    const release = () => void this.#pending.delete(pending)
    this.#pending.add(pending)
    pending.then(release, release)
  }
}
