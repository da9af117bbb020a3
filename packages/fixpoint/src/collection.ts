/**
 * A collection of documents, inside of a transaction or not. Owns: what each call becomes on its way to the engine.
 * Invariant: a document is checked and turned into stored text in the turn of the call, so that what is done to it later changes
 * nothing; a refused call writes nothing. Must not know how operations travel (scope.ts).
 */
import type { WriteOp } from "@fixpoint/core"
import { checkCollection, checkId, encodeDocument, encodeValue, parsePath } from "@fixpoint/core/codec"
import type { AnyDocument, FieldPath, Given, OrderBy, Patch, Stored, Where } from "./document-types.ts"
import { newId } from "./ids.ts"
import { emptyQuery, Query } from "./query.ts"
import { refused } from "./refused.ts"
import type { Prepared, Receipt, Scope, Waiting, WriteOptions } from "./scope.ts"

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
    this.#name = checkCollection(name)
    this.#scope = scope
  }

  /** Creates the document, or makes the stored one equal to it. */
  put(document: Given<T>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#write(() => this.#whole("put", document), options)
  }

  /** Creates the document; ALREADY_EXISTS when there is one of this id. */
  insert(document: Given<T>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#write(() => this.#whole("insert", document), options)
  }

  /** Sets leaves of an existing document by dotted paths; undefined takes a leaf away. */
  patch(id: string, leaves: Patch<T>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#write(() => {
      if (typeof leaves !== "object" || leaves === null)
        throw refused("patch", "A patch is an object of paths and values.")
      const entries = Object.entries(leaves).map(
        ([path, value]) => [checkPath(path), value === undefined ? undefined : encodeValue(value, path)] as const,
      )
      return { op: "patch", ...this.#at(id), entries }
    }, options)
  }

  /**
   * Reads, changes and writes the document; again, if it was changed meanwhile. Gives undefined, and writes nothing, when
   * there is no such document or `change` gives undefined.
   */
  async update(
    id: string,
    change: (document: Stored<T>) => Given<T> | undefined | Promise<Given<T> | undefined>,
    options: WriteOptions = {},
  ): Promise<Receipt | undefined> {
    if (typeof change !== "function") throw refused("update", "update takes a function.")
    return await this.#scope.ask("update", this.#name, checkId(id), change, options)
  }

  /** Adds to a counter; what several devices add, adds up. */
  increment(id: string, path: FieldPath<T>, by = 1, options: WriteOptions = {}): Promise<Receipt> {
    return this.#write(() => {
      if (!Number.isFinite(by)) throw refused("by", "A counter moves by a finite number.")
      return { op: "increment", ...this.#at(id), path: checkPath(path), by }
    }, options)
  }

  /** Adds an element to a set. */
  add(id: string, path: FieldPath<T>, element: unknown, options: WriteOptions = {}): Promise<Receipt> {
    return this.#element("add", id, path, { element, options })
  }

  /** Takes an element out of a set. */
  remove(id: string, path: FieldPath<T>, element: unknown, options: WriteOptions = {}): Promise<Receipt> {
    return this.#element("remove", id, path, { element, options })
  }

  /** Deletes the document, if there is one. */
  delete(id: string, options: WriteOptions = {}): Promise<Receipt> {
    return this.#write(() => this.#deletion(id), options)
  }

  /** `put` of all documents, as one commit. They are read in slices: change none of them before it resolves. */
  putMany(documents: Iterable<Given<T>>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#writeMany(documents, (document) => this.#whole("put", document), options)
  }

  /** Deletes all of these, as one commit. */
  deleteMany(ids: Iterable<string>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#writeMany(ids, (id: string) => this.#deletion(id), options)
  }

  /** The document, or undefined. */
  async get(id: string, options: Waiting = {}): Promise<Stored<T> | undefined> {
    const [document] = await this.#scope.ask("get", this.#name, [checkId(id)], options)
    return document as Stored<T> | undefined
  }

  /** The documents in the order of `ids`; undefined where there is none. */
  async getMany(ids: Iterable<string>, options: Waiting = {}): Promise<(Stored<T> | undefined)[]> {
    const all = listOf(ids, "ids").map(checkId)
    return (await this.#scope.ask("get", this.#name, all, options)) as (Stored<T> | undefined)[]
  }

  /** What has changed since a cursor; all documents without one. */
  async changes({ since, signal }: Waiting & { readonly since?: string | undefined } = {}): Promise<Changes<T>> {
    return (await this.#scope.ask("changes", this.#name, since, { signal })) as Changes<T>
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

  #query(): Query<T> {
    return new Query<T>(this.#scope, emptyQuery(this.#name))
  }

  #at(id: string): { readonly collection: string; readonly id: string } {
    return { collection: this.#name, id: checkId(id) }
  }

  #deletion(id: string): WriteOp {
    return { op: "delete", ...this.#at(id) }
  }

  #whole(op: "put" | "insert", document: unknown): WriteOp {
    const { id = newId(), text } = encodeDocument(document)
    return { op, collection: this.#name, id, text }
  }

  #element(
    op: "add" | "remove",
    id: string,
    path: string,
    { element, options }: { readonly element: unknown; readonly options: WriteOptions },
  ): Promise<Receipt> {
    return this.#write(
      () => ({ op, ...this.#at(id), path: checkPath(path), element: encodeValue(element, "element") }),
      options,
    )
  }

  #write(make: () => WriteOp, options: WriteOptions): Promise<Receipt> {
    return this.#scope.ask("write", prepared(make), options)
  }

  async #writeMany<I>(given: Iterable<I>, make: (item: I) => WriteOp, options: WriteOptions): Promise<Receipt> {
    const items = listOf(given, "documents")
    return await this.#scope.ask("writeMany", items, (item: I) => prepared(() => make(item)), options)
  }
}

function prepared(make: () => WriteOp): Prepared {
  try {
    return { op: make() }
  } catch (refusal) {
    return { refusal }
  }
}

function checkPath(path: string): string {
  parsePath(path)
  return path
}

function listOf<I>(given: Iterable<I>, path: string): readonly I[] {
  if (typeof given !== "object" || !(Symbol.iterator in given)) throw refused(path, `${path} takes an array.`)
  return [...given]
}
