/**
 * What collections and queries ask for, done over a lane. Owns: slices of long lists, the retries of `update`, live results.
 * Invariant: documents come decoded in slices, so that the thread is never held for long. Must not know how a lane leads to an
 * engine, or whether it is that of a transaction, but for what `update` compares.
 */
import type { QuerySpec, QueryStats, VersionedText, WriteOp } from "@fixpoint/core"
import { decodeDocument, encodeDocument } from "@fixpoint/core/codec"
import { FixpointError, isFixpointError } from "@fixpoint/core/errors"
import { abortable, checkSignal } from "./abort.ts"
import type { Lane } from "./lane.ts"
import { type Delta, LiveResult, type Watcher, type WatchOptions } from "./live-result.ts"
import { refused } from "./refused.ts"
import type { Change, ChangedDocument, Prepared, Receipt, Waiting, Work, WriteOptions } from "./scope.ts"
import { mapInSlices } from "./slices.ts"

/** Writes of one commit, as the engine bounds them too. */
const writesMax = 100_000

/** How often `update` reads and writes before CONFLICT. */
const attemptsMax = 16

/** The work of one lane. */
export class Operations implements Work {
  readonly #lane: Lane

  constructor(lane: Lane) {
    this.#lane = lane
  }

  write(prepared: Prepared, options: WriteOptions): Promise<Receipt> {
    return this.#lane.write(() => [opOf(prepared)], options)
  }

  writeMany(items: readonly unknown[], prepare: (item: never) => Prepared, options: WriteOptions): Promise<Receipt> {
    return this.#lane.write((stage) => {
      if (items.length > writesMax)
        throw new FixpointError("LIMIT_SIZE", `A commit of ${items.length} writes is too large.`, {
          details: { path: "ops", size: items.length, max: writesMax },
        })
      const make = (item: unknown, index: number) => placed(prepare(item as never), index)
      return mapInSlices(items, make, { ...options, pause: stage })
    }, options)
  }

  async update(collection: string, id: string, change: Change, options: WriteOptions): Promise<Receipt | undefined> {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const [found] = await this.#lane.get(collection, [id], options)
      if (found === undefined) return undefined
      const changed = await change(decode(found) as never)
      if (changed === undefined) return undefined
      try {
        return await this.#lane.write(() => [this.#replacement(collection, found, changed)], options)
      } catch (error) {
        if (!isFixpointError(error, "CONFLICT")) throw error
        checkSignal(options.signal)
      }
    }
    throw new FixpointError("CONFLICT", "The document was changed again and again.")
  }

  async get(collection: string, ids: readonly string[], options: Waiting): Promise<unknown[]> {
    const found = await this.#lane.get(collection, ids, options)
    return await mapInSlices(found, (one) => one && decode(one), options)
  }

  async find(spec: QuerySpec, options: Waiting): Promise<unknown[]> {
    return await mapInSlices((await this.#lane.query(spec, options)).documents, decode, options)
  }

  async ids(spec: QuerySpec, options: Waiting): Promise<string[]> {
    return (await this.#lane.query(spec, options)).documents.map(({ id }) => id)
  }

  count(spec: QuerySpec, options: Waiting): Promise<number> {
    return this.#lane.outside("count", [spec], options)
  }

  explain(spec: QuerySpec, options: Waiting): Promise<QueryStats> {
    return this.#lane.outside("explain", [spec], options)
  }

  async changes(collection: string, since: string | undefined, options: Waiting) {
    const { changes, cursor } = await this.#lane.outside("changes", [collection, since], options)
    const decodeChange = ({ id, text, stamp }: (typeof changes)[number]): ChangedDocument => ({
      _id: id,
      doc: text === undefined ? undefined : decodeDocument(id, text),
      stamp,
    })
    return { changes: await mapInSlices(changes, decodeChange, options), cursor }
  }

  /** Mounts a live query; gives the function that ends it. */
  watch(spec: QuerySpec, watcher: Watcher<unknown>, { signal, onError }: WatchOptions): () => void {
    const live = new LiveResult<unknown>(watcher, onError ?? ((error) => this.#lane.report(error)))
    const unmount = this.#lane.mount(spec, (step) => live.take(step))
    const stop = () => {
      live.end()
      unmount()
      signal?.removeEventListener("abort", stop)
    }
    signal?.addEventListener("abort", stop)
    if (signal?.aborted) stop()
    return stop
  }

  async deltas(spec: QuerySpec, { signal }: Waiting): Promise<AsyncGenerator<Delta<unknown>, void, undefined>> {
    checkSignal(signal)
    const deltas: Delta<unknown>[] = []
    const held: { failure?: { readonly error: unknown }; wake: () => void } = { wake: () => undefined }
    const onError = (error: unknown) => {
      held.failure = { error }
      held.wake()
    }
    const stop = this.watch(
      spec,
      (_, delta) => {
        deltas.push(delta)
        held.wake()
      },
      { onError },
    )
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

  #replacement(collection: string, { id, version }: VersionedText, document: unknown): WriteOp {
    const { id: given = id, text } = encodeDocument(document)
    if (given !== id) throw refused("_id", "update cannot change the id.")
    const whole = { collection, id, text }
    // What a transaction has read is compared at its commit.
    return this.#lane.isTransaction ? { op: "put", ...whole } : { op: "replace", ...whole, version }
  }
}

const decode = ({ id, text }: { readonly id: string; readonly text: string }): unknown => decodeDocument(id, text)

function opOf(prepared: Prepared): WriteOp {
  if ("op" in prepared) return prepared.op
  throw prepared.refusal
}

/** The operation of one item; a refusal says which of many it was. */
function placed(prepared: Prepared, index: number): WriteOp {
  if ("refusal" in prepared && prepared.refusal instanceof FixpointError)
    Object.assign(prepared.refusal.details, { index })
  return opOf(prepared)
}
