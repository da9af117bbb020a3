/**
 * What collections and queries ask for, done over a lane. Owns: the check of arguments, slices of long lists, the retries of
 * `update`, live results. Invariant: a document is turned into stored text in the turn of the call, and a refused call writes
 * nothing; long lists are read and given in slices, so that the thread is never held for long. Must not know how a lane leads
 * to an engine.
 */
import type { DocumentText, Json, VersionedText, WriteOp } from "@fixpoint/core"
import {
  checkCollection,
  checkId,
  decodeDocument,
  decodeValue,
  draftDocument,
  encodeValue,
  type FileValues,
  parsePath,
  unpackDocuments,
} from "@fixpoint/core/codec"
import { FixpointError, isFixpointError } from "@fixpoint/core/errors"
import { abortable, checkSignal } from "./abort.ts"
import { Enclosures } from "./files/enclosures.ts"
import type { EndWith } from "./files/file-options.ts"
import { newId } from "./ids.ts"
import type { Lane } from "./lane.ts"
import { type Delta, LiveResult, type Watcher, type WatchOptions } from "./live-result.ts"
import type { PastReading } from "./past.ts"
import { refused } from "./refused.ts"
import type { ChangeList, PageRequest, QueryDescription, Receipt, Update, Work, WriteOptions } from "./scope.ts"
import { mapInSlices } from "./slices.ts"
import { findSpecOf, hitOf, liveHitOf } from "./search.ts"
import { specOf } from "./where.ts"

/** Writes of one commit, as the engine bounds them too. */
const writesMax = 100_000

/** How often `update` reads and writes before CONFLICT. */
const attemptsMax = 16

type Method<M extends keyof Work> = Work[M]

/** The work of one lane. */
export class Operations implements Work {
  readonly #lane: Lane
  readonly #endWith: EndWith
  readonly #shown: FileValues
  readonly #reading: PastReading

  /** `endWith` takes what is to end with the handle. */
  constructor(lane: Lane, endWith: EndWith) {
    this.#lane = lane
    this.#endWith = endWith
    this.#shown = new Enclosures(lane.database, endWith)
    this.#reading = { lane, files: this.#shown }
  }

  put: Method<"put"> = (collection, [document], options) =>
    this.#write((files) => whole("put", collection, document, files), options)

  insert: Method<"insert"> = (collection, [document], options) =>
    this.#write((files) => whole("insert", collection, document, files), options)

  patch: Method<"patch"> = (collection, [id, leaves], options) =>
    this.#write((files) => {
      if (typeof leaves !== "object" || leaves === null)
        throw refused("patch", "A patch is an object of paths and values.")
      const entries = Object.entries(leaves).map(([path, value]: [string, unknown]) => {
        parsePath(path)
        return [path, value === undefined ? undefined : encodeValue(value, path, files)] as const
      })
      return as({ op: "patch", ...at(collection, id), entries })
    }, options)

  increment: Method<"increment"> = (collection, [id, path, by], options) =>
    this.#write(() => {
      if (!Number.isFinite(by)) throw refused("by", "A counter moves by a finite number.")
      return as({ op: "increment", ...fieldAt(collection, id, path), by })
    }, options)

  add: Method<"add"> = (collection, [id, path, element], options) =>
    this.#write(
      () => as({ op: "add", ...fieldAt(collection, id, path), element: encodeValue(element, "element") }),
      options,
    )

  remove: Method<"remove"> = (collection, [id, path, element], options) =>
    this.#write(
      () => as({ op: "remove", ...fieldAt(collection, id, path), element: encodeValue(element, "element") }),
      options,
    )

  delete: Method<"delete"> = (collection, [id], options) =>
    this.#write(() => as({ op: "delete", ...at(collection, id) }), options)

  putMany: Method<"putMany"> = (collection, [documents], options) =>
    this.#writeMany(documents, (document, files) => whole("put", collection, document, files), options)

  deleteMany: Method<"deleteMany"> = (collection, [ids], options) =>
    this.#writeMany(ids, (id) => as({ op: "delete", ...at(collection, id as string) }), options)

  update: Method<"update"> = async (collection, [id, update], options) => {
    if (typeof update !== "function") throw refused("update", "update takes a function.")
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const [found] = await this.#lane.read(...documents(collection, [id]), options)
      if (found === undefined) return undefined
      const changed = await update(this.#decode(found) as Parameters<Update>[0])
      if (changed === undefined) return undefined
      try {
        return await this.#write((files) => this.#replacement(collection, found, changed, files), options)
      } catch (error) {
        if (!isFixpointError(error, "CONFLICT")) throw error
        checkSignal(options.signal)
      }
    }
    throw new FixpointError("CONFLICT", "The document was changed again and again.")
  }

  get: Method<"get"> = async (collection, [id], options) => {
    const [found] = await this.#lane.get(...documents(collection, [id]), options)
    return found && this.#decode(found)
  }

  getMany: Method<"getMany"> = async (collection, [ids], options) => {
    const found = await this.#lane.get(...documents(collection, listOf(ids, "ids")), options)
    return await mapInSlices(found, (one) => one && this.#decode(one), options)
  }

  changes: Method<"changes"> = async (collection, [since], options) => {
    const page = await this.#lane.outside("changes", [checkCollection(collection), since], options)
    const decodeChange = ({ id, text, stamp }: (typeof page.changes)[number]): ChangeList["changes"][number] => ({
      _id: id,
      doc: text === undefined ? undefined : this.#decode({ id, text }),
      stamp,
    })
    return { changes: await mapInSlices(page.changes, decodeChange, options), cursor: page.cursor }
  }

  find: Method<"find"> = async (query, _, options) => {
    const { hits } = await this.#lane.outside("find", [findSpecOf(query)], options)
    return await mapInSlices(hits, (hit) => hitOf(hit, this.#decode), options)
  }

  history: Method<"history"> = async (...asked) => (await loadPast()).history(this.#reading, ...asked)
  asOf: Method<"asOf"> = async (...asked) => (await loadPast()).asOf(this.#reading, ...asked)
  blame: Method<"blame"> = async (...asked) => (await loadPast()).blame(this.#reading, ...asked)
  restore: Method<"restore"> = async (...asked) => (await loadPast()).restore(this.#reading, ...asked)
  undelete: Method<"undelete"> = async (...asked) => (await loadPast()).undelete(this.#reading, ...asked)
  conflicts: Method<"conflicts"> = async (...asked) => (await loadConflicts()).conflicts(this.#reading, ...asked)
  resolve: Method<"resolve"> = async (...asked) => (await loadConflicts()).resolve(this.#reading, ...asked)
  queryAsOf: Method<"queryAsOf"> = async (...asked) => (await loadPast()).queryAsOf(this.#reading, ...asked)

  text: Method<"text"> = async (collection, [id, field], options) => {
    parsePath(field)
    const { openText } = await import("./text/text.ts")
    return await openText(this.#lane, { ...at(collection, id), field }, options)
  }

  all: Method<"all"> = async (query, _, options) =>
    (await mapInSlices((await this.#lane.query(specOf(query), options)).pieces, this.#unpack, options)).flat()

  first: Method<"first"> = async (query, _, options) => {
    const spec = specOf(query)
    const { pieces } = await this.#lane.query({ ...spec, limit: Math.min(1, spec.limit ?? 1) }, options)
    return pieces.flatMap(this.#unpack)[0]
  }

  ids: Method<"ids"> = async (query, _, options) =>
    ((await this.all({ ...query, select: [] }, [], options)) as { readonly _id: string }[]).map(({ _id }) => _id)

  aggregate: Method<"aggregate"> = async (query, _, options) =>
    figureOf(query, (await this.#lane.query(specOf(query), options)).groups.map(this.#decodeGroup))

  page: Method<"page"> = async (query, [request], options) => {
    const { size, after } = (request ?? {}) as Partial<PageRequest>
    if (!Number.isInteger(size) || (size as number) < 1) throw refused("size", "A page has a size from 1.")
    if (after !== undefined && typeof after !== "string") throw refused("after", "after takes a cursor.")
    const spec = { ...specOf(query), page: { size: size as number, after } }
    const { pieces, next } = await this.#lane.query(spec, options)
    return { docs: pieces.flatMap(this.#unpack), next }
  }

  explain: Method<"explain"> = async (query, _, options) =>
    await this.#lane.outside("explain", [query.find === undefined ? specOf(query) : findSpecOf(query)], options)

  /** Mounts a live query; gives the function that ends it. */
  watch(query: QueryDescription, watcher: Watcher<unknown>, { signal, onError }: WatchOptions): () => void {
    const failed = onError ?? ((error) => this.#lane.report(error))
    const { find } = query
    const live =
      query.aggregate === undefined
        ? new LiveResult(find === undefined ? this.#decode : liveHitOf(this.#decode), watcher, failed)
        : new LiveResult(
            this.#decodeGroup,
            (groups, delta) => (watcher as Teller)(figureOf(query, groups), delta),
            failed,
          )
    const unmount = this.#lane.mount(find === undefined ? specOf(query) : findSpecOf(query), (step) => live.take(step))
    const stop = () => {
      live.end()
      unmount()
      signal?.removeEventListener("abort", stop)
    }
    signal?.addEventListener("abort", stop)
    if (signal?.aborted) stop()
    return stop
  }

  deltas: Method<"deltas"> = async (query, _, { signal }) => {
    checkSignal(signal)
    const deltas: Delta<unknown>[] = []
    const held: { failure?: { readonly error: unknown }; wake: () => void } = { wake: () => undefined }
    const onError = (error: unknown) => {
      held.failure = { error }
      held.wake()
    }
    const take: Watcher<unknown> = (_documents, delta) => {
      deltas.push(delta)
      held.wake()
    }
    const stop = this.watch(query, take, { onError })
    return (async function* () {
      try {
        for (;;) {
          checkSignal(signal)
          const delta = deltas.shift()
          if (delta !== undefined) yield delta
          else if (held.failure !== undefined) throw held.failure.error
          else await abortable(new Promise<void>((resolve) => (held.wake = resolve)), signal)
        }
      } finally {
        stop()
      }
    })()
  }

  #write(draft: (files: Enclosures) => Draft, options: WriteOptions): Promise<Receipt> {
    const files = this.#enclosures(options)
    const written = this.#lane.write(() => {
      const finish = draft(files)
      return files.isEmpty ? [finish()] : files.settled().then(() => [finish()])
    }, options)
    this.#releaseAfter(written, files)
    return written
  }

  #writeMany(
    given: Iterable<unknown>,
    draft: (item: unknown, files: Enclosures) => Draft,
    options: WriteOptions,
  ): Promise<Receipt> {
    const files = this.#enclosures(options)
    const written = this.#lane.write(async (stage) => {
      const items = listOf(given, "documents")
      if (items.length > writesMax)
        throw new FixpointError("LIMIT_SIZE", `A commit of ${items.length} writes is too large.`, {
          details: { path: "ops", size: items.length, max: writesMax },
        })
      // From the first file on, all wait.
      const waiting: Draft[] = []
      const pause = (slice: readonly Draft[]): void => {
        if (files.isEmpty) stage(slice.map((finish) => finish()))
        else waiting.push(...slice)
      }
      const drafted = (item: unknown, index: number): Draft => {
        const finish = placed(() => draft(item, files), index)
        if (!files.isEmpty) return () => placed(finish, index)
        // The text of what waits for no file is the work that slices are for.
        const op = placed(finish, index)
        return () => op
      }
      const rest = await mapInSlices(items, drafted, { ...options, pause })
      if (!files.isEmpty) await files.settled()
      return [...waiting, ...rest].map((finish) => finish())
    }, options)
    this.#releaseAfter(written, files)
    return written
  }

  #enclosures({ signal }: WriteOptions): Enclosures {
    return new Enclosures(this.#lane.database, this.#endWith, signal)
  }

  /** Files that a write has put are held until they are named, or never will be. */
  #releaseAfter(written: Promise<unknown>, files: Enclosures): void {
    this.#lane.whenStored(written, () => void files.release())
  }

  readonly #decode = ({ id, text }: DocumentText): unknown => decodeDocument(id, text, this.#shown)

  readonly #unpack = (piece: string): unknown[] => unpackDocuments(piece, this.#shown)

  /** A group, as the engine gives it in the form of a document. */
  readonly #decodeGroup = ({ id, text }: DocumentText): Figure => [this.#decodeJson(id), this.#decodeJson(text)]

  #decodeJson(text: string): unknown {
    return text === "" ? undefined : decodeValue(JSON.parse(text) as Json, this.#shown)
  }

  #replacement(collection: string, { id, version }: VersionedText, document: unknown, files: FileValues): Draft {
    const { id: given = id, text } = draftDocument(document, files)
    // What a transaction has read is compared at its commit.
    const op = this.#lane.isTransaction ? ({ op: "put" } as const) : ({ op: "replace", version } as const)
    return () => {
      const write = { ...op, collection, id, text: text() }
      // A document that cannot be stored is refused for that first.
      if (given !== id) throw refused("_id", "update cannot change the id.")
      return write
    }
  }
}

const loadConflicts = async () => (await import("./conflicts.ts")).conflicts
const loadPast = async () => (await import("./past.ts")).past

/** A write whose files may still be on their way; called once they are there. */
type Draft = () => WriteOp

/** A write that is as it will be. */
const as =
  (op: WriteOp): Draft =>
  () =>
    op

/** A watcher, whatever the result is. */
type Teller = (result: unknown, delta: Delta<unknown>) => void

type Figure = readonly [key: unknown, figure: unknown]

/** The figure of all documents, or one for each group. */
function figureOf({ aggregate }: QueryDescription, groups: readonly Figure[]): unknown {
  return aggregate?.by === undefined ? groups[0]?.[1] : new Map(groups)
}

function whole(op: "put" | "insert", collection: string, document: unknown, files: FileValues): Draft {
  const { id = newId(), text } = draftDocument(document, files)
  const own = { op, collection: checkCollection(collection), id }
  return () => ({ ...own, text: text() })
}

function documents(collection: string, ids: readonly unknown[]): [collection: string, ids: string[]] {
  return [checkCollection(collection), ids.map(checkId)]
}

function at(collection: string, id: string): { readonly collection: string; readonly id: string } {
  return { collection: checkCollection(collection), id: checkId(id) }
}

function fieldAt(collection: string, id: string, path: string) {
  parsePath(path)
  return { ...at(collection, id), path }
}

function listOf(given: Iterable<unknown>, path: string): readonly unknown[] {
  if (typeof given !== "object" || !(Symbol.iterator in given)) throw refused(path, `${path} takes an array.`)
  return [...given]
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
