/**
 * What reads work with, and what they give. Owns: these shapes, and that of the part which plans and answers what few databases
 * ask: by indexes, aggregates, joins, pages, chosen fields.
 * Invariant: the part is known by its shape alone, so that it is loaded with the first query that needs it.
 */
import type { ChangePage } from "../api/change-feed.ts"
import type { DocumentText } from "../api/document-text.ts"
import type { QuerySpec } from "../api/query.ts"
import type { Clock } from "../base/host.ts"
import type { Loader } from "../base/on-demand.ts"
import type { Key } from "../codec/key.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { EntryOrder } from "../query/index-access.ts"
import type { Live } from "../query/live.ts"
import type { Entry } from "../query/ordering.ts"
import type { Plan } from "../query/plan.ts"
import type { Ledger } from "./ledger.ts"

/** What a reader reads from. */
export interface ReaderParts {
  readonly lsm: Lsm
  readonly ledger: Ledger
  readonly clock: Clock
  readonly queries: Loader<Queries>
}

/** How live queries read. */
export interface LiveParts extends ReaderParts {
  /** Makes a read again that another tab has overtaken. */
  steadily<T>(read: () => Promise<T>): Promise<T>
  /** Applies what other tabs have written. */
  catchUp(): Promise<void>
}

/**
 * A row, and what it may have to be sorted with: rows of one group come together, in no order. `isCertain` where what led to
 * it says that it matches.
 */
export type Candidate = readonly [key: Key, line: string, group?: Key | undefined, isCertain?: boolean]

/** What was read of the store. */
export interface ReadWork {
  blocksRead: number
  cacheHits: number
  partitionsRead: number
  entriesRead: number
}

/** The work of a run that has read nothing. */
export const noWork = (): ReadWork => ({ blocksRead: 0, cacheHits: 0, partitionsRead: 0, entriesRead: 0 })

/** Whose candidates; `limit` says how many matches are wanted. With `byRows`, no index is used. */
export interface Wanted {
  readonly plan: Plan
  readonly limit: number
  readonly byRows: boolean
}

/** Candidates of one run. */
export interface Candidates {
  readonly batches: AsyncIterable<readonly Candidate[]>
  /** The order in which they come; undefined for none. */
  readonly order: EntryOrder | undefined
  readonly index: string | undefined
  /** Whether this reads all rows of the collection, unless it ends early. */
  readonly isFull: boolean
  readonly work: ReadWork
}

/** What was read. */
export interface Read {
  readonly rowsRead: number
  readonly index: string | undefined
  readonly fullScan: boolean
  readonly work: ReadWork
}

/** What is told where nothing is read. */
export const noRead = (): Read => ({ rowsRead: 0, index: undefined, fullScan: false, work: noWork() })

/** The matches of a plan, and what was read for them. */
export interface Matches extends Read {
  readonly entries: Entry[]
}

/** The matches of a plan, at most so many, as long as they are wanted. */
export type ScanPlan = (plan: Plan, limit: number, isWanted: () => boolean) => Promise<Matches>

/** What a query has found, and what was read for it. */
export interface Found extends Read {
  readonly documents: readonly DocumentText[]
  readonly next?: string | undefined
}

/** The part that answers what few databases ask. */
export interface Queries {
  /** Begins to read what can match a plan, by whatever is guessed to read least. */
  openPlanned(lsm: Lsm, ledger: Ledger, wanted: Wanted): Promise<Candidates>
  /** Runs a query of any form. */
  findForm(parts: ReaderParts, spec: QuerySpec): Promise<Found>
  /** What a query of any form gives of what `scan` reads. */
  findBy(spec: QuerySpec, scan: ScanPlan): Promise<Found>
  /** The live query of any form. */
  liveForm(spec: QuerySpec, parts: LiveParts): Live
  /** What has changed in a collection since a cursor. */
  readChanges(
    parts: Pick<ReaderParts, "lsm" | "ledger">,
    databaseId: string,
    collection: string,
    since: string | undefined,
  ): Promise<ChangePage>
}
