/**
 * Which segments become one. Owns: the tiers: a segment's level says how often its rows have been merged.
 * Invariant: what is merged is a run of neighbours in age, so that the spans of log numbers stay apart; and levels never
 * fall from newer to older segments. Pure.
 */
import * as limits from "../base/limits.ts"
import type { Manifest, RetiredSegment, SegmentMeta } from "./manifest.ts"

/** A merge to do. */
export interface CompactionPlan {
  /** Neighbours, newest first. */
  readonly inputs: readonly SegmentMeta[]
  readonly level: number
}

/** The newest segments of level 0: what flushes left raw. */
export function rawSegments({ segments }: Pick<Manifest, "segments">): readonly SegmentMeta[] {
  const end = segments.findIndex(({ level }) => level > 0)
  return end < 0 ? segments : segments.slice(0, end)
}

/** Which merge is wanted: the one that is due, or of everything; with `anew` also where that is one segment already. */
export interface Extent {
  readonly all: boolean
  readonly anew?: boolean
}

/** The next merge: with `all`, of everything into one compressed segment. */
export function planCompaction(
  { segments }: Pick<Manifest, "segments">,
  { all, anew = false }: Extent,
): CompactionPlan | undefined {
  return all ? planWhole(segments, anew) : planTier(segments)
}

function planWhole(segments: readonly SegmentMeta[], anew: boolean): CompactionPlan | undefined {
  const level = Math.max(1, ...segments.map((segment) => segment.level))
  const isOne = segments.length === 1 && segments[0]?.level === level
  return segments.length === 0 || (isOne && !anew) ? undefined : { inputs: segments, level }
}

/** The youngest level that is full. */
function planTier(segments: readonly SegmentMeta[]): CompactionPlan | undefined {
  for (let start = 0; start < segments.length; ) {
    const level = segments[start]?.level ?? 0
    let end = start
    while (segments[end]?.level === level) end++
    if (end - start >= limits.levelFan)
      return { inputs: segments.slice(start, end), level: Math.min(level + 1, limits.levelMax) }
    start = end
  }
  return undefined
}

/** Whether the inputs still are the segments of the manifest that they were, one beside the other. */
export function stillHolds({ segments }: Pick<Manifest, "segments">, inputs: readonly SegmentMeta[]): boolean {
  const start = segments.findIndex(({ id }) => id === inputs[0]?.id)
  return inputs.length === 0 || (start >= 0 && inputs.every(({ id }, i) => segments[start + i]?.id === id))
}

/** The segments with one in the place of the inputs; without inputs, it comes first, as the newest. */
export function replaced(
  segments: readonly SegmentMeta[],
  inputs: readonly SegmentMeta[],
  by: SegmentMeta | undefined,
): SegmentMeta[] {
  const start = Math.max(
    0,
    segments.findIndex(({ id }) => id === inputs[0]?.id),
  )
  return segments.toSpliced(start, inputs.length, ...(by === undefined ? [] : [by]))
}

/** The retired segments, with the inputs that a manifest names no more. */
export function retiredBy(
  { retired }: Pick<Manifest, "retired">,
  inputs: readonly SegmentMeta[],
  at: number,
): RetiredSegment[] {
  return [...retired, ...inputs.map(({ id }) => ({ id, at }))]
}
