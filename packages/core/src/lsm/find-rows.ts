/**
 * Point reads over segments. Owns: which blocks a set of keys needs.
 * Invariant: the newest version of each key wins, deletions included. Steps are shared by all keys: one read of footers
 * (only of segments with several partitions), one of partitions, and one of blocks per round; a second round only serves
 * keys that a Bloom filter promised in vain. Must not know the memtable.
 */
import { limits } from "../base/limits.ts"
import type { Key } from "../codec/key.ts"
import { lowerBound, type Rows } from "./block.ts"
import { blockKey } from "./block-key.ts"
import { hashKey, mayHold } from "./bloom.ts"
import type { SegmentMeta } from "./manifest.ts"
import { footerIndex, type Partition, partitionBase, partitionCount } from "./segment-format.ts"
import { partOf, type SegmentBlock, type SegmentReader } from "./segment-reader.ts"

const covers = ({ min, max }: SegmentMeta, key: Key): boolean => min <= key && key <= max

/** Collects names of blocks, each once. */
class Wanted {
  readonly refs: SegmentBlock[] = []
  readonly #seen = new Set<number>()

  add(segment: SegmentMeta, index: number): void {
    const key = blockKey(segment.id, index)
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.refs.push({ segment, index })
  }
}

/** The partition of each segment that would hold a key, once loaded. */
async function loadPartitions(
  reader: SegmentReader,
  segments: readonly SegmentMeta[],
  keys: readonly Key[],
): Promise<(segment: SegmentMeta, key: Key) => { partition: Partition; number: number }> {
  const footers = await reader.footers(
    segments.filter((segment) => partitionCount(segment) > 1 && keys.some((key) => covers(segment, key))),
  )
  const numberOf = (segment: SegmentMeta, key: Key): number => {
    const footer = footers.get(blockKey(segment.id, footerIndex))
    return footer === undefined ? 0 : partOf(footer.keys, key)
  }
  const wanted = new Wanted()
  for (const segment of segments)
    for (const key of keys) if (covers(segment, key)) wanted.add(segment, numberOf(segment, key))
  const partitions = await reader.partitions(wanted.refs)
  return (segment, key) => {
    const number = numberOf(segment, key)
    return { partition: partitions.get(blockKey(segment.id, partitionBase + number))!, number }
  }
}

/** The value of a key in a block: undefined when the block does not have it. */
function valueIn({ keys, values }: Rows, key: Key): string | null | undefined {
  const at = lowerBound(keys, key)
  return keys[at] === key ? values[at] : undefined
}

/**
 * The newest version of each key in `segments`, which are given newest first: null for a deletion, undefined where no
 * segment has the key.
 */
export async function findRows(
  reader: SegmentReader,
  segments: readonly SegmentMeta[],
  keys: readonly Key[],
): Promise<(string | null | undefined)[]> {
  const found: (string | null | undefined)[] = keys.map(() => undefined)
  if (segments.length === 0 || keys.length === 0) return found
  const partitionOf = await loadPartitions(reader, segments, keys)
  const hashes = keys.map(hashKey)
  /** For each key, the number of segments that need not be asked any more. */
  const asked = keys.map(() => 0)
  const nextBlock = (i: number): SegmentBlock | undefined => {
    const key = keys[i]!
    while (asked[i]! < segments.length) {
      const segment = segments[asked[i]!++]!
      if (!covers(segment, key)) continue
      const { partition, number } = partitionOf(segment, key)
      if (mayHold(partition.bloom, hashes[i]!))
        return { segment, index: number * limits.blocksPerPartition + partOf(partition.keys, key) }
    }
    return undefined
  }
  let open = keys.map((_, i) => i)
  while (open.length > 0) {
    const wanted = new Wanted()
    const places = new Map<number, number>()
    for (const i of open) {
      const block = nextBlock(i)
      if (block === undefined) continue
      wanted.add(block.segment, block.index)
      places.set(i, blockKey(block.segment.id, block.index))
    }
    const blocks = await reader.blocks(wanted.refs, true)
    open = []
    for (const [i, place] of places) {
      found[i] = valueIn(blocks.get(place)!, keys[i]!)
      if (found[i] === undefined) open.push(i)
    }
  }
  return found
}
