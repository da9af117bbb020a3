/**
 * What a benchmark asks of a system. Owns: the seam between the scenarios and the drivers.
 * Invariant: a promise resolves when the system itself calls the work done: a write when it is stored, not when it is queued.
 */
import type { Durability } from "@fixpoint/core"
import type { Person, Wanted } from "../documents.ts"

/** How sure a write is when its promise resolves: IndexedDB has the same two words. */
export type { Durability }

/** New values of some top-level fields of one document. */
export interface Patch {
  readonly id: string
  readonly changes: Partial<Omit<Person, "_id">>
}

/** An open database with one set of people in it. */
export interface Database {
  /** Resolves when the database is open. Reads and writes may be called before. */
  ready(): Promise<void>
  /** Stores documents that are not there yet, in one call. */
  insertMany(people: readonly Person[]): Promise<void>
  /** Stores documents in one call, over older versions of them. */
  putMany(people: readonly Person[]): Promise<void>
  put(person: Person): Promise<void>
  /** Changes some fields of stored documents, all or nothing, by the fastest means the system offers for that. */
  patchMany(patches: readonly Patch[]): Promise<void>
  /** The same by a transaction in which each document is updated by a call of its own. */
  patchEach(patches: readonly Patch[]): Promise<void>
  get(id: string): Promise<Person | undefined>
  getMany(ids: readonly string[]): Promise<(Person | undefined)[]>
  /** All documents that a predicate holds for, by reading each one. */
  scan(wanted: Wanted): Promise<Person[]>
  count(): Promise<number>
  /** Calls `listener` with the people of a city now and after each change, until the function it gives is called. */
  watchCity?(city: string, listener: (people: readonly Person[]) => void): () => void
}

/** A system under measurement. */
export interface Driver {
  open(durability: Durability): Database | Promise<Database>
}
