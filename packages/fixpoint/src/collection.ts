/**
 * A collection of documents, inside of a transaction or not. Owns: its calls and their types. Arguments are checked where they
 * are read (operations.ts). Must not know how a call reaches an engine (scope.ts).
 */
import type { Choice, LostName, LostWrite } from "./conflict-seam.ts"
import type { AnyDocument, FieldPath, Given, OrderBy, Patch, Stored, Where } from "./document-types.ts"
import { Aggregate } from "./aggregate.ts"
import { Query } from "./query.ts"
import type { FindRequest, Receipt, Scope, Waiting, WriteOptions } from "./scope.ts"
import type { FindOptions, NearHit, SearchHit, SearchOptions } from "./search.ts"
import { snapshot } from "./snapshot.ts"
import type { Author, PastRange, PastStep, When } from "./past-seam.ts"
import type { Text, TextOptions } from "./text/text-seam.ts"

/** One changed document; `doc` is undefined when it was deleted. */
export interface Change<T> {
  readonly _id: string
  readonly doc: Stored<T> | undefined
  readonly stamp: string
}

/** Changes, oldest first, and the cursor that asks for what comes after them. */
export interface Changes<T> {
  readonly changes: readonly Change<T>[]
  readonly cursor: string
}

/** A collection of documents. */
export class Collection<T = AnyDocument> {
  readonly #name: string
  readonly #scope: Scope

  constructor(scope: Scope, name: string) {
    this.#name = name
    this.#scope = scope
  }

  /** Creates the document, or makes the stored one equal to it. */
  put(document: Given<T>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#scope.ask("put", this.#name, [document], options)
  }

  /** Creates the document; ALREADY_EXISTS when there is one of this id. */
  insert(document: Given<T>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#scope.ask("insert", this.#name, [document], options)
  }

  /** Sets leaves of an existing document by dotted paths; undefined takes a leaf away. */
  patch(id: string, leaves: Patch<T>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#scope.ask("patch", this.#name, [id, leaves], options)
  }

  /**
   * Reads, changes and writes the document; again, if it was changed meanwhile. Gives undefined, and writes nothing, when
   * there is no such document or `change` gives undefined.
   */
  update(
    id: string,
    change: (document: Stored<T>) => Given<T> | undefined | Promise<Given<T> | undefined>,
    options: WriteOptions = {},
  ): Promise<Receipt | undefined> {
    return this.#scope.ask("update", this.#name, [id, change], options)
  }

  /** Adds to a counter; what several devices add, adds up. */
  increment(id: string, path: FieldPath<T>, by = 1, options: WriteOptions = {}): Promise<Receipt> {
    return this.#scope.ask("increment", this.#name, [id, path, by], options)
  }

  /** Adds an element to a set. */
  add(id: string, path: FieldPath<T>, element: unknown, options: WriteOptions = {}): Promise<Receipt> {
    return this.#scope.ask("add", this.#name, [id, path, element], options)
  }

  /** Takes an element out of a set. */
  remove(id: string, path: FieldPath<T>, element: unknown, options: WriteOptions = {}): Promise<Receipt> {
    return this.#scope.ask("remove", this.#name, [id, path, element], options)
  }

  /** Deletes the document, if there is one. */
  delete(id: string, options: WriteOptions = {}): Promise<Receipt> {
    return this.#scope.ask("delete", this.#name, [id], options)
  }

  /** `put` of all documents, as one commit. They are read in slices: change none of them before it resolves. */
  putMany(documents: Iterable<Given<T>>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#scope.ask("putMany", this.#name, [documents], options)
  }

  /** Deletes all of these, as one commit. */
  deleteMany(ids: Iterable<string>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#scope.ask("deleteMany", this.#name, [ids], options)
  }

  /** The document, or undefined. */
  get(id: string, options: Waiting = {}): Promise<Stored<T> | undefined> {
    return this.#scope.ask("get", this.#name, [id], options) as Promise<Stored<T> | undefined>
  }

  /** The documents in the order of `ids`; undefined where there is none. */
  getMany(ids: Iterable<string>, options: Waiting = {}): Promise<(Stored<T> | undefined)[]> {
    return this.#scope.ask("getMany", this.#name, [ids], options) as Promise<(Stored<T> | undefined)[]>
  }

  /**
   * A field that is declared `text()`, `xml()`, `yarray()` or `ymap()`, as a live Yjs document. A document that is not there yet
   * is made with the first edit.
   */
  text(id: string, field: FieldPath<T>, options: TextOptions = {}): Promise<Text> {
    return this.#scope.ask("text", this.#name, [id, field], options)
  }

  /**
   * What was changed of the document, newest first, where history is kept (the option `history`): of each commit who wrote it, when, and
   * which fields. What other devices wrote is told as far as it reached this one.
   */
  history(id: string, { signal, ...range }: PastRange = {}): Promise<PastStep[]> {
    return this.#scope.ask("history", this.#name, [id, range], { signal })
  }

  /** The document as it was at a moment; undefined where there was none. HISTORY_GONE where that is not known any more. */
  asOf(id: string, when: When, options: Waiting = {}): Promise<Stored<T> | undefined> {
    return this.#scope.ask("asOf", this.#name, [id, when], options) as Promise<Stored<T> | undefined>
  }

  /** Who wrote what stands in each field, by path. Needs no history. */
  blame(id: string, options: Waiting = {}): Promise<Readonly<Record<string, Author>>> {
    return this.#scope.ask("blame", this.#name, [id], options)
  }

  /** Makes the document what it was at a moment, as a new write; where there was none then, deletes it. */
  restore(id: string, when: When, options: WriteOptions = {}): Promise<Receipt> {
    return this.#scope.ask("restore", this.#name, [id, when], options)
  }

  /**
   * Writes a deleted document again, as it was last, with what other devices wrote to it before they knew. Gives undefined, and writes
   * nothing, when it is there, or when history has nothing of it.
   */
  undelete(id: string, options: WriteOptions = {}): Promise<Receipt | undefined> {
    return this.#scope.ask("undelete", this.#name, [id], options)
  }

  /**
   * Writes to the document that gave way to others which had not seen them, newest first: what stands there now, and what does not. Kept
   * for 30 days, the newest 16 of a document, or until somebody who had seen both writes there.
   */
  conflicts(id: string, options: Waiting = {}): Promise<LostWrite[]> {
    return this.#scope.ask("conflicts", this.#name, [id], options)
  }

  /**
   * Decides a conflict: "loser" writes the value that gave way in its place again, "winner" lets the conflict go on this device. Gives the
   * receipt of what was written; undefined when nothing was, as when the conflict is there no more.
   */
  resolve(id: string, lost: LostName, choice: Choice, options: WriteOptions = {}): Promise<Receipt | undefined> {
    return this.#scope.ask("resolve", this.#name, [id, lost, choice], options)
  }

  /** What has changed since a cursor; all documents without one. */
  changes({ since, signal }: Waiting & { readonly since?: string | undefined } = {}): Promise<Changes<T>> {
    return this.#scope.ask("changes", this.#name, [since], { signal }) as Promise<Changes<T>>
  }

  /** The documents with these words in the fields that the collection's `search` names, best first; awaited or watched. */
  search(text: string, options: SearchOptions<T> = {}): Aggregate<SearchHit<T>[]> {
    return this.#find({ text, options })
  }

  /** The documents whose vector at a path, which the collection's `vectors` names, points the way of this one, nearest first. */
  nearest(path: FieldPath<T>, vector: ArrayLike<number>, options: FindOptions<T> = {}): Aggregate<NearHit<T>[]> {
    return this.#find({ path, vector, options })
  }

  /** The documents that meet the filter; all without one. */
  where(where: Where<T> = {} as Where<T>): Query<T> {
    return this.#query().where(where)
  }

  /** All documents, in this order. */
  orderBy(...paths: readonly OrderBy<T>[]): Query<T> {
    return this.#query().orderBy(...paths)
  }

  /** The first documents by id. */
  limit(count: number): Query<T> {
    return this.#query().limit(count)
  }

  #find(find: FindRequest): Aggregate<SearchHit<T>[]> {
    return new Aggregate(this.#scope, { ...this.#query().toJSON(), find: snapshot(find) }, find.options)
  }

  #query(): Query<T> {
    return new Query<T>(this.#scope, { collection: this.#name, where: [], order: [], limit: undefined })
  }
}
