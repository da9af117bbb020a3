/**
 * The parts of the engine that not every database needs. Owns: which there are.
 * Invariant: the engine knows them by their types alone, and asks for one when it is first used; composition roots say where
 * they are loaded from. A part is an entry of @fixpoint/core, and imports what it needs of the engine as any module does.
 */
import type { Loader } from "./base/on-demand.ts"
import type { CellPart } from "./db/cell-door.ts"
import type { Queries } from "./db/reading.ts"
import type { Upkeep } from "./lsm/upkeep.ts"
import type { SearchPart } from "./search/searches.ts"
import type { TextReader } from "./text/text-door.ts"

/** How each part is loaded: `() => import("@fixpoint/core/check")`, where nothing else is to be thought of. */
export interface EngineParts {
  /** What looks at all that is stored. */
  readonly check: Loader<typeof import("./check-entry.ts")>
  /** What writes segments; begins to load with the first write. */
  readonly upkeep: Loader<Upkeep>
  /** What answers queries of other forms than plain ones, and by indexes. */
  readonly queries: Loader<Queries>
  /** What runs transactions. */
  readonly transaction: Loader<Pick<typeof import("./transaction-entry.ts"), "Transaction">>
  /** What writes of counters, sets and the like go by; begins to load when one is declared. */
  readonly cells: Loader<CellPart>
  /** What keeps indexes and the entries of plug-ins; begins to load when one is declared, or is found in the database. */
  readonly indexes: Loader<typeof import("./indexes-entry.ts")>
  /** What searches text and vectors, and keeps the indexes for that. */
  readonly search: Loader<SearchPart>
  /** What tells of writes that gave way. */
  readonly conflicts: Loader<typeof import("./conflicts-entry.ts")>
  /** What keeps what documents were, and reads it. */
  readonly history: Loader<typeof import("./history-entry.ts")>
  /** What opens collaborative texts and stores them. */
  readonly text: Loader<typeof import("./text-entry.ts")>
  /** What reads texts and writes in them. */
  readonly yjs: Loader<TextReader>
  /** What keeps files. */
  readonly files: Loader<typeof import("./files-entry.ts")>
  /** What takes back commits. */
  readonly undo: Loader<typeof import("./undo-entry.ts")>
  /** What syncs with buckets. */
  readonly sync: Loader<Pick<typeof import("./sync-entry.ts"), "startSync">>
}
