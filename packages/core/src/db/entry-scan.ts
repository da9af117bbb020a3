/**
 * Entries of an index in the order of the values behind the fixed part of their keys. Owns: the merge of several ranges.
 * Invariant: all ranges are read as of one moment, that of the call. Must not know documents or queries.
 */
import type { Key } from "../codec/key.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { RowBatch, ScanOptions } from "../lsm/scan-rows.ts"
import type { IndexAccess, IndexRange } from "../query/index-access.ts"
import { readEntry } from "../query/index-definition.ts"

/** An entry that a scan has come to. */
export interface FoundEntry {
  /** The id, as in row keys. */
  readonly id: Key
  /** The key of its values, from where the order begins. */
  readonly values: Key
  /** Whether its key says all of its values. */
  readonly isExact: boolean
}

/** Ranges whose entries follow one another. */
class Stream {
  readonly #batches: AsyncGenerator<RowBatch>
  readonly #access: IndexAccess
  readonly #fixed: number
  #rows: RowBatch = []
  #at = 0
  current: FoundEntry | undefined

  constructor(batches: readonly AsyncGenerator<RowBatch>[], access: IndexAccess, fixed: number) {
    this.#batches = chained(batches)
    this.#access = access
    this.#fixed = fixed
  }

  /** Goes to the next entry; false when it must first be read. */
  step(): boolean {
    const row = this.#rows[this.#at++]
    if (row === undefined) return false
    const prefix = this.#access.index.prefix.length
    const { values, isExact, id } = readEntry(row[0].slice(prefix), row[1])
    this.current = { id, values: values.slice(this.#fixed - prefix), isExact }
    return true
  }

  /** Reads on. */
  async read(): Promise<void> {
    const { done, value } = await this.#batches.next()
    this.#rows = done === true ? [] : value
    this.#at = 0
    if (done === true) this.current = undefined
    else if (!this.step()) await this.read()
  }

  async end(): Promise<void> {
    await this.#batches.return(undefined)
  }
}

async function* chained(parts: readonly AsyncGenerator<RowBatch>[]): AsyncGenerator<RowBatch> {
  for (const part of parts) yield* part
}

/** The entries of an access, in batches, in its order. */
export function scanEntries(
  lsm: Lsm,
  access: IndexAccess,
  options: ScanOptions,
): AsyncGenerator<readonly FoundEntry[]> {
  const { isDescending, isWhole, byValues } = access.order
  const byFixed = new Map<Key, IndexRange[]>()
  for (const range of isDescending ? access.ranges.toReversed() : access.ranges) {
    const fixed = range.from.slice(0, range.fixed)
    const known = byFixed.get(fixed)
    if (known === undefined) byFixed.set(fixed, [range])
    else known.push(range)
  }
  // Every scan is asked for in this turn, so that all are of one moment.
  const streams = [...byFixed].map(([fixed, ranges]) => {
    const scans = ranges.map((range) => lsm.scan(range, { ...options, isDescending, isSteady: true }))
    return new Stream(scans, access, fixed.length)
  })
  const merged = mergeStreams(streams, isDescending)
  return byValues && !isWhole ? withIdsTurned(merged) : merged
}

const batchMax = 1024

const orderOf = (a: FoundEntry, b: FoundEntry): number => {
  if (a.values !== b.values) return a.values < b.values ? -1 : 1
  return a.id < b.id ? -1 : Number(a.id > b.id)
}

async function* mergeStreams(streams: readonly Stream[], isDescending: boolean): AsyncGenerator<readonly FoundEntry[]> {
  const sign = isDescending ? -1 : 1
  try {
    await Promise.all(streams.map((stream) => stream.read()))
    let batch: FoundEntry[] = []
    for (;;) {
      let first: Stream | undefined
      for (const stream of streams) {
        if (stream.current === undefined) continue
        if (first?.current === undefined || sign * orderOf(stream.current, first.current) < 0) first = stream
      }
      if (first?.current === undefined) break
      batch.push(first.current)
      const mustRead = !first.step()
      if (batch.length >= batchMax || mustRead) {
        yield batch
        batch = []
      }
      if (mustRead) await first.read()
    }
    if (batch.length > 0) yield batch
  } finally {
    for (const stream of streams) await stream.end()
  }
}

/** The same values in the same order, but among equal ones the ids the other way round. */
async function* withIdsTurned(batches: AsyncGenerator<readonly FoundEntry[]>): AsyncGenerator<readonly FoundEntry[]> {
  let group: FoundEntry[] = []
  for await (const batch of batches) {
    const ready: FoundEntry[] = []
    for (const entry of batch) {
      if (group[0]?.values !== entry.values) {
        for (let i = group.length - 1; i >= 0; i--) ready.push(group[i] as FoundEntry)
        group = []
      }
      group.push(entry)
    }
    if (ready.length > 0) yield ready
  }
  yield group.reverse()
}
