/**
 * Point reads over segments. Owns: which blocks a set of keys needs.
 * Invariant: the newest version of each key wins, deletions included. Steps are shared by all keys: one read of footers
 * (only of segments with several partitions), one of partitions, and few of blocks; a second round only serves keys that
 * a Bloom filter promised in vain. Must not know the memtable.
 */
import * as limits from "../base/limits.ts"
import type { Key } from "../codec/key.ts"
import { lowerBound, type Rows } from "./block.ts"
import { blockKey } from "./block-key.ts"
import { hashKey, type KeyHash, mayHold } from "./bloom.ts"
import type { SegmentMeta } from "./manifest.ts"
import { footerIndex, type Partition, partitionBase, partitionCount } from "./segment-format.ts"
import { partOf, type ReadCounts, type SegmentBlock, type SegmentReader } from "./segment-reader.ts"

const covers = ({ min, max }: SegmentMeta, key: Key): boolean => min <= key && key <= max

/** A segment that may have some of the keys, with the parts of its index that these need. */
interface Source {
  readonly segment: SegmentMeta
  /** First keys of the partitions; undefined where there is only one. */
  readonly firstKeys: readonly Key[] | undefined
  /** By number; only those are loaded that would hold a key. */
  readonly partitions: (Partition | undefined)[]
}

/** Number of the partition that would hold a key. */
const numberOf = (source: Source, key: Key): number =>
  source.firstKeys === undefined ? 0 : partOf(source.firstKeys, key)

/** Loads what of the indexes of segments the keys need, in one read of footers and one of partitions. */
async function loadSources(
  reader: SegmentReader,
  segments: readonly SegmentMeta[],
  keys: readonly Key[],
): Promise<Source[]> {
  const concerned = segments.filter((segment) => keys.some((key) => covers(segment, key)))
  const footers = await reader.footers(concerned.filter((segment) => partitionCount(segment) > 1))
  const sources = concerned.map((segment): Source => {
    const firstKeys = footers.get(blockKey(segment.id, footerIndex))?.keys
    return { segment, firstKeys, partitions: [] }
  })
  const wanted = sources.flatMap((source) => {
    const numbers = new Set<number>()
    for (const key of keys) if (covers(source.segment, key)) numbers.add(numberOf(source, key))
    return [...numbers].map((number) => ({ source, number }))
  })
  const loaded = await reader.partitions(
    wanted.map(({ source, number: index }) => ({ segment: source.segment, index })),
  )
  for (const { source, number } of wanted)
    source.partitions[number] = loaded.get(blockKey(source.segment.id, partitionBase + number))
  return sources
}

/** The value of a key in a block: undefined when the block does not have it. */
function valueIn({ keys, values }: Rows, key: Key): string | null | undefined {
  const at = lowerBound(keys, key)
  return keys[at] === key ? values[at] : undefined
}

/** A block, and the positions of the keys that it would hold. */
interface Wanted {
  readonly block: SegmentBlock
  readonly place: number
  readonly keys: number[]
}

/** Keys without number must not bring blocks without number into memory at once. */
const blocksPerRead = 128

/** For each key, which block to look into next. */
class Search {
  readonly #sources: readonly Source[]
  readonly #keys: readonly Key[]
  readonly #hashes: readonly KeyHash[]
  /** For each key, the number of sources that need not be asked any more. */
  readonly #asked: number[]

  constructor(sources: readonly Source[], keys: readonly Key[]) {
    this.#sources = sources
    this.#keys = keys
    this.#hashes = keys.map(hashKey)
    this.#asked = keys.map(() => 0)
  }

  /** The block that would hold key `i`, in the next segment whose filter promises it; undefined when there is none. */
  nextBlock(i: number): SegmentBlock | undefined {
    const key = this.#keys[i]!
    while (this.#asked[i]! < this.#sources.length) {
      const source = this.#sources[this.#asked[i]!++]!
      if (!covers(source.segment, key)) continue
      const number = numberOf(source, key)
      const partition = source.partitions[number]!
      if (mayHold(partition.bloom, this.#hashes[i]!))
        return { segment: source.segment, index: number * limits.blocksPerPartition + partOf(partition.keys, key) }
    }
    return undefined
  }
}

/**
 * The newest version of each key in `segments`, which are given newest first: null for a deletion, undefined where no
 * segment has the key.
 */
export async function findRows(
  reader: SegmentReader,
  segments: readonly SegmentMeta[],
  keys: readonly Key[],
  counts?: ReadCounts,
): Promise<(string | null | undefined)[]> {
  const found: (string | null | undefined)[] = keys.map(() => undefined)
  if (segments.length === 0 || keys.length === 0) return found
  const search = new Search(await loadSources(reader, segments, keys), keys)
  let open = keys.map((_, i) => i)
  while (open.length > 0) {
    const wanted = new Map<number, Wanted>()
    for (const i of open) {
      const block = search.nextBlock(i)
      if (block === undefined) continue
      const place = blockKey(block.segment.id, block.index)
      const known = wanted.get(place)
      if (known === undefined) wanted.set(place, { block, place, keys: [i] })
      else known.keys.push(i)
    }
    open = []
    const list = [...wanted.values()]
    for (let start = 0; start < list.length; start += blocksPerRead) {
      const part = list.slice(start, start + blocksPerRead)
      const blocks = await reader.blocks(
        part.map(({ block }) => block),
        true,
        counts,
      )
      for (const one of part)
        for (const i of one.keys) {
          found[i] = valueIn(blocks.get(one.place)!, keys[i]!)
          if (found[i] === undefined) open.push(i)
        }
    }
  }
  return found
}
