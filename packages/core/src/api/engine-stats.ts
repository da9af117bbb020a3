/** What `stats` counts and measures of a database. */

/** An index in the stats. */
export interface IndexStats {
  readonly collection: string
  readonly name: string
  readonly state: "building" | "ready"
  readonly entries: number
}

/** What `stats` gives. Sizes in bytes as stored. */
export interface EngineStats {
  readonly indexes: readonly IndexStats[]
  readonly documents: number
  readonly segments: readonly {
    readonly level: number
    readonly rows: number
    readonly blocks: number
    readonly bytes: number
    readonly cid: string
  }[]
  readonly storedBytes: number
  readonly memtableRows: number
  readonly memtableBytes: number
  readonly cacheBytes: number
  readonly blocksRead: number
  readonly cacheHits: number
  readonly commits: number
  readonly logRecords: number
  /** Live queries that are mounted. */
  readonly liveQueries: number
}
