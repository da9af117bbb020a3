/**
 * The manifest: which segments make up the database, and through which log record they go. Owns: its form and codec
 * (canonical dag-cbor, sealed under its version).
 * Invariant: segments are ordered from newest to oldest data, and their spans of log numbers do not overlap, so that the
 * first segment that knows a key has its newest flushed version.
 * Must not know how segments are made or read.
 */
import { FixpointError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import { decodeCbor, encodeCbor } from "../codec/cbor.ts"
import type { Key } from "../codec/key.ts"
import type { Vault } from "../crypto/vault.ts"
import type { StoredManifest } from "./store.ts"

/** What the manifest knows of one segment. */
export interface SegmentMeta {
  /** Random integer below 2^32. */
  readonly id: number
  /** Salt of the segment's key. */
  readonly salt: Uint8Array
  readonly level: number
  /** Number of the oldest log record in it. */
  readonly first: number
  /** Number of the newest log record in it. */
  readonly last: number
  readonly rows: number
  readonly blocks: number
  /** Stored bytes of its blocks, partitions and footer. */
  readonly bytes: number
  readonly min: Key
  readonly max: Key
  /** CIDv1 (raw, sha2-256) of the stored footer, and through its digests of every stored byte of the segment. */
  readonly cid: string
}

/** A replaced segment, kept for readers that began before. */
export interface RetiredSegment {
  readonly id: number
  /** Wall time of its replacement in milliseconds. */
  readonly at: number
}

/** A manifest in clear. */
export interface Manifest {
  readonly version: number
  /** The newest log record whose rows are in segments. */
  readonly seq: number
  /** How many sweeps have removed segments of unfinished compactions; one that began before a sweep must not end. */
  readonly sweeps: number
  /** What the database noted at the last flush. */
  readonly note: Json
  readonly segments: readonly SegmentMeta[]
  readonly retired: readonly RetiredSegment[]
}

const format = 1

/** Seals a manifest for the store. */
export async function sealManifest(vault: Vault, manifest: Manifest): Promise<StoredManifest> {
  const { version } = manifest
  return { version, bytes: await vault.seal("manifest", String(version), encodeCbor({ v: format, ...manifest })) }
}

/** The manifest of a database that holds nothing yet. */
export function firstManifest(vault: Vault, note: Json): Promise<StoredManifest> {
  return sealManifest(vault, { version: 1, seq: 0, sweeps: 0, note, segments: [], retired: [] })
}

/** Opens a stored manifest; MANIFEST_CORRUPT when it is damaged, FORMAT_TOO_NEW when a newer version wrote it. */
export async function openManifest(vault: Vault, { version, bytes }: StoredManifest): Promise<Manifest> {
  const value = decodeCbor(await vault.open("manifest", String(version), bytes)) as { v?: unknown } & Manifest
  if (typeof value?.v === "number" && value.v > format) throw new FixpointError("FORMAT_TOO_NEW")
  if (value?.v !== format || value.version !== version || !value.segments?.every?.(isSegment) || !value.retired?.every)
    throw new FixpointError("MANIFEST_CORRUPT", "The manifest is not of the form it must have.")
  const { v: _, ...manifest } = value
  return manifest
}

function isSegment(segment: SegmentMeta | null): boolean {
  const { id, salt, first, last, blocks } = Object(segment) as SegmentMeta
  return [id, first, last, blocks].every(Number.isSafeInteger) && salt instanceof Uint8Array
}

/** Total of the segments' stored bytes. */
export function bytesOf(segments: readonly SegmentMeta[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0)
}
