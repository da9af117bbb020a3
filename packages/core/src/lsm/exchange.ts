/**
 * Puts one new segment in the place of older ones, and of rows in memory. Owns: what a flush and a merge have in common.
 * Invariant: what is replaced leaves the manifest in the commit in which the new segment enters it, and stays readable for a
 * while, for reads of other engines that began before. Work that began before a sweep does not end, as the sweep may have
 * taken its blocks (INV-9). A deletion is forgotten only where no older segment can have the row.
 * Must not know when it is due.
 */
import { replaced, retiredBy, stillHolds } from "./compaction-plan.ts"
import type { Manifest, SegmentMeta } from "./manifest.ts"
import type { LsmParts, Publication } from "./publish.ts"
import { type Built, buildSegment, freshSegmentId, publishBuilt } from "./segment-build.ts"
import type { Frozen } from "./view.ts"

/** What is written as one segment, and on top of what. */
export interface Exchange {
  readonly base: Manifest
  /** Neighbours of that manifest, newest first. */
  readonly inputs: readonly SegmentMeta[]
  /** Rows in memory, newer than all segments. */
  readonly frozen?: Frozen | undefined
  /** The level of the new segment; what is above level 0 is compressed. */
  readonly level: number
  /** Ends the work with CLOSED where it is. */
  readonly ending?: AbortSignal
}

/** Writes the segment and names it; gives undefined where another engine came first. */
export async function exchange(parts: LsmParts, wanted: Exchange): Promise<Built | undefined> {
  const { base, inputs, frozen, level, ending } = wanted
  const built = await buildSegment(parts, {
    plan: {
      id: freshSegmentId(parts, base),
      level,
      first: inputs.at(-1)?.first ?? base.seq + 1,
      last: frozen?.seq ?? inputs[0]?.last ?? base.seq,
      isCompressed: level > 0,
    },
    memory: frozen === undefined ? [] : [frozen.table.rows()],
    segments: inputs,
    keepsDeletions: inputs.at(-1)?.id !== base.segments.at(-1)?.id,
    ...(ending && { ending }),
  })
  if (built === undefined) return undefined
  return (await publishBuilt(parts, built, (current) => exchanged(parts, wanted, built, current))) ? built : undefined
}

/** The manifest after it; undefined when it has changed where it must not. */
function exchanged(
  { host }: LsmParts,
  { base, inputs, frozen }: Exchange,
  { segment, blocks, isStored }: Built,
  current: Manifest,
): Publication | undefined {
  const isSwept = isStored && current.sweeps !== base.sweeps
  // Rows in memory go on top of exactly the records that were flushed when the work began.
  const isOutrun = frozen !== undefined && current.seq !== base.seq
  if (isSwept || isOutrun || !stillHolds(current, inputs)) return undefined
  return {
    manifest: {
      ...current,
      ...(frozen && { seq: frozen.seq, note: frozen.note }),
      segments: replaced(current.segments, inputs, segment),
      retired: retiredBy(current, inputs, host.clock.now()),
    },
    change: { blocks, ...(frozen && { trimLogThrough: frozen.seq }) },
  }
}
