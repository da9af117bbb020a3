/**
 * How many rows a range has, about. Owns: the guess from the parts of segments' indexes that the range touches.
 * Invariant: no data block is read. Partitions that are read for it stay in the cache, where the scan that follows needs them.
 * Must not know what the guess is for.
 */
import * as limits from "../base/limits.ts"
import type { Key, KeyRange } from "../codec/key.ts"
import { lowerBound } from "./block.ts"
import { blockKey } from "./block-key.ts"
import type { SegmentMeta } from "./manifest.ts"
import type { LsmParts } from "./publish.ts"
import { footerIndex, partitionBase, partitionCount } from "./segment-format.ts"
import { partOf, type SegmentReader } from "./segment-reader.ts"
import { newerManifest } from "./snapshot.ts"

/** About how many rows a range has, deletions and older versions counted: those in memory, and in the blocks of segments that are in a range or partly in it. */
export async function estimateRows(parts: LsmParts, range: KeyRange): Promise<number> {
  const { view, reader, pins } = parts
  const inMemory = view.tables.reduce((sum, table) => sum + table.count(range), 0)
  for (;;) {
    const { segments, version } = view.manifest
    const touched = segments.filter(({ min, max }) => min < range.to && range.from <= max)
    const release = pins.hold(touched)
    try {
      const rows = await Promise.all(touched.map((segment) => rowsWithin(reader, segment, range)))
      return rows.reduce((sum, count) => sum + count, inMemory)
    } catch (failure) {
      await newerManifest(parts, version, failure)
    } finally {
      release()
    }
  }
}

async function rowsWithin(reader: SegmentReader, segment: SegmentMeta, range: KeyRange): Promise<number> {
  const firstKeys =
    partitionCount(segment) > 1
      ? (await reader.footers([segment])).get(blockKey(segment.id, footerIndex))!.keys
      : [segment.min]
  const first = Math.max(partOf(firstKeys, range.from), 0)
  const last = lowerBound(firstKeys, range.to) - 1
  const ends = [...new Set([first, last])].map((index) => ({ segment, index }))
  const partitions = await reader.partitions(ends)
  const keysOf = (index: number): readonly Key[] => partitions.get(blockKey(segment.id, partitionBase + index))!.keys
  const from = first * limits.blocksPerPartition + place(keysOf(first), range.from)
  const to = last * limits.blocksPerPartition + place(keysOf(last), range.to)
  // A range that is inside of one block has a part of it: about half.
  return (Math.max(to - from, 0.5) * segment.rows) / segment.blocks
}

/** Where a key stands among blocks: at a first key, or in the middle of a block. */
function place(firstKeys: readonly Key[], key: Key): number {
  const at = lowerBound(firstKeys, key)
  return firstKeys[at] === key ? at : Math.max(at - 0.5, 0)
}
