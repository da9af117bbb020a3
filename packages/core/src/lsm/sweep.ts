/**
 * Removes the segments that nobody needs: those that were replaced a while ago, and those that no manifest names, left by
 * work that did not end. Owns: what counts as garbage.
 * Invariant (INV-9): segments are removed in a commit that moves the manifest's version, and the count of sweeps with it
 * when they were never named: so whoever is about to name one of them comes second, and finds out.
 * Must not know how segments are made.
 */
import * as limits from "../base/limits.ts"
import { isFileSegment } from "./block-key.ts"
import type { Manifest, RetiredSegment } from "./manifest.ts"
import { type LsmParts, type Publication, publish } from "./publish.ts"

/** Sweeps; gives whether replaced segments are left that must be kept for now. */
export async function sweep(parts: LsmParts): Promise<boolean> {
  const stored = await parts.store.listSegments()
  const nowMs = parts.host.clock.now()
  const isSwept = await publish(parts, (base) => swept(parts, base, stored, nowMs))
  if (isSwept) parts.log.debug("swept")
  return parts.view.manifest.retired.length > 0
}

function swept({ pins }: LsmParts, base: Manifest, stored: readonly number[], nowMs: number): Publication | undefined {
  const { segments, retired, sweeps } = base
  const known = new Set([...segments, ...retired].map(({ id }) => id))
  const unnamed = stored.filter((id) => !known.has(id) && !isFileSegment(id))
  // A clock that was set back must not keep them for ever, hence the distance.
  const isDue = ({ id, at }: RetiredSegment) => Math.abs(nowMs - at) >= limits.retiredSegmentMs && !pins.has(id)
  const due = retired.filter(isDue)
  if (unnamed.length + due.length === 0) return undefined
  return {
    manifest: {
      ...base,
      sweeps: unnamed.length > 0 ? sweeps + 1 : sweeps,
      retired: retired.filter((segment) => !isDue(segment)),
    },
    change: { dropSegments: [...unnamed, ...due.map(({ id }) => id)] },
  }
}
