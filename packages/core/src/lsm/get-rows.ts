/**
 * Point reads. Owns: the order memory, then segments.
 * Invariant: all values are of one moment, that of the call or a later one. Must not know how segments find rows.
 */
import type { Key } from "../codec/key.ts"
import { findRows } from "./find-rows.ts"
import type { SegmentMeta } from "./manifest.ts"
import type { LsmParts } from "./publish.ts"
import type { ReadCounts } from "./segment-reader.ts"
import { newerManifest } from "./snapshot.ts"

/** The newest value of each key, in the order of the keys; undefined where there is none. */
export async function getRows(
  parts: LsmParts,
  keys: readonly Key[],
  counts?: ReadCounts,
): Promise<(string | undefined)[]> {
  const { view } = parts
  let { version, segments } = view.manifest
  let inMemory = keys.map((key) => view.get(key))
  for (;;) {
    try {
      return await completed(parts, keys, { inMemory, segments, counts })
    } catch (failure) {
      const manifest = await newerManifest(parts, version, failure)
      version = manifest.version
      segments = manifest.segments
      // Where this engine is behind that manifest, all its rows in memory are older than the segments.
      const isBehind = manifest.seq > view.head
      inMemory = keys.map((key) => (isBehind ? undefined : view.get(key)))
    }
  }
}

interface Sources {
  readonly inMemory: readonly (string | null | undefined)[]
  readonly segments: readonly SegmentMeta[]
  readonly counts: ReadCounts | undefined
}

/** What memory has, and from segments what it has not. */
async function completed(
  { reader, pins }: LsmParts,
  keys: readonly Key[],
  { inMemory, segments, counts }: Sources,
): Promise<(string | undefined)[]> {
  const absent = keys.filter((_, i) => inMemory[i] === undefined)
  const release = pins.hold(segments)
  try {
    const found = await findRows(reader, segments, absent, counts)
    let next = 0
    return inMemory.map((value) => (value === undefined ? found[next++] : value) ?? undefined)
  } finally {
    release()
  }
}
