/**
 * What a benchmark asks of a system. Owns: the seam between the scenarios and the drivers.
 * Invariant: a promise resolves when the system itself calls the work done: a write when it is stored, not when it is queued.
 * What a system has no means for is left out here, and stands with its reason in systems.ts.
 */
import type { Person, Wanted } from "../documents.ts"

/** How sure a write is when its promise resolves: IndexedDB has the same two words. */
export type Durability = "relaxed" | "strict"

/** How a database of people is opened. */
export interface Opening {
  readonly name: string
  readonly durability: Durability
  /** With indexes of age, of city with created, and of each tag, as far as the system has such indexes. */
  readonly isIndexed: boolean
  /** With a full-text index of the names. */
  readonly isSearched: boolean
}

/** New values of some top-level fields of one document. */
export interface Patch {
  readonly id: string
  readonly changes: Partial<Omit<Person, "_id">>
}

/** People of a city above an age, oldest entry first: a page of them. */
export interface PageWanted extends Wanted {
  readonly size: number
  /** What the page before gave as `next`. */
  readonly after?: unknown
}

/** A page, and where the next one begins in the system's own terms: a cursor, a key or a number to skip. */
export interface Page {
  readonly people: readonly Person[]
  readonly next: unknown
}

/** An open database with one set of people in it. */
export interface Database {
  /** Resolves when the database is open. Reads and writes may be called before. */
  ready(): Promise<void>
  /** Stores documents that are not there yet, in one call. */
  insertMany(people: readonly Person[]): Promise<void>
  /** Stores documents in one call, over older versions of them. */
  putMany(people: readonly Person[]): Promise<void>
  /** Stores a document that is not there yet. */
  put(person: Person): Promise<void>
  /** Changes some fields of stored documents by the fastest means the system offers for that. */
  patchMany(patches: readonly Patch[]): Promise<void>
  /** The same by a transaction in which each document is updated by a call of its own. */
  patchEach?(patches: readonly Patch[]): Promise<void>
  get(id: string): Promise<Person | undefined>
  getMany(ids: readonly string[]): Promise<(Person | undefined)[]>
  /** All documents that a predicate holds for, by reading each one. */
  scan(wanted: Wanted): Promise<Person[]>
  count(): Promise<number>
  /** All people of an age. */
  ofAge(age: number): Promise<readonly Person[]>
  /** The first `limit` people of at least an age, in the order of their ages. */
  fromAge(age: number, limit: number): Promise<readonly Person[]>
  page(wanted: PageWanted): Promise<Page>
  /** Resolves when indexes that were declared on data which was there already answer. */
  indexesBuilt?(): Promise<void>
  /** People with a word in their name, at most `limit`. */
  search?(word: string, limit: number): Promise<readonly Person[]>
  /** Calls `listener` with the people of a city now and after each change, until the function it gives is called. */
  watchCity?(city: string, listener: (people: readonly Person[]) => void): () => void
}

/** A text that several may write in, open on the page. */
export interface SharedText {
  insert(at: number, text: string): void
  remove(at: number, count: number): void
  value(): string
  /** Resolves when all that was written is stored. */
  saved(): Promise<void>
}

/**
 * A database of people that devices share through a server of objects (docs/http-gateway.md: GET, PUT and LIST). It takes in and
 * publishes when it is told to.
 */
export interface SharedDevice extends Pick<Database, "insertMany" | "patchMany" | "count"> {
  /** Takes in what others published, and publishes what was written here. */
  sync(): Promise<void>
  /** People that are here, at most `limit`. */
  some(limit: number): Promise<readonly Person[]>
  watchCity(city: string, listener: (people: readonly Person[]) => void): () => void
  close(): Promise<void>
}

/** A system under measurement. */
export interface Driver {
  open(opening: Opening): Database | Promise<Database>
  openText?(name: string): Promise<SharedText>
  /** Opens a device: those that share a bucket and a name share one database. */
  openShared?(name: string, bucketUrl: string): Promise<SharedDevice>
}
