/**
 * Who sees what commits do to documents, in the order of the log: undo, texts. Owns: the shape of a witness.
 * Invariant: a witness is told in the turn in which a record is applied, so that rows and what it keeps never disagree; it must
 * neither wait nor throw. Must not know who the witnesses are.
 */
import type { LogEntry } from "../lsm/wal.ts"
import type { ChangedRow } from "./record.ts"

/** Sees commits. */
export interface Witness {
  /** Whether it needs to be told nothing just now. */
  readonly isIdle?: boolean
  /** A record of this engine's writes, as what each of its commits did. Jobs are not told here. */
  committed?(commits: readonly (readonly ChangedRow[])[]): void
  /** Any record, of this engine or of another. */
  applied?(entry: LogEntry): void
  /** Rows have changed in ways that no record tells. */
  restarted?(): void
}
