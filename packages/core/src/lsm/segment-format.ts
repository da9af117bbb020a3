/**
 * The control blocks of a segment. Owns: where they stand and what they hold.
 *
 * A segment is a run of data blocks 0..n-1 in key order. Every 256 of them have a partition (index 2^19 + p) with their
 * first keys, a Bloom filter over their rows and the SHA-256 of each stored block; the footer (index 2^20 - 1) has the
 * first key and the SHA-256 of each stored partition. Blocks and partitions are sealed by the segment's cipher, the
 * footer in an envelope. The manifest keeps the CID of the stored footer: a Merkle root over ciphertext.
 * Invariant: bytes here were authenticated before they are decoded. Must not know the store.
 */
import { FixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import { decodeCbor, encodeCbor } from "../codec/cbor.ts"
import type { Key } from "../codec/key.ts"
import type { SegmentMeta } from "./manifest.ts"

/** Index of partition 0. */
export const partitionBase: number = 2 ** 19

/** Index of the footer. */
export const footerIndex: number = 2 ** 20 - 1

/** The first clear byte of a data block: whether what follows is its text, or its text deflated. */
export const rawFlag = 0

/** See `rawFlag`. */
export const deflatedFlag = 1

/** Bytes of a SHA-256. */
export const digestBytes = 32

/** What a partition says of its blocks: the digests stand one after another. */
export interface Partition {
  readonly keys: readonly Key[]
  readonly digests: Uint8Array
  readonly bloom: Uint8Array
}

/** What a footer says of the partitions, and the segment's counts. */
export interface Footer {
  readonly v: 1
  readonly keys: readonly Key[]
  readonly digests: Uint8Array
  readonly rows: number
  readonly blocks: number
}

/** The name a segment's footer is sealed under. */
export const footerName = (segment: number): string => String(segment)

/** How many partitions a segment has. */
export const partitionCount = ({ blocks }: Pick<SegmentMeta, "blocks">): number =>
  Math.ceil(blocks / limits.blocksPerPartition)

/** The clear bytes of a partition or a footer. */
export const encodeIndex = (index: Partition | Footer): Uint8Array => encodeCbor(index)

/** Decodes a partition or a footer. */
export function decodeIndex<T extends Partition | Footer>(bytes: Uint8Array): T {
  const index = decodeCbor(bytes) as T
  if (!Array.isArray(index?.keys) || index.digests?.length !== index.keys.length * digestBytes)
    throw new FixpointError("BLOCK_CORRUPT", "A segment's index is not of the form it must have.")
  return index
}
