/**
 * Turns frozen rows into a segment. Owns: the commit that names the segment and trims the log.
 * Invariant: the log is trimmed in the commit in which the manifest takes over its rows, and never further; a flush that
 * fails leaves the rows readable in memory, and in the log.
 * Must not know when a flush is due.
 */
import { rawSegments, replaced, retiredBy, stillHolds } from "./compaction-plan.ts"
import type { Manifest, SegmentMeta } from "./manifest.ts"
import { type LsmParts, type Publication, refresh } from "./publish.ts"
import { type Built, buildSegment, freshSegmentId, publishBuilt } from "./segment-build.ts"
import type { Frozen } from "./view.ts"

/** What one flush writes, and on top of what. */
interface FlushPlan {
  readonly base: Manifest
  readonly frozen: Frozen | undefined
  /** Raw segments that are merged into the new one. */
  readonly inputs: readonly SegmentMeta[]
}

/**
 * Writes all frozen rows as one segment, raw and of level 0. With `compress` it is of level 1, and takes in the raw
 * segments: after it nothing raw is left. Without anything to write nothing happens.
 */
export async function flushFrozen(parts: LsmParts, options: { readonly compress: boolean }): Promise<void> {
  const { view } = parts
  // Once more only where another engine flushed or compacted meanwhile; where this one is behind, there is nothing to
  // write that the other's segments do not have.
  do {
    const base = view.manifest
    const plan = { base, frozen: view.takeFrozen(), inputs: options.compress ? rawSegments(base) : [] }
    try {
      if (plan.frozen === undefined && plan.inputs.length === 0) return
      if (await write(parts, plan, options.compress)) return
    } finally {
      view.endWriting()
    }
  } while (await refresh(parts))
}

async function write(parts: LsmParts, plan: FlushPlan, isCompressed: boolean): Promise<boolean> {
  const { base, frozen, inputs } = plan
  const built = await buildSegment(parts, {
    plan: {
      id: freshSegmentId(parts, base),
      level: isCompressed ? 1 : 0,
      first: inputs.at(-1)?.first ?? base.seq + 1,
      last: frozen?.seq ?? base.seq,
      isCompressed,
    },
    memory: frozen === undefined ? [] : [frozen.table.rows()],
    segments: inputs,
    keepsDeletions: inputs.length < base.segments.length,
  })
  if (built === undefined) return false
  return await publishBuilt(parts, built, (current) => published(parts, plan, built, current))
}

/** The manifest with the new segment, on top of one that has the same records flushed as when the work began. */
function published(
  { host }: LsmParts,
  { base, frozen, inputs }: FlushPlan,
  { segment, blocks, isStored }: Built,
  current: Manifest,
): Publication | undefined {
  const isSwept = isStored && current.sweeps !== base.sweeps
  if (isSwept || current.seq !== base.seq || !stillHolds(current, inputs)) return undefined
  return {
    manifest: {
      ...current,
      ...(frozen !== undefined && { seq: frozen.seq, note: frozen.note }),
      segments: replaced(current.segments, inputs, segment),
      retired: retiredBy(current, inputs, host.clock.now()),
    },
    change: { blocks, ...(frozen !== undefined && { trimLogThrough: frozen.seq }) },
  }
}
