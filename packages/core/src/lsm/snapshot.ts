/**
 * What a read stands on: one moment of the database. Owns: what a read does when a block that it needs is gone.
 * Invariant: all that a read gives is of one moment. Replaced segments stay for a while; a read that takes longer (a tab
 * that slept) goes on with newer segments when they hold no record that it must not see, and fails with CONFLICT
 * otherwise, once it has given rows, or before that when it must be of the moment of its call.
 * Must not know keys or blocks.
 */
import { FixpointError, isFixpointError } from "../base/errors.ts"
import type { KeyRange } from "../codec/key.ts"
import type { Rows } from "./block.ts"
import type { Manifest, SegmentMeta } from "./manifest.ts"
import { type LsmParts, readManifest } from "./publish.ts"

/** One moment: rows in memory over segments. */
export interface Snapshot {
  /** The last record in it. */
  readonly head: number
  /** Version of the manifest that names the segments. */
  readonly version: number
  /** Newest first. */
  readonly segments: readonly SegmentMeta[]
  /** Rows of a range that are newer than the segments, newest table first; copies. */
  readonly memory: readonly Rows[]
}

/** This moment, for reading a range. */
export function takeSnapshot({ view }: LsmParts, range: KeyRange): Snapshot {
  const { version, segments } = view.manifest
  return { head: view.head, version, segments, memory: view.rows(range) }
}

/**
 * The manifest to go on with after a failed read of segments that the manifest of `version` names: a newer one, when a
 * block was missing. Otherwise the failure is thrown again.
 */
export async function newerManifest(parts: LsmParts, version: number, failure: unknown): Promise<Manifest> {
  if (!isFixpointError(failure, "BLOCK_MISSING")) throw failure
  const manifest = await readManifest(parts)
  if (manifest.version === version) throw failure
  parts.log.debug("reading again", { version, newer: manifest.version })
  parts.view.adopt(manifest)
  return manifest
}

/** A later moment, for a read that has given nothing yet: this engine's, or the manifest's where that is further. */
export function begunAnew(parts: LsmParts, { version, seq, segments }: Manifest, range: KeyRange): Snapshot {
  return seq <= parts.view.head ? takeSnapshot(parts, range) : { head: seq, version, segments, memory: [] }
}

/** The same moment on the segments of a newer manifest; CONFLICT when they hold later records. */
export function moved(snapshot: Snapshot, { version, seq, segments }: Manifest): Snapshot {
  if (seq <= snapshot.head) return { ...snapshot, version, segments }
  throw new FixpointError("CONFLICT", "A read took so long that another tab has removed what it stood on.", {
    details: { head: snapshot.head, seq },
  })
}
