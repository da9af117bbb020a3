/**
 * Work of the engine's own in the line of commits: what builds indexes, absorbs what other devices wrote, and keeps records
 * beside documents. Owns: the shape of such work.
 * Invariant: a job sees one moment, and what it gives is the next record after that moment or nothing at all: when another
 * tab comes first, the job is prepared anew on top of what that tab wrote. Its rows are counted, derived from and told of
 * as those of a user's writes are. Must not know what jobs are for.
 */
import { FixpointError } from "../base/errors.ts"
import type { JsonObject } from "../base/json.ts"
import type { Key, KeyRange } from "../codec/key.ts"
import type { RowBatch, ScanOptions } from "../lsm/scan-rows.ts"
import type { Durability } from "../lsm/store.ts"
import type { Entry } from "../lsm/wal.ts"
import type { ChangedRow } from "./record.ts"

/** The moment that a job is prepared on. It ends with the preparation. */
export interface Moment {
  /** Number of the record that the job becomes. */
  readonly n: number
  /** Wall time in milliseconds. */
  readonly nowMs: number
  /** The values of keys as they are stored, in their order. */
  read(keys: readonly Key[]): Promise<(string | undefined)[]>
  /** The stored rows of a range, in batches. */
  scan(range: KeyRange, options?: ScanOptions): AsyncIterable<RowBatch>
}

/** What a job stores. A record without rows and entries is stored too: it gives its number. */
export interface JobRecord {
  /** Documents' rows, each with the one that the moment had. */
  readonly rows?: readonly ChangedRow[]
  /** What is stored beside them, in key spaces of the job's own. */
  readonly entries?: readonly Entry[]
  /** The clock after the record; at least that of the ledger, which is taken without it. */
  readonly hlc?: number
  /** Fields of the note beside those that every record has. */
  readonly note?: JsonObject
}

/** What a preparation comes to: a result, and the record that has to be stored before it is given. */
export interface PreparedJob<R> {
  readonly result: R
  readonly record?: JobRecord
}

/** One job. */
export interface LineJob<R> {
  readonly durability: Durability
  /** Works out the record from the rows of a moment; called again after another tab has come first. */
  prepare(at: Moment): Promise<PreparedJob<R>>
}

/** What a preparation comes to that was refused: the line has done nothing wrong. Throws what is no refusal. */
export function asRefusal(error: unknown): PreparedJob<FixpointError> {
  if (error instanceof FixpointError && (error.kind === "invalid" || error.code === "NOT_FOUND"))
    return { result: error }
  throw error
}
