/** What `stats` counts and measures of a database. */
import type { LsmStats } from "../lsm/lsm.ts"

/** An index in the stats. */
export interface IndexStats {
  readonly collection: string
  readonly name: string
  readonly state: "building" | "ready"
  readonly entries: number
}

/** What `stats` gives: what the storage has and has done, and what stands above it. Sizes in bytes as stored. */
export interface EngineStats extends LsmStats {
  readonly indexes: readonly IndexStats[]
  readonly documents: number
  readonly commits: number
  /** Live queries that are mounted. */
  readonly liveQueries: number
}
