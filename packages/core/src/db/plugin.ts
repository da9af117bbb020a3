/**
 * What derives entries from documents: the seam of indexes, full text, vectors. Owns: the interface alone.
 * Invariant: what a plug-in writes is a function of the documents, entry by entry, so that a record can hold the entries of
 * what it changes, and a build can make the same entries from rows; a journal's are a function of each record, and no build can
 * make them. It writes under its own prefix only.
 * Must not know which plug-ins there are.
 */
import type { Json } from "../base/json.ts"
import type { Key } from "../codec/key.ts"
import type { ActorTable } from "../crdt/row.ts"
import type { RowDelta } from "../query/row-delta.ts"

/** Takes the entries of one derivation. Keys are without the prefix that all of them have. */
export interface DerivedOut {
  put(key: Key, value: string): void
  delete(key: Key): void
  /** Moves a number that the database keeps beside the entries. */
  tally(name: string, by: number): void
}

/** A document before and after a commit. One that is built from has no before. */
export interface DerivedDelta extends RowDelta {
  /** The record that it is a part of; a document that is built from is in none. */
  readonly recorded?: Recorded
}

/** What a record tells of a document beside what it shows. */
export interface Recorded {
  /** Number of the record. */
  readonly n: number
  readonly key: Key
  /** The rows of the document before it and after it; empty where it is removed. */
  readonly before: string | undefined
  readonly after: string
  /** Other rows that went into the one after it. */
  readonly met: readonly string[]
  readonly actors: ActorTable
}

/** Takes documents before and after a commit. */
export type OnDelta = (delta: DerivedDelta, out: DerivedOut) => void

/** The tally of a journal: the clock from which on it has everything. */
export const journalTally = "since"

/** The plug-in of indexes. */
export const indexBy = "index/1"

/** The name of the tally of an index's entries. */
export const entriesTally = "n"

/** One definition, made ready. */
export interface Compiled {
  readonly onDelta: OnDelta
}

/** Something that derives. */
export interface Plugin {
  /** Name and version: entries of another version are not for this one. */
  readonly by: string
  /** The key space of its entries. */
  readonly space: Key
  /** Whether its entries are made of records, and not of documents: it is never built, and has what happened since it began. */
  readonly isJournal?: boolean
  /** Makes a definition ready; it was checked when it was declared. */
  compile(what: Json): Compiled
}
