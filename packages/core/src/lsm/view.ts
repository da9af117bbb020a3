/**
 * What one engine sees of its database: the manifest in force, and in memory the rows of the log records after it.
 * Owns: both, the number of the last record applied, and the life of a memtable: active, waiting for its flush, being
 * written.
 * Invariant: manifest.seq ≤ head, and the rows in memory are those of the records in (manifest.seq, head], so that rows
 * and manifest together always are the state after record `head`. Every change is made in one turn.
 * Must not know the store.
 */
import { invariant } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import type { Key, KeyRange } from "../codec/key.ts"
import type { Rows } from "./block.ts"
import type { Manifest } from "./manifest.ts"
import { Memtable } from "./memtable.ts"
import type { LogEntry } from "./wal.ts"

/** Rows that take no more records. */
export interface Frozen {
  readonly table: Memtable
  /** The first record that can be in it. */
  readonly from: number
  /** The last record in it. */
  readonly seq: number
  /** What the database noted at that record. */
  readonly note: Json
}

/** Manifest and memory of an engine. */
export class View {
  #manifest: Manifest
  #head: number
  #active = new Memtable()
  /** The first record that can be in the active table. */
  #activeFrom: number
  #waiting: Frozen | undefined
  #writing: Frozen | undefined

  constructor(manifest: Manifest) {
    this.#manifest = manifest
    this.#head = manifest.seq
    this.#activeFrom = manifest.seq + 1
  }

  /** The manifest in force. */
  get manifest(): Manifest {
    return this.#manifest
  }

  /** Number of the last record applied. */
  get head(): number {
    return this.#head
  }

  /** Size of the memtable that takes records. */
  get activeBytes(): number {
    return this.#active.bytes
  }

  /** The tables that have rows, newest first. */
  get tables(): Memtable[] {
    const all = [this.#active, this.#waiting?.table, this.#writing?.table]
    return all.filter((table): table is Memtable => table !== undefined && table.size > 0)
  }

  /** Applies the next record. */
  absorb({ n, entries }: LogEntry): void {
    invariant(n === this.#head + 1, "records are applied in the order of their numbers", { n, head: this.#head })
    for (const [key, value] of entries) this.#active.put(key, value, n)
    this.#head = n
  }

  /** The version of a key in memory: null when it was deleted there, undefined when memory knows nothing of it. */
  get(key: Key): string | null | undefined {
    let value = this.#active.get(key)
    if (value === undefined) value = this.#waiting?.table.get(key)
    if (value === undefined) value = this.#writing?.table.get(key)
    return value
  }

  /** Copies of the rows of a range, newest table first. */
  rows(range: KeyRange): Rows[] {
    return this.tables.map((table) => table.rows(range)).filter(({ keys }) => keys.length > 0)
  }

  /**
   * Puts a manifest in force that holds no record after `head`, and forgets the rows that its segments have. Gives false,
   * and does nothing, when it is further than this engine: the records between are then missing here.
   */
  adopt(manifest: Manifest): boolean {
    if (manifest.seq > this.#head) return false
    if (manifest.version > this.#manifest.version) this.#force(manifest)
    return true
  }

  /** Goes to a manifest that is further than this engine: all rows in memory are in its segments, and newer ones too. */
  reset(manifest: Manifest): void {
    this.#head = Math.max(this.#head, manifest.seq)
    this.#force(manifest)
  }

  /** Lets no more records into the rows in memory: they wait for the next flush. */
  freeze(note: Json): void {
    const frozen = Math.max(this.#manifest.seq, this.#writing?.seq ?? 0, this.#waiting?.seq ?? 0)
    if (this.#head === frozen) return
    this.#waiting = joined(this.#waiting, { table: this.#active, from: this.#activeFrom, seq: this.#head, note })
    this.#begin()
  }

  /** The frozen rows, which from here on are being written; undefined when none wait. */
  takeFrozen(): Frozen | undefined {
    invariant(this.#writing === undefined, "one flush at a time")
    this.#writing = this.#waiting
    this.#waiting = undefined
    return this.#writing
  }

  /** Ends the writing of frozen rows: what the manifest in force does not have waits again. */
  endWriting(): void {
    const writing = this.#writing
    this.#writing = undefined
    if (writing === undefined) return
    this.#waiting = this.#waiting === undefined ? writing : joined(writing, this.#waiting)
  }

  /** Starts a table for the records after the head. */
  #begin(): void {
    this.#active = new Memtable()
    this.#activeFrom = this.#head + 1
  }

  #force(manifest: Manifest): void {
    const { seq } = manifest
    this.#manifest = manifest
    this.#writing = without(this.#writing, seq)
    this.#waiting = without(this.#waiting, seq)
    if (seq >= this.#head) this.#begin()
    else if (seq >= this.#activeFrom) this.#active.dropThrough(seq)
  }
}

/** Frozen rows without those of records up to `seq`. */
function without(frozen: Frozen | undefined, seq: number): Frozen | undefined {
  if (frozen === undefined || frozen.seq <= seq) return undefined
  if (seq >= frozen.from) frozen.table.dropThrough(seq)
  return frozen
}

/** Two frozen tables as one. */
function joined(older: Frozen | undefined, newer: Frozen): Frozen {
  if (older === undefined) return newer
  older.table.putAll(newer.table)
  return { ...newer, table: older.table, from: older.from }
}
