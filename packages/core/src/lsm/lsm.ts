/**
 * The log-structured rows of one database. Owns: how log, memory, segments and manifest are put together, and the order
 * of the work on them: one flush at a time, one compaction or sweep at a time, both beside reads and commits.
 * Invariant: a key has the value of the newest record applied, whatever is flushed, merged or swept meanwhile, and
 * whichever engine does it. Nothing but `absorb` and a reset changes what is read here.
 * Must not know documents, nor what notes mean.
 */
import { FixpointError } from "../base/errors.ts"
import type { CancelTimer, Host } from "../base/host.ts"
import type { Json } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { type Loader, onDemand } from "../base/on-demand.ts"
import type { Key, KeyRange } from "../codec/key.ts"
import type { Vault } from "../crypto/vault.ts"
import type { Extent } from "./compaction-plan.ts"
import { getRows } from "./get-rows.ts"
import { pullRecords, type Pulled, torn } from "./log-tail.ts"
import { bytesOf, openManifest } from "./manifest.ts"
import { Pins } from "./pins.ts"
import type { LsmParts } from "./publish.ts"
import { type RowBatch, type ScanOptions, scanRows } from "./scan-rows.ts"
import { type ReadCounts, SegmentReader } from "./segment-reader.ts"
import { Serial } from "./serial.ts"
import type { CommitOutcome, Durability, LogPosition, Store, StoreHeader } from "./store.ts"
import type { Upkeep } from "./upkeep.ts"
import { View } from "./view.ts"
import { type Entry, type LogEntry, sealRecord } from "./wal.ts"

/** What an LSM has and has done. Sizes in bytes as stored. */
export interface LsmStats {
  readonly segments: readonly SegmentStats[]
  readonly storedBytes: number
  readonly memtableRows: number
  readonly memtableBytes: number
  readonly cacheBytes: number
  readonly blocksRead: number
  readonly cacheHits: number
  /** Records that no segment has. */
  readonly logRecords: number
}

/** One segment in the stats. */
export interface SegmentStats {
  readonly level: number
  readonly rows: number
  readonly blocks: number
  readonly bytes: number
  readonly cid: string
}

/** Rows by key: sorted, durable, shared with the engines of other tabs. */
export interface Lsm {
  /** Number of the last record applied. */
  readonly head: number
  /** What the database noted at the last flush. */
  readonly note: Json
  /** The values of keys, in their order. */
  getMany(keys: readonly Key[], counts?: ReadCounts): Promise<(string | undefined)[]>
  /** The rows of a range in key order or against it, in batches, as of this moment. */
  scan(range: KeyRange, options?: ScanOptions): AsyncGenerator<RowBatch>
  /** A record will come: what must be done before the first one may begin. */
  expectAppend(): void
  /** Stores the record after the head; it is not applied. "outrun" when another engine has stored one first. */
  append(entries: readonly Entry[], note: Json, durability: Durability): Promise<CommitOutcome>
  /** Applies a stored record, the next one after the head. */
  absorb(entry: LogEntry): void
  /** Where the store was when it was opened. */
  readonly opened: LogPosition
  /** What other engines stored after the head, up to a position if there is one; after a reset, rows and note are of a later head. */
  pull(known?: LogPosition): Promise<Pulled>
  /** Makes all commits so far survive a power cut. */
  barrier(): Promise<void>
  /** Whether memory has enough rows for a segment. */
  needsFlush(): boolean
  /** Moves the rows in memory, as of this turn, to a segment; `compress` leaves nothing raw behind. */
  flush(note: Json, options?: { readonly compress?: boolean }): Promise<void>
  /** Does the next merge; gives whether there may be another one. */
  compactOnce(extent?: Extent): Promise<boolean>
  /** Removes what nobody needs; gives whether something must be kept for a while longer. */
  sweep(): Promise<boolean>
  /** Lends what all this is made of to work that is loaded on demand. */
  lend<T>(work: (parts: LsmParts) => Promise<T>): Promise<T>
  stats(): LsmStats
  /** Ends merges where they are, with CLOSED; nothing is lost by that. The rest goes on until `close`. */
  endMerges(): void
  close(): void
}

/** What an LSM is made of. `header` is what the store gave when it was opened. */
export interface LsmOptions {
  readonly store: Store
  readonly vault: Vault
  readonly host: Host
  readonly header: StoreHeader
  /** Loads what writes segments. Rows stay in the log until that is there. */
  readonly upkeep: Loader<Upkeep>
  /** Whether rows of a key are of no use to anybody, ever again. Once true, it stays so. */
  isGarbage?(key: Key): boolean
}

const isKept = (): boolean => false

/** Opens the rows of a database as of its last flush: the log is still to be pulled. Reads no block. */
export async function openLsm({ store, vault, host, header, upkeep, isGarbage = isKept }: LsmOptions): Promise<Lsm> {
  if (header.manifest === undefined) throw new FixpointError("STORE_TORN", "The manifest is missing.")
  const manifest = await openManifest(vault, header.manifest)
  if (header.head < manifest.seq) throw torn(header.head, manifest.seq)
  const reader = new SegmentReader(store, { vault, compression: host.compression })
  const view = new View(manifest)
  const parts = { store, vault, host, log: host.log("lsm"), view, reader, pins: new Pins(), isGarbage }
  const opened = { manifestVersion: header.manifest.version, head: header.head }
  return new StoredLsm(parts, opened, onDemand("upkeep", upkeep))
}

class StoredLsm implements Lsm {
  readonly opened: LogPosition
  readonly #parts: LsmParts
  readonly #upkeep: Loader<Upkeep>
  readonly #flushes = new Serial()
  readonly #merges = new Serial()
  readonly #ending = new AbortController()
  readonly #cancelExpecting: CancelTimer | undefined
  #ready: Upkeep | undefined
  #isClosed = false

  constructor(parts: Omit<LsmParts, "ending">, opened: LogPosition, upkeep: Loader<Upkeep>) {
    this.opened = opened
    this.#parts = { ...parts, ending: this.#ending.signal }
    this.#upkeep = upkeep
    const { store, host } = parts
    // After what an opening reads, and as a rule before anybody writes; never for an opening with a wrong key.
    if (store.expectWrite !== undefined)
      this.#cancelExpecting = host.timers.after(limits.expectWriteDelayMs, () => this.expectAppend())
  }

  get head(): number {
    return this.#parts.view.head
  }

  get note(): Json {
    return this.#parts.view.manifest.note
  }

  async getMany(keys: readonly Key[], counts?: ReadCounts): Promise<(string | undefined)[]> {
    return await getRows(this.#open(), keys, counts)
  }

  scan(range: KeyRange, options: ScanOptions = {}): AsyncGenerator<RowBatch> {
    return scanRows(this.#open(), range, options)
  }

  expectAppend(): void {
    this.#parts.store.expectWrite?.()
  }

  async append(entries: readonly Entry[], note: Json, durability: Durability): Promise<CommitOutcome> {
    const { store, vault, view } = this.#open()
    // Writers that are faster than the flush would fill the memory.
    if (view.activeBytes >= 2 * limits.memtableBytesMax && this.#flushes.isBusy) await this.#flushes.idle()
    // What is written is to be flushed: whoever does that gets the failure, if there is one.
    if (this.#ready === undefined) void this.#load()
    const edits = await this.#ready?.editsOf(this.#parts, entries)
    const record = await sealRecord(vault, { n: view.head + 1, entries, note }, edits)
    return await store.commit({ durability, append: record })
  }

  /** Until it is there, values are stored whole. */
  async #load(): Promise<void> {
    this.#ready = await this.#upkeep().catch(() => undefined)
  }

  absorb(entry: LogEntry): void {
    this.#open().view.absorb(entry)
  }

  async pull(known?: LogPosition): Promise<Pulled> {
    return await pullRecords(this.#open(), known)
  }

  async barrier(): Promise<void> {
    await this.#open().store.commit({ durability: "strict" })
  }

  needsFlush(): boolean {
    return this.#parts.view.activeBytes >= limits.memtableBytesMax
  }

  async flush(note: Json, { compress = false }: { readonly compress?: boolean } = {}): Promise<void> {
    const parts = this.#open()
    // Before anything is awaited: the note tells of the records up to this turn.
    parts.view.freeze(note)
    await this.#flushes.run(async () => (await this.#upkeep()).flushFrozen(parts, { compress }))
  }

  compactOnce(extent: Extent = { all: false }): Promise<boolean> {
    return this.#merges.run(async () => (await this.#upkeep()).compactOnce(this.#open(), extent))
  }

  sweep(): Promise<boolean> {
    return this.#merges.run(async () => (await this.#upkeep()).sweep(this.#open()))
  }

  async lend<T>(work: (parts: LsmParts) => Promise<T>): Promise<T> {
    return await work(this.#open())
  }

  stats(): LsmStats {
    const { view, reader } = this.#parts
    const { segments, seq } = view.manifest
    const { tables, head } = view
    return {
      segments: segments.map(({ level, rows, blocks, bytes, cid }) => ({ level, rows, blocks, bytes, cid })),
      storedBytes: bytesOf(segments),
      memtableRows: tables.reduce((sum, { size }) => sum + size, 0),
      memtableBytes: tables.reduce((sum, { bytes }) => sum + bytes, 0),
      cacheBytes: reader.cache.bytes,
      blocksRead: reader.counts.blocksRead,
      cacheHits: reader.counts.cacheHits,
      logRecords: head - seq,
    }
  }

  endMerges(): void {
    this.#ending.abort()
  }

  close(): void {
    this.endMerges()
    this.#cancelExpecting?.()
    this.#isClosed = true
    this.#parts.reader.cache.clear()
  }

  #open(): LsmParts {
    if (this.#isClosed) throw new FixpointError("CLOSED")
    return this.#parts
  }
}
