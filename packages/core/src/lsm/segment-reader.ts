/**
 * Reads segments: opens their stored blocks, and finds rows by key. Owns: the way from a block's name to its clear form.
 * Invariant: what is given was authenticated; a block that fails is an error, never an absent row. However many keys or
 * segments are asked for, each step of the way (footers, partitions, blocks) is one read of the store.
 * Must not know the memtable, nor which manifest is in force.
 */
import { FixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import type { Key } from "../codec/key.ts"
import { lowerBound, type Rows } from "./block.ts"
import { BlockCache } from "./block-cache.ts"
import { blockKey } from "./block-key.ts"
import type { SegmentMeta } from "./manifest.ts"
import { type Footer, footerIndex, type Partition, partitionBase } from "./segment-format.ts"
import { type Opened, type Opener, openBlock, openFooter, openPartition } from "./segment-open.ts"
import type { BlockRef, Store } from "./store.ts"

/** A block by its segment's record in the manifest. */
export interface SegmentBlock {
  readonly segment: SegmentMeta
  readonly index: number
}

/** What was read, for stats. */
export interface ReadCounts {
  blocksRead: number
  cacheHits: number
  partitionsRead: number
}

/** Blocks that were loaded together, by the key of `blockKey`. */
export type Loaded<T> = ReadonlyMap<number, T>

/** A missing block: the segment was dropped, or the store is damaged. */
export function missing({ segment, index }: BlockRef): FixpointError {
  return new FixpointError("BLOCK_MISSING", undefined, { details: { segment, index } })
}

/** Opens blocks of segments, through a cache. */
export class SegmentReader {
  readonly #store: Store
  readonly #opener: Opener
  readonly cache: BlockCache = new BlockCache(limits.cacheBytesMax)
  readonly counts: ReadCounts = { blocksRead: 0, cacheHits: 0, partitionsRead: 0 }

  constructor(store: Store, opener: Opener) {
    this.#store = store
    this.#opener = opener
  }

  /** The footers of segments. */
  footers(segments: readonly SegmentMeta[]): Promise<Loaded<Footer>> {
    const refs = segments.map((segment) => ({ segment, index: footerIndex }))
    return this.#load(refs, true, ({ segment }, stored) => openFooter(this.#opener, segment, stored))
  }

  /** Partitions; `index` of a reference is the partition's number. */
  partitions(refs: readonly SegmentBlock[]): Promise<Loaded<Partition>> {
    const blocks = refs.map(({ segment, index }) => ({ segment, index: partitionBase + index }))
    return this.#load(blocks, true, ({ segment, index }, stored) => {
      this.counts.partitionsRead++
      return openPartition(this.#opener, segment, index - partitionBase, stored)
    })
  }

  /** Data blocks; with `isKept` they stay in the cache. Those of one read are also counted in `counts`. */
  blocks(refs: readonly SegmentBlock[], isKept: boolean, counts?: ReadCounts): Promise<Loaded<Rows>> {
    return this.#load(refs, isKept, ({ segment, index }, stored) => {
      this.counts.blocksRead++
      if (counts !== undefined) counts.blocksRead++
      return openBlock(this.#opener, segment, index, stored)
    })
  }

  /** Takes what the cache has, and reads and opens all else at once. */
  async #load<T>(
    refs: readonly SegmentBlock[],
    isKept: boolean,
    open: (ref: SegmentBlock, stored: Uint8Array) => Promise<Opened<T>>,
  ): Promise<Loaded<T>> {
    const loaded = new Map<number, T>()
    const absent: SegmentBlock[] = []
    for (const ref of refs) {
      const key = blockKey(ref.segment.id, ref.index)
      const known = this.cache.get(key)
      if (known === undefined) absent.push(ref)
      else loaded.set(key, known as T)
    }
    this.counts.cacheHits += loaded.size
    if (absent.length === 0) return loaded
    const names = absent.map(({ segment, index }) => ({ segment: segment.id, index }))
    const stored = await this.#store.readBlocks(names)
    const gap = stored.indexOf(undefined)
    if (gap >= 0) throw missing(names[gap]!)
    const opened = await Promise.all(absent.map((ref, i) => open(ref, stored[i]!)))
    for (const [i, { segment, index }] of names.entries()) {
      const { block, bytes } = opened[i]!
      loaded.set(blockKey(segment, index), block)
      if (isKept) this.cache.set(blockKey(segment, index), block, bytes)
    }
    return loaded
  }
}

/** The number of the last of `firstKeys` that is not greater than `key`: whose part of the segment would hold it. */
export function partOf(firstKeys: readonly Key[], key: Key): number {
  const at = lowerBound(firstKeys, key)
  return firstKeys[at] === key ? at : at - 1
}
