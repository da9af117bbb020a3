/**
 * A collection of documents, inside of a transaction or not. Owns: what each call becomes on its way to the engine.
 * Invariant: a document is checked and turned into stored text before the call leaves; a refused call changes nothing.
 * Must not know how operations travel (scope.ts).
 */
import type { VersionedText, WriteOp } from "@fixpoint/core"
import { checkCollection, checkId, decodeDocument, encodeDocument, encodeValue, parsePath } from "@fixpoint/core/codec"
import { FixpointError, isFixpointError } from "@fixpoint/core/errors"
import { checkSignal, type Waiting } from "./abort.ts"
import type { AnyDocument, FieldPath, Given, OrderBy, Patch, Stored, Where } from "./document-types.ts"
import { newId } from "./ids.ts"
import { emptyQuery, Query } from "./query.ts"
import type { Receipt, Scope, WriteOptions } from "./scope.ts"
import { mapInSlices } from "./slices.ts"
import { refused } from "./where.ts"

/** Writes of one commit, as the engine bounds them too. */
const writesMax = 100_000

/** How often `update` reads and writes before CONFLICT. */
const attemptsMax = 16

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

  /** Sets leaves by dotted paths; undefined takes a leaf away. */
  patch(id: string, leaves: Patch<T>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#write(() => {
      if (typeof leaves !== "object" || leaves === null)
        throw refused("patch", "A patch is an object of paths and values.")
      const entries = Object.entries(leaves).map(([path, value]) => {
        parsePath(path)
        return [path, value === undefined ? undefined : encodeValue(value, path)] as const
      })
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
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const [found] = await this.#scope.get(this.#name, [checkId(id)], options)
      const changed = found && (await change(decodeDocument<Stored<T>>(id, found.text)))
      if (changed === undefined) return undefined
      try {
        return await this.#write(() => this.#replacement(id, found?.version, changed), options)
      } catch (error) {
        if (!isFixpointError(error, "CONFLICT")) throw error
        checkSignal(options.signal)
      }
    }
    throw new FixpointError("CONFLICT", "The document was changed again and again.")
  }

  /** Adds to a counter; what several devices add, adds up. */
  increment(id: string, path: FieldPath<T>, by = 1, options: WriteOptions = {}): Promise<Receipt> {
    return this.#write(() => {
      if (!Number.isFinite(by)) throw refused("by", "A counter moves by a finite number.")
      return { op: "increment", ...this.#field(id, path), by }
    }, options)
  }

  /** Adds an element to a set. */
  add(id: string, path: FieldPath<T>, element: unknown, options: WriteOptions = {}): Promise<Receipt> {
    return this.#write(() => this.#element("add", this.#field(id, path), element), options)
  }

  /** Takes an element out of a set. */
  remove(id: string, path: FieldPath<T>, element: unknown, options: WriteOptions = {}): Promise<Receipt> {
    return this.#write(() => this.#element("remove", this.#field(id, path), element), options)
  }

  /** Deletes the document, if there is one. */
  delete(id: string, options: WriteOptions = {}): Promise<Receipt> {
    return this.#write(() => ({ op: "delete", ...this.#at(id) }), options)
  }

  /** `put` of all documents, as one commit. */
  putMany(documents: Iterable<Given<T>>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#writeMany(documents, (document) => this.#whole("put", document), options)
  }

  /** Deletes all of these, as one commit. */
  deleteMany(ids: Iterable<string>, options: WriteOptions = {}): Promise<Receipt> {
    return this.#writeMany(ids, (id) => ({ op: "delete", ...this.#at(id) }), options)
  }

  /** The document, or undefined. */
  async get(id: string, options: Waiting = {}): Promise<Stored<T> | undefined> {
    const [found] = await this.#scope.get(this.#name, [checkId(id)], options)
    return this.#decode(found)
  }

  /** The documents in the order of `ids`; undefined where there is none. */
  async getMany(ids: Iterable<string>, options: Waiting = {}): Promise<(Stored<T> | undefined)[]> {
    const found = await this.#scope.get(this.#name, listOf(ids, "ids").map(checkId), options)
    return await mapInSlices(found, (one) => this.#decode(one), options)
  }

  /** What has changed since a cursor; all documents without one. */
  async changes({ since, signal }: Waiting & { readonly since?: string | undefined } = {}): Promise<Changes<T>> {
    const { changes, cursor } = await this.#scope.outside.call("changes", [this.#name, since], { signal })
    const decode = ({ id, text, stamp }: (typeof changes)[number]): Change<T> => ({
      _id: id,
      doc: text === undefined ? undefined : decodeDocument<Stored<T>>(id, text),
      stamp,
    })
    return { changes: await mapInSlices(changes, decode, { signal }), cursor }
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

  #decode(found: VersionedText | undefined): Stored<T> | undefined {
    return found && decodeDocument<Stored<T>>(found.id, found.text)
  }

  #query(): Query<T> {
    return new Query<T>(this.#scope, emptyQuery(this.#name))
  }

  #at(id: string): { readonly collection: string; readonly id: string } {
    return { collection: this.#name, id: checkId(id) }
  }

  #field(id: string, path: string): Field {
    parsePath(path)
    return { ...this.#at(id), path }
  }

  #element(op: "add" | "remove", field: Field, element: unknown): WriteOp {
    return { op, ...field, element: encodeValue(element, "element") }
  }

  #whole(op: "put" | "insert", document: unknown): WriteOp {
    const { id = newId(), text } = encodeDocument(document)
    return { op, collection: this.#name, id, text }
  }

  #replacement(id: string, version: string | undefined, document: unknown): WriteOp {
    const { id: given = id, text } = encodeDocument(document)
    if (given !== id) throw refused("_id", "update cannot change the id.")
    const whole = { collection: this.#name, id, text }
    // What a transaction has read is compared at its commit.
    return this.#scope.isTransaction ? { op: "put", ...whole } : { op: "replace", ...whole, version }
  }

  #write(make: () => WriteOp, options: WriteOptions): Promise<Receipt> {
    return this.#scope.write(() => [make()], options)
  }

  #writeMany<I>(given: Iterable<I>, make: (item: I) => WriteOp, options: WriteOptions): Promise<Receipt> {
    return this.#scope.write((stage) => {
      const items = listOf(given, "documents")
      if (items.length > writesMax)
        throw new FixpointError("LIMIT_SIZE", `A transaction of ${items.length} writes is too large.`, {
          details: { path: "ops", size: items.length, max: writesMax },
        })
      return mapInSlices(items, (item, index) => placed(() => make(item), index), { ...options, pause: stage })
    }, options)
  }
}

interface Field {
  readonly collection: string
  readonly id: string
  readonly path: string
}

function listOf<I>(given: Iterable<I>, path: string): readonly I[] {
  if (typeof given !== "object" || !(Symbol.iterator in given)) throw refused(path, `${path} takes an array.`)
  return Array.isArray(given) ? given : [...given]
}

/** What `make` gives; a refusal says which of many it was. */
function placed<R>(make: () => R, index: number): R {
  try {
    return make()
  } catch (error) {
    if (error instanceof FixpointError) Object.assign(error.details, { index })
    throw error
  }
}
