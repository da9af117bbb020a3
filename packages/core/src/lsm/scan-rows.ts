/**
 * Range reads. Owns: the batches of a scan.
 * Invariant: the rows of a scan are of the moment in which it began, in key order, each once.
 * Must not know how runs read segments.
 */
import type { Key, KeyRange } from "../codec/key.ts"
import { rowsWithin } from "./block.ts"
import { comesEarlier, comesLater, mergeRuns } from "./merge.ts"
import type { LsmParts } from "./publish.ts"
import type { ReadCounts } from "./segment-reader.ts"
import { Runs } from "./segment-run.ts"
import { begunAnew, moved, newerManifest, type Snapshot, takeSnapshot } from "./snapshot.ts"

/** Rows in the order of the scan, without deletions. */
export type RowBatch = readonly (readonly [key: Key, value: string])[]

/** How to scan. */
export interface ScanOptions {
  /** Leaves out segments without a record after this one; rows of older records may still come. */
  readonly newerThan?: number
  /** Gives the rows from the last key to the first. */
  readonly isDescending?: boolean
  /** Fails with CONFLICT where the moment of the call is gone, instead of giving a later one. */
  readonly isSteady?: boolean
  /** Reads block by block at first, for who may need few rows. */
  readonly isShort?: boolean
  /** Where to count what is read, besides in the stats. */
  readonly counts?: ReadCounts
}

/** A long scan may leave this much of what it read in the cache. */
const cacheBytesMax = 4 * 1024 * 1024
const blocksPerReadMax = 32
const blocksAtFirst = 4

/** The rows of a range as of the call, in batches of what is read at a time. */
export function scanRows(parts: LsmParts, range: KeyRange, options: ScanOptions): AsyncGenerator<RowBatch> {
  return scanFrom(parts, takeSnapshot(parts, range), range, options)
}

async function* scanFrom(
  parts: LsmParts,
  first: Snapshot,
  range: KeyRange,
  options: ScanOptions,
): AsyncGenerator<RowBatch> {
  let snapshot = first
  let left = range
  for (;;) {
    try {
      for await (const { rows, last } of scanSnapshot(parts, snapshot, left, options)) {
        if (rows.length > 0) yield rows
        left = options.isDescending ? { from: range.from, to: last } : { from: `${last}\0`, to: range.to }
      }
      return
    } catch (failure) {
      const manifest = await newerManifest(parts, snapshot.version, failure)
      const mayBeginAnew = left === range && !options.isSteady
      snapshot = mayBeginAnew ? begunAnew(parts, manifest, range) : moved(snapshot, manifest)
    }
  }
}

/** A merged batch, and the last key it covers; deletions are covered, but not given. */
interface Merged {
  readonly rows: RowBatch
  readonly last: Key
}

async function* scanSnapshot(
  { reader, pins }: LsmParts,
  { segments, memory }: Snapshot,
  range: KeyRange,
  { newerThan = 0, isDescending = false, isShort = false, counts }: ScanOptions,
): AsyncGenerator<Merged> {
  const wanted = segments.filter(({ last }) => last > newerThan)
  const release = pins.hold(wanted)
  try {
    const within = memory.map((rows) => rowsWithin(rows, range))
    const blocksPerReadMin = isShort ? 1 : blocksAtFirst
    const options = { range, isDescending, cacheBytesMax, blocksPerReadMin, blocksPerReadMax, counts }
    const runs = new Runs(reader, within, options)
    await runs.open(wanted)
    for (;;) {
      await runs.refill()
      const rows: (readonly [Key, string])[] = []
      let last: Key | undefined
      const take = (key: Key, value: string | null): void => {
        last = key
        if (value !== null) rows.push([key, value])
      }
      mergeRuns(runs.list, take, isDescending ? comesLater : comesEarlier)
      if (last === undefined) return
      yield { rows, last }
    }
  } finally {
    release()
  }
}
