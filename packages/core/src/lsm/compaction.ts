/**
 * Merges segments into one. Owns: the exchange of the old ones for the new one.
 * Invariant: the inputs leave the manifest in the commit in which the new segment enters it, and stay readable for a
 * while, for reads of other engines that began before. A merge that began before a sweep does not end, as the sweep may
 * have taken its blocks (INV-9). A deletion is forgotten only where no older segment can have the row.
 * Must not know when a merge is due.
 */
import { type CompactionPlan, planCompaction, replaced, retiredBy, stillHolds } from "./compaction-plan.ts"
import type { Manifest } from "./manifest.ts"
import { type LsmParts, type Publication, refresh } from "./publish.ts"
import { type Built, buildSegment, freshSegmentId, publishBuilt } from "./segment-build.ts"

/** Does the next merge that is due, if any; gives whether there may be another one. */
export async function compactOnce(parts: LsmParts, options: { readonly all: boolean }): Promise<boolean> {
  const base = parts.view.manifest
  const plan = planCompaction(base, options)
  if (plan === undefined) return false
  const { inputs, level } = plan
  const built = await buildSegment(parts, {
    plan: {
      id: freshSegmentId(parts, base),
      level,
      first: inputs.at(-1)?.first ?? 0,
      last: inputs[0]?.last ?? 0,
      isCompressed: true,
    },
    memory: [],
    segments: inputs,
    keepsDeletions: inputs.at(-1)?.id !== base.segments.at(-1)?.id,
    ending: parts.ending,
  })
  if (built === undefined) return await refresh(parts)
  const isPublished = await publishBuilt(parts, built, (current) => published(parts, { base, plan, built, current }))
  if (!isPublished) return await refresh(parts)
  parts.log.debug("merged", { segments: inputs.length, level, rows: built.segment?.rows ?? 0 })
  return true
}

interface Exchange {
  readonly base: Manifest
  readonly plan: CompactionPlan
  readonly built: Built
  readonly current: Manifest
}

/** The manifest with the new segment in the place of the inputs, if they all are there still. */
function published({ host }: LsmParts, { base, plan, built, current }: Exchange): Publication | undefined {
  const isSwept = built.isStored && current.sweeps !== base.sweeps
  if (isSwept || !stillHolds(current, plan.inputs)) return undefined
  return {
    manifest: {
      ...current,
      segments: replaced(current.segments, plan.inputs, built.segment),
      retired: retiredBy(current, plan.inputs, host.clock.now()),
    },
    change: { blocks: built.blocks },
  }
}
