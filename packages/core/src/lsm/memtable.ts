/**
 * The rows of the log that no segment holds yet. Owns: the newest version of each such row, and the number of the record
 * that wrote it.
 * Invariant: rows are applied in the order of their numbers, so that a later put always is the newer one.
 * Must not know the log, nor what a value means.
 */
import type { Key, KeyRange } from "../codec/key.ts"
import { lowerBound, type Rows } from "./block.ts"

interface Row {
  readonly value: string | null
  readonly n: number
}

/** To compare longer values would cost more than their objects. */
const sharedCharsMax = 4

/** What a row costs beside its characters. */
const rowOverheadBytes = 32

const sizeOf = (key: Key, { value }: Row): number => key.length + (value === null ? 0 : value.length) + rowOverheadBytes

/** A sorted map of rows in memory. */
export class Memtable {
  #rows = new Map<Key, Row>()
  /** All keys; in order when `#isSorted`. */
  #keys: Key[] = []
  #isSorted = true
  #bytes = 0
  #last: Row | undefined

  /** Number of rows, deletions included. */
  get size(): number {
    return this.#rows.size
  }

  /** Approximate size in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** The value of a key: null when it was deleted here, undefined when this table knows nothing of it. */
  get(key: Key): string | null | undefined {
    return this.#rows.get(key)?.value
  }

  /** Puts the version of a row that record `n` wrote. */
  put(key: Key, value: string | null, n: number): void {
    const row = this.#rowOf(value, n)
    const old = this.#rows.get(key)
    if (old === undefined) {
      const last = this.#keys.at(-1)
      if (last !== undefined && key < last) this.#isSorted = false
      this.#keys.push(key)
    } else this.#bytes -= sizeOf(key, old)
    this.#rows.set(key, row)
    this.#bytes += sizeOf(key, row)
  }

  /** Rows of one record that have one short value, as entries of indexes do, share an object. */
  #rowOf(value: string | null, n: number): Row {
    if (value !== null && value.length > sharedCharsMax) return { value, n }
    const last = this.#last
    if (last !== undefined && last.n === n && last.value === value) return last
    this.#last = { value, n }
    return this.#last
  }

  /** Takes over all rows of a table that is newer than this one. */
  putAll(newer: Memtable): void {
    for (const [key, { value, n }] of newer.#rows) this.put(key, value, n)
  }

  /** Forgets the rows whose newest version is of record `n` or an earlier one. */
  dropThrough(n: number): void {
    for (const [key, row] of this.#rows)
      if (row.n <= n) {
        this.#rows.delete(key)
        this.#bytes -= sizeOf(key, row)
      }
    if (this.#rows.size < this.#keys.length) this.#keys = this.#keys.filter((key) => this.#rows.has(key))
  }

  /** Number of rows of a range, deletions included. */
  count({ from, to }: KeyRange): number {
    this.#sort()
    return lowerBound(this.#keys, to) - lowerBound(this.#keys, from)
  }

  #sort(): void {
    if (!this.#isSorted) this.#keys.sort()
    this.#isSorted = true
  }

  /** A copy of the rows in key order: all of them, or those of a range. */
  rows(range?: KeyRange): Rows {
    this.#sort()
    const keys = range
      ? this.#keys.slice(lowerBound(this.#keys, range.from), lowerBound(this.#keys, range.to))
      : this.#keys.slice()
    return { keys, values: keys.map((key) => this.#rows.get(key)?.value ?? null) }
  }
}
