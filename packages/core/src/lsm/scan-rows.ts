/**
 * Range reads. Owns: the batches of a scan.
 * Invariant: the rows of a scan are of the moment in which it began, in key order, each once.
 * Must not know how runs read segments.
 */
import type { Key, KeyRange } from "../codec/key.ts"
import { rowsWithin } from "./block.ts"
import { mergeRuns } from "./merge.ts"
import type { LsmParts } from "./publish.ts"
import { Runs } from "./segment-run.ts"
import { begunAnew, moved, newerManifest, type Snapshot, takeSnapshot } from "./snapshot.ts"

/** Rows in key order, without deletions. */
export type RowBatch = readonly (readonly [key: Key, value: string])[]

/** How to scan. */
export interface ScanOptions {
  /** Leaves out segments without a record after this one; rows of older records may still come. */
  readonly newerThan?: number
}

/** A long scan may leave this much of what it read in the cache. */
const cacheBytesMax = 4 * 1024 * 1024
const blocksPerReadMax = 32

/** The rows of a range, in batches of what is read at a time. */
export async function* scanRows(parts: LsmParts, range: KeyRange, options: ScanOptions): AsyncGenerator<RowBatch> {
  let snapshot = takeSnapshot(parts, range)
  let from = range.from
  for (;;) {
    try {
      for await (const { rows, last } of scanSnapshot(parts, snapshot, { from, to: range.to }, options)) {
        if (rows.length > 0) yield rows
        from = `${last}\0`
      }
      return
    } catch (failure) {
      const manifest = await newerManifest(parts, snapshot.version, failure)
      snapshot = from === range.from ? begunAnew(parts, manifest, range) : moved(snapshot, manifest)
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
  { newerThan = 0 }: ScanOptions,
): AsyncGenerator<Merged> {
  const wanted = segments.filter(({ last }) => last > newerThan)
  const release = pins.hold(wanted)
  try {
    const within = memory.map((rows) => rowsWithin(rows, range))
    const runs = new Runs(reader, within, { range, cacheBytesMax, blocksPerReadMax })
    await runs.open(wanted)
    for (;;) {
      await runs.refill()
      const rows: (readonly [Key, string])[] = []
      let last: Key | undefined
      mergeRuns(runs.list, (key, value) => {
        last = key
        if (value !== null) rows.push([key, value])
      })
      if (last === undefined) return
      yield { rows, last }
    }
  } finally {
    release()
  }
}
