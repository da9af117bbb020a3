/**
 * Looks at one segment. Owns: what must hold between a segment's record, its footer, its partitions and its blocks.
 * Invariant: every part is judged by itself, so that damage to one is one finding and hides nothing else.
 * Must not know the other segments.
 */
import { equalBytes } from "../base/bytes.ts"
import { FixpointError, isFixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import { cidOf, digestOf } from "../codec/cid.ts"
import type { Key } from "../codec/key.ts"
import type { Rows } from "./block.ts"
import { hashKey, mayHold } from "./bloom.ts"
import { attempt, type Finding } from "./finding.ts"
import type { SegmentMeta } from "./manifest.ts"
import type { LsmParts } from "./publish.ts"
import {
  digestBytes,
  type Footer,
  footerIndex,
  type Partition,
  partitionBase,
  partitionCount,
} from "./segment-format.ts"
import { type Opener, openBlock, openFooter, openPartition } from "./segment-open.ts"
import { missing } from "./segment-reader.ts"
import type { BlockRef } from "./store.ts"

/** What was found in one segment, and how much was looked at. */
export interface SegmentReport {
  readonly findings: Finding[]
  readonly blocks: number
  readonly rows: number
}

/** This many blocks are read and opened at once. */
const blocksPerRead = 32

/** Checks the control blocks of a segment, and with `isDeep` every block and row. */
export function checkSegment(parts: LsmParts, segment: SegmentMeta, isDeep: boolean): Promise<SegmentReport> {
  return new SegmentCheck(parts, segment).run(isDeep)
}

/** A stored block, or why it cannot be had. */
type Stored = Uint8Array | FixpointError

class SegmentCheck {
  readonly #parts: LsmParts
  readonly #opener: Opener
  readonly #segment: SegmentMeta
  readonly #findings: Finding[] = []
  #rows = 0
  /** The greatest key so far. */
  #lastKey: Key | undefined

  constructor(parts: LsmParts, segment: SegmentMeta) {
    this.#parts = parts
    this.#opener = { vault: parts.vault, compression: parts.host.compression }
    this.#segment = segment
  }

  async run(isDeep: boolean): Promise<SegmentReport> {
    const findings = this.#findings
    const { rows, blocks } = this.#segment
    const footer = await this.#checkFooter()
    for (let number = 0; number < partitionCount(this.#segment); number++) {
      const partition = await this.#checkPartition(number, footer)
      if (isDeep) await this.#checkBlocks(number, partition)
    }
    if (isDeep && findings.length === 0)
      await attempt(findings, this.#at(""), async () => expect(this.#rows === rows, "rows are missing or double"))
    return { findings, blocks, rows: isDeep ? this.#rows : rows }
  }

  #at(part: string): string {
    return `segment ${this.#segment.id}${part}`
  }

  async #checkFooter(): Promise<Footer | undefined> {
    const [stored] = await this.#read([footerIndex])
    return attempt(this.#findings, this.#at(" footer"), async () => {
      const bytes = given(stored)
      const { cid, rows, blocks } = this.#segment
      expect((await cidOf(this.#parts.host.crypto, bytes, "raw")) === cid, "the footer is not the one of the manifest")
      const { block: footer } = await openFooter(this.#opener, this.#segment, bytes)
      expect(footer.rows === rows && footer.blocks === blocks, "footer and manifest count differently")
      return footer
    })
  }

  async #checkPartition(number: number, footer: Footer | undefined): Promise<Partition | undefined> {
    const [stored] = await this.#read([partitionBase + number])
    return attempt(this.#findings, this.#at(` partition ${number}`), async () => {
      const bytes = given(stored)
      if (footer !== undefined) await this.#expectDigest(bytes, footer.digests, number)
      const { block: partition } = await openPartition(this.#opener, this.#segment, number, bytes)
      expect(partition.keys.length === this.#blocksIn(number).length, "a partition has all its blocks")
      expect(footer === undefined || footer.keys[number] === partition.keys[0], "footer and partition agree")
      return partition
    })
  }

  /** Indexes of the blocks of a partition. */
  #blocksIn(number: number): number[] {
    const first = number * limits.blocksPerPartition
    const count = Math.min(limits.blocksPerPartition, this.#segment.blocks - first)
    return Array.from({ length: count }, (_, i) => first + i)
  }

  async #checkBlocks(number: number, partition: Partition | undefined): Promise<void> {
    const all = this.#blocksIn(number)
    for (let start = 0; start < all.length; start += blocksPerRead) {
      const indexes = all.slice(start, start + blocksPerRead)
      const stored = await this.#read(indexes)
      const opened = await Promise.all(
        indexes.map((index, i) =>
          attempt(this.#findings, this.#at(` block ${index}`), () => this.#openChecked(index, stored[i], partition)),
        ),
      )
      for (const [i, rows] of opened.entries()) {
        if (rows === undefined) continue
        const index = indexes[i]!
        await attempt(this.#findings, this.#at(` block ${index}`), async () => this.#checkRows(index, rows, partition))
      }
    }
  }

  async #openChecked(index: number, stored: Stored | undefined, partition: Partition | undefined): Promise<Rows> {
    const bytes = given(stored)
    if (partition !== undefined) await this.#expectDigest(bytes, partition.digests, index % limits.blocksPerPartition)
    const { block } = await openBlock(this.#opener, this.#segment, index, bytes)
    return block
  }

  #checkRows(index: number, { keys }: Rows, partition: Partition | undefined): void {
    const { min, max } = this.#segment
    this.#rows += keys.length
    const firstKey = partition?.keys[index % limits.blocksPerPartition]
    expect(keys.length > 0 && (firstKey === undefined || firstKey === keys[0]), "block and partition agree")
    for (const key of keys) {
      expect(this.#lastKey === undefined || this.#lastKey < key, "keys are in order")
      expect(min <= key && key <= max, "keys are within the span of the segment")
      expect(partition === undefined || mayHold(partition.bloom, hashKey(key)), "the filter knows every key")
      this.#lastKey = key
    }
  }

  async #expectDigest(bytes: Uint8Array, digests: Uint8Array, at: number): Promise<void> {
    const digest = await digestOf(this.#parts.host.crypto, bytes)
    const expected = digests.subarray(at * digestBytes, (at + 1) * digestBytes)
    expect(equalBytes(digest, expected), "bytes are not the ones whose digest was kept")
  }

  /** Reads blocks together; where the platform cannot read them, one by one, to find those that it can. */
  async #read(indexes: readonly number[]): Promise<Stored[]> {
    const refs = indexes.map((index) => ({ segment: this.#segment.id, index }))
    try {
      const stored = await this.#parts.store.readBlocks(refs)
      return stored.map((bytes, i) => bytes ?? missing(refs[i]!))
    } catch (failure) {
      if (!isFixpointError(failure, "STORE_UNREADABLE")) throw failure
      return Promise.all(refs.map((ref) => this.#readAlone(ref)))
    }
  }

  async #readAlone(ref: BlockRef): Promise<Stored> {
    try {
      const [bytes] = await this.#parts.store.readBlocks([ref])
      return bytes ?? missing(ref)
    } catch (failure) {
      if (!isFixpointError(failure, "STORE_UNREADABLE")) throw failure
      return failure
    }
  }
}

function given(stored: Stored | undefined): Uint8Array {
  if (stored instanceof Uint8Array) return stored
  throw stored ?? new FixpointError("BLOCK_MISSING")
}

function expect(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new FixpointError("BLOCK_CORRUPT", `Not as it must be: ${rule}.`)
}
