/**
 * Makes a segment out of rows that come in key order. Owns: how rows are cut into blocks, and the control blocks.
 * Invariant: the salt is fresh for every attempt, so that no key and nonce ever meet two texts, even after a crash and a
 * repeat. Must not know where rows come from, nor the store: sealed blocks are handed out in batches.
 */
import { concatBytes } from "../base/bytes.ts"
import { invariant } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import { cidOf, digestOf } from "../codec/cid.ts"
import type { Key } from "../codec/key.ts"
import type { Vault } from "../crypto/vault.ts"
import { encodeRows, type Rows } from "./block.ts"
import { BloomBuilder } from "./bloom.ts"
import type { SegmentMeta } from "./manifest.ts"
import { deflatedFlag, encodeIndex, footerIndex, footerName, partitionBase, rawFlag } from "./segment-format.ts"
import type { StoreChange } from "./store.ts"

/** Blocks as a change of the store carries them. */
export type StoredBlocks = NonNullable<StoreChange["blocks"]>

/** What a segment is to be. */
export interface SegmentPlan {
  readonly level: number
  /** Random integer below 2^32 that no segment has. */
  readonly id: number
  /** Numbers of the oldest and newest log record in it. */
  readonly first: number
  readonly last: number
  readonly isCompressed: boolean
}

/** The flag as text: a block that stays raw is turned into bytes once. */
const rawPrefix = String.fromCharCode(rawFlag)

/** First keys and digests of parts, as they come into being. */
class PartIndex {
  readonly keys: Key[] = []
  readonly #digests: Uint8Array[] = []

  add(key: Key, digest: Uint8Array): void {
    this.keys.push(key)
    this.#digests.push(digest)
  }

  get digests(): Uint8Array {
    return concatBytes(...this.#digests)
  }
}

/** Collects rows into blocks, and seals them. */
export class SegmentWriter {
  readonly #host: Pick<Host, "crypto" | "compression">
  readonly #vault: Vault
  readonly #plan: SegmentPlan
  readonly #salt: Uint8Array
  readonly #blockBytes: number
  /** The block under way. */
  #keys: Key[] = []
  #values: (string | null)[] = []
  #bytesOpen = 0
  /** Full blocks that are not sealed yet. */
  #queue: Rows[] = []
  #partition = new PartIndex()
  #bloom = new BloomBuilder()
  #partitions = new PartIndex()
  #blocks = 0
  #rows = 0
  #bytes = 0
  #min: Key = ""
  #max: Key = ""

  constructor(host: Pick<Host, "crypto" | "compression">, vault: Vault, plan: SegmentPlan) {
    this.#host = host
    this.#vault = vault
    this.#plan = plan
    this.#salt = vault.newSegment().salt
    this.#blockBytes = plan.isCompressed ? limits.compressedBlockBytes : limits.blockBytes
  }

  /** Number of rows added. */
  get rows(): number {
    return this.#rows
  }

  /** Number of full blocks that wait for `seal`. */
  get queued(): number {
    return this.#queue.length
  }

  /** Adds the next row in key order. */
  add(key: Key, value: string | null): void {
    const bytes = key.length + (value?.length ?? 0)
    if (this.#bytesOpen > 0 && this.#bytesOpen + bytes > this.#blockBytes) this.#endBlock()
    if (this.#rows === 0) this.#min = key
    this.#max = key
    this.#rows++
    this.#keys.push(key)
    this.#values.push(value)
    this.#bytesOpen += bytes
  }

  /** Seals full blocks, at once and at most `blocksMax` of them, and every partition that thereby is complete. */
  async seal(blocksMax: number): Promise<StoredBlocks> {
    const queue = this.#queue.splice(0, blocksMax)
    const first = this.#blocks
    const sealed = await Promise.all(queue.map((rows, i) => this.#sealBlock(first + i, rows)))
    const out = sealed.map(({ digest: _, ...block }) => block)
    for (const [i, { digest }] of sealed.entries()) {
      const { keys } = queue[i]!
      this.#blocks++
      this.#partition.add(keys[0]!, digest)
      for (const key of keys) this.#bloom.add(key)
      if (this.#blocks % limits.blocksPerPartition === 0) out.push(await this.#sealPartition())
    }
    return out
  }

  /** Ends the last block: no row comes any more. */
  end(): void {
    if (this.#keys.length > 0) this.#endBlock()
  }

  /** Seals the control blocks, and gives them with the segment's record, when all blocks are sealed. */
  async finish(): Promise<{ segment: SegmentMeta; blocks: StoredBlocks }> {
    invariant(this.#rows > 0 && this.#keys.length + this.#queue.length === 0, "a finished segment has all its rows")
    const blocks: StoredBlocks[number][] = []
    if (this.#partition.keys.length > 0) blocks.push(await this.#sealPartition())
    const { keys, digests } = this.#partitions
    const footer = encodeIndex({ v: 1, keys, digests, rows: this.#rows, blocks: this.#blocks })
    const bytes = this.#count(await this.#vault.seal("footer", footerName(this.#plan.id), footer))
    blocks.push({ segment: this.#plan.id, index: footerIndex, bytes })
    const { level, first, last } = this.#plan
    const segment: SegmentMeta = {
      id: this.#plan.id,
      salt: this.#salt,
      level,
      first,
      last,
      rows: this.#rows,
      blocks: this.#blocks,
      bytes: this.#bytes,
      min: this.#min,
      max: this.#max,
      cid: await cidOf(this.#host.crypto, bytes, "raw"),
    }
    return { segment, blocks }
  }

  #endBlock(): void {
    this.#queue.push({ keys: this.#keys, values: this.#values })
    this.#keys = []
    this.#values = []
    this.#bytesOpen = 0
  }

  async #sealBlock(index: number, rows: Rows) {
    invariant(index < partitionBase, "a segment has fewer than 2^19 blocks")
    if (!this.#plan.isCompressed) return this.#encrypt(index, encodeRows(rows, { before: rawPrefix }))
    const deflated = await this.#host.compression.deflate(encodeRows(rows))
    return this.#encrypt(index, concatBytes(new Uint8Array([deflatedFlag]), deflated))
  }

  async #sealPartition() {
    const { keys, digests } = this.#partition
    const index = partitionBase + this.#partitions.keys.length
    const plain = encodeIndex({ keys, digests, bloom: this.#bloom.build() })
    const { digest, ...block } = await this.#encrypt(index, plain)
    this.#partitions.add(keys[0]!, digest)
    this.#partition = new PartIndex()
    this.#bloom = new BloomBuilder()
    return block
  }

  async #encrypt(index: number, plain: Uint8Array) {
    const cipher = await this.#vault.segment(this.#salt)
    const bytes = this.#count(await cipher.encrypt(index, plain))
    return { segment: this.#plan.id, index, bytes, digest: await digestOf(this.#host.crypto, bytes) }
  }

  #count(bytes: Uint8Array): Uint8Array {
    this.#bytes += bytes.length
    return bytes
  }
}
