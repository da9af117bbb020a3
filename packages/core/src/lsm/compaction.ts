/**
 * Merges segments into one. Owns: one merge, from its plan to its end.
 * Must not know when a merge is due.
 */
import { type Extent, planCompaction } from "./compaction-plan.ts"
import { exchange } from "./exchange.ts"
import { type LsmParts, refresh } from "./publish.ts"

/** Does the next merge that is due, if any; gives whether there may be another one. */
export async function compactOnce(parts: LsmParts, extent: Extent): Promise<boolean> {
  const base = parts.view.manifest
  const plan = planCompaction(base, extent)
  if (plan === undefined) return false
  const built = await exchange(parts, { base, ...plan, ending: parts.ending })
  if (built === undefined) return await refresh(parts)
  parts.log.debug("merged", { segments: plan.inputs.length, level: plan.level, rows: built.segment?.rows ?? 0 })
  return true
}
