/**
 * Who sees what commits do to documents, in the order of the log: undo, texts. Owns: the shape of a witness.
 * Invariant: a witness is told in the turn in which a record is applied, so that rows and what it keeps never disagree; it must
 * neither wait nor throw. Must not know who the witnesses are.
 */
import type { Stamp } from "../clock/stamp.ts"
import type { LogEntry } from "../lsm/wal.ts"
import type { ChangedRow } from "./record.ts"

/** Sees commits. */
export interface Witness {
  /** Whether it needs to be told nothing just now. */
  readonly isIdle?: boolean
  /** A record of this engine's writes, as what each of its commits did. Jobs are not told here. */
  committed?(commits: readonly (readonly ChangedRow[])[]): void
  /** Something that a page of this engine typed in a text is stored. */
  typed?(typing: Typing): void
  /** Whether it may put a document back that names this file. */
  mayName?(cid: string): boolean
  /** Any record, of this engine or of another. */
  applied?(entry: LogEntry): void
  /** Rows have changed in ways that no record tells. */
  restarted?(): void
}

/** What was typed in a text, in one batch. */
export interface Typing {
  readonly row: ChangedRow
  /** Where in the document the text is. */
  readonly path: string
  readonly chars: number
  /** Keeps what is needed to take it back. */
  hold(): HeldTyping
}

/** What was typed, kept to be taken back and done again, by turns. */
export interface HeldTyping {
  readonly text: HeldText
  /** Keeps it no more. */
  release(): void
}

/** A text in which batches of typing are turned round: taken back, or done again. */
export interface HeldText {
  /**
   * Turns batches round in their order, on a row of the document. Nobody hears of it before `settle`. Asked for the same batches
   * again, it turns none a second time: it is for another row that it is asked then. Throws what a write of the text would.
   */
  turn(batches: readonly HeldTyping[], row: string | undefined, stamp: Stamp): TurnedRow
  /** All that was turned is stored, or else it is again as it was. */
  settle(isStored: boolean): void
}

/** What comes of turning batches. */
export interface TurnedRow {
  readonly row: string | undefined
  /** Those of which something was left. */
  readonly turned: readonly HeldTyping[]
}
