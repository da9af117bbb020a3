/**
 * Rows of one source in key order, as a merge consumes them. Owns: which blocks of a segment a range needs, and how many
 * at a time.
 * Invariant: all runs that wait are served by one read of partitions and one of blocks. Must not know the other sources.
 */
import * as limits from "../base/limits.ts"
import type { Key, KeyRange } from "../codec/key.ts"
import { type Rows, rowsWithin } from "./block.ts"
import { blockKey } from "./block-key.ts"
import type { SegmentMeta } from "./manifest.ts"
import { footerIndex, partitionBase, partitionCount } from "./segment-format.ts"
import { partOf, type ReadCounts, type SegmentReader } from "./segment-reader.ts"

/** Where a run stands: `rows` at `at`; at the end of `rows` it waits for a refill, or is done. */
export class Run {
  rows: Rows
  at = 0
  /** Loaded blocks after `rows`. */
  readonly queue: Rows[] = []

  constructor(rows: Rows) {
    this.rows = rows
  }

  /** Whether there is a row at `at`; moves to the next loaded block at the end of one. */
  hasRow(): boolean {
    while (this.at >= this.rows.keys.length) {
      const next = this.queue.shift()
      if (next === undefined) return false
      this.rows = next
      this.at = 0
    }
    return true
  }
}

/** What to read of segments. */
export interface RunOptions {
  readonly range: KeyRange
  /** Whether runs go from the last key to the first. */
  readonly isDescending?: boolean
  /** Bytes of opened blocks that may go to the cache, so that one long scan does not empty it. */
  readonly cacheBytesMax: number
  /** How many blocks of a segment are read at once, at first and in the end. */
  readonly blocksPerReadMin?: number
  readonly blocksPerReadMax: number
  /** Where to count what is read, besides in the reader. */
  readonly counts?: ReadCounts | undefined
}

const noRows: Rows = { keys: [], values: [] }
const blocksAtFirst = 4

/** Rows from the last to the first. */
const turned = ({ keys, values }: Rows): Rows => ({ keys: keys.toReversed(), values: values.toReversed() })

/** A run over the part of a segment that a range covers. */
class SegmentRun extends Run {
  readonly segment: SegmentMeta
  /** Numbers of the partitions still to read, the next one last. */
  readonly partitions: number[]
  /** Numbers of the blocks still to read, the next one last. */
  blocks: number[] = []

  constructor(segment: SegmentMeta, partitions: number[]) {
    super(noRows)
    this.segment = segment
    this.partitions = partitions
  }
}

/** Numbers of the parts that a range touches, the one to read first last. */
function partsWithin(firstKeys: readonly Key[], { range: { from, to }, isDescending }: RunOptions): number[] {
  const parts: number[] = []
  for (let part = Math.max(partOf(firstKeys, from), 0); part < firstKeys.length && firstKeys[part]! < to; part++)
    parts.push(part)
  return isDescending ? parts : parts.reverse()
}

/** The runs of one scan or compaction. */
export class Runs {
  readonly #reader: SegmentReader
  readonly #options: RunOptions
  #segmentRuns: SegmentRun[] = []
  #blocksPerRead: number
  #cacheBytesLeft: number
  /** All runs, newest source first. */
  readonly list: Run[]

  /** `memory` are rows of newer sources than the segments, newest first; `segments` are given newest first too. */
  constructor(reader: SegmentReader, memory: readonly Rows[], options: RunOptions) {
    this.#reader = reader
    this.#options = options
    this.#cacheBytesLeft = options.cacheBytesMax
    this.#blocksPerRead = options.blocksPerReadMin ?? blocksAtFirst
    this.list = memory.map((rows) => new Run(options.isDescending ? turned(rows) : rows))
  }

  /** Adds segments, given newest first. */
  async open(segments: readonly SegmentMeta[]): Promise<void> {
    const { range } = this.#options
    const touched = segments.filter(({ min, max }) => min < range.to && range.from <= max)
    const footers = await this.#reader.footers(touched.filter((segment) => partitionCount(segment) > 1))
    this.#segmentRuns = touched.map((segment) => {
      const footer = footers.get(blockKey(segment.id, footerIndex))
      return new SegmentRun(segment, partsWithin(footer?.keys ?? [segment.min], this.#options))
    })
    this.list.push(...this.#segmentRuns)
  }

  /** Reads on for every run that has come to its end, until it has a row again or nothing left. */
  async refill(): Promise<void> {
    for (;;) {
      const waiting = this.#segmentRuns.filter((run) => !run.hasRow() && run.blocks.length + run.partitions.length > 0)
      if (waiting.length === 0) return
      await this.#readPartitions(waiting.filter((run) => run.blocks.length === 0))
      await this.#readBlocks(waiting)
    }
  }

  async #readPartitions(runs: readonly SegmentRun[]): Promise<void> {
    const next = runs.map((run) => ({ segment: run.segment, index: run.partitions.pop()! }))
    const partitions = await this.#reader.partitions(next)
    for (const [i, { segment, index }] of next.entries()) {
      const { keys } = partitions.get(blockKey(segment.id, partitionBase + index))!
      const parts = partsWithin(keys, this.#options)
      runs[i]!.blocks = parts.map((part) => index * limits.blocksPerPartition + part)
    }
  }

  async #readBlocks(runs: readonly SegmentRun[]): Promise<void> {
    const reads = runs.map((run) => ({ run, indexes: run.blocks.splice(-this.#blocksPerRead).reverse() }))
    const refs = reads.flatMap(({ run: { segment }, indexes }) => indexes.map((index) => ({ segment, index })))
    const { range, isDescending, blocksPerReadMax, counts } = this.#options
    const loaded = await this.#reader.blocks(refs, this.#cacheBytesLeft > 0, counts)
    this.#cacheBytesLeft -= refs.length * limits.compressedBlockBytes
    this.#blocksPerRead = Math.min(this.#blocksPerRead * 2, blocksPerReadMax)
    for (const { run, indexes } of reads)
      for (const index of indexes) {
        const rows = rowsWithin(loaded.get(blockKey(run.segment.id, index))!, range)
        run.queue.push(isDescending ? turned(rows) : rows)
      }
  }
}
