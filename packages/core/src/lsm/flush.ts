/**
 * Turns frozen rows into a segment. Owns: the commit that names the segment and trims the log.
 * Invariant: the log is trimmed in the commit in which the manifest takes over its rows, and never further; a flush that
 * fails leaves the rows readable in memory, and in the log.
 * Must not know when a flush is due.
 */
import { rawSegments } from "./compaction-plan.ts"
import { exchange } from "./exchange.ts"
import { type LsmParts, refresh } from "./publish.ts"

/**
 * Writes all frozen rows as one segment, raw and of level 0. With `compress` it is of level 1, and takes in the raw
 * segments: after it nothing raw is left. Without anything to write nothing happens.
 */
export async function flushFrozen(parts: LsmParts, { compress }: { readonly compress: boolean }): Promise<void> {
  const { view } = parts
  // Once more only where another engine flushed or compacted meanwhile; where this one is behind, there is nothing to
  // write that the other's segments do not have.
  do {
    const base = view.manifest
    const frozen = view.takeFrozen()
    const inputs = compress ? rawSegments(base) : []
    try {
      if (frozen === undefined && inputs.length === 0) return
      if ((await exchange(parts, { base, inputs, frozen, level: compress ? 1 : 0 })) !== undefined) return
    } finally {
      view.endWriting()
    }
  } while (await refresh(parts))
}
