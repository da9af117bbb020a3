/**
 * Opens the stored blocks of a segment. Owns: the way from stored bytes to a block's clear form.
 * Invariant: what is given was authenticated under its segment and index, and has the form that blocks must have.
 * Must not know the store nor the cache.
 */
import { FixpointError } from "../base/errors.ts"
import type { Compression } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import type { Vault } from "../crypto/vault.ts"
import { decodeRows, type Rows } from "./block.ts"
import type { SegmentMeta } from "./manifest.ts"
import {
  decodeIndex,
  type Footer,
  footerName,
  type Partition,
  partitionBase,
  partitionCount,
  rawFlag,
} from "./segment-format.ts"

/** What opens blocks. */
export interface Opener {
  readonly vault: Vault
  readonly compression: Compression
}

/** An opened block, and what it weighs in memory. */
export interface Opened<T> {
  readonly block: T
  readonly bytes: number
}

/** The footer of a segment. */
export async function openFooter({ vault }: Opener, segment: SegmentMeta, stored: Uint8Array): Promise<Opened<Footer>> {
  const plain = await vault.open("footer", footerName(segment.id), stored)
  const footer = decodeIndex<Footer>(plain)
  if (footer.keys.length !== partitionCount(segment)) throw malformed(segment)
  return { block: footer, bytes: plain.length }
}

/** Partition `number` of a segment. */
export async function openPartition(
  { vault }: Opener,
  segment: SegmentMeta,
  number: number,
  stored: Uint8Array,
): Promise<Opened<Partition>> {
  const cipher = await vault.segment(segment.salt)
  const plain = await cipher.decrypt(partitionBase + number, stored)
  const partition = decodeIndex<Partition>(plain)
  if (partition.keys.length === 0 || !partition.bloom?.length) throw malformed(segment)
  return { block: partition, bytes: plain.length }
}

/** The rows of data block `index` of a segment. */
export async function openBlock(
  { vault, compression }: Opener,
  segment: SegmentMeta,
  index: number,
  stored: Uint8Array,
): Promise<Opened<Rows>> {
  const cipher = await vault.segment(segment.salt)
  const plain = await cipher.decrypt(index, stored)
  const body = plain.subarray(1)
  const text = plain[0] === rawFlag ? body : await inflate(compression, body)
  return { block: decodeRows(text, "BLOCK_CORRUPT"), bytes: text.length }
}

async function inflate(compression: Compression, body: Uint8Array): Promise<Uint8Array> {
  try {
    return await compression.inflate(body, limits.storedBlockBytesMax)
  } catch (cause) {
    if (cause instanceof FixpointError) throw cause
    throw new FixpointError("BLOCK_CORRUPT", undefined, { cause })
  }
}

function malformed({ id }: SegmentMeta): FixpointError {
  return new FixpointError("BLOCK_CORRUPT", "A segment's index is not of the form it must have.", {
    details: { segment: id },
  })
}
