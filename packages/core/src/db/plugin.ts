/**
 * What derives entries from documents: the seam of indexes, full text, vectors. Owns: the interface alone.
 * Invariant: what a plug-in writes is a function of the documents, entry by entry, so that a record can hold the entries of
 * what it changes, and a build can make the same entries from rows. It writes under its own prefix only.
 * Must not know which plug-ins there are.
 */
import type { Json } from "../base/json.ts"
import type { Key } from "../codec/key.ts"
import type { RowDelta } from "../query/row-delta.ts"

/** Takes the entries of one derivation. Keys are without the prefix that all of them have. */
export interface DerivedOut {
  put(key: Key, value: string): void
  delete(key: Key): void
  /** Moves a number that the database keeps beside the entries. */
  tally(name: string, by: number): void
}

/** Takes documents before and after a commit. A document that is built from has no before. */
export type OnDelta = (delta: RowDelta, out: DerivedOut) => void

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
  /** Makes a definition ready; it was checked when it was declared. */
  compile(what: Json): Compiled
}
