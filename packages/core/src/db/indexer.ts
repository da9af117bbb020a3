/**
 * Brings the indexes of a database to what was declared: adds, builds, begins anew, drops. Owns: when each of that is done.
 * Invariant: a build goes on in small jobs in the line of commits, each of which is a record: it can end after any of them, and
 * any tab goes on from there. The lock only spares double work. A derivation that nobody declares any more is dropped by an
 * engine that is alone: tabs of an older version may still have use for it, and would declare it again.
 * Must not know what derivations do.
 */
import { asFixpointError } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import type { Logger } from "../base/log.ts"
import { collectionRange, idOfRowKey, type Key } from "../codec/key.ts"
import { rowView } from "../crdt/row-view.ts"
import { type RowDelta, viewOf } from "../query/row-delta.ts"
import type { Derivations } from "./derivations.ts"
import type { Derived, DerivedNote } from "./derived-table.ts"
import type { Ledger } from "./ledger.ts"
import type { LineJob, Moment } from "./line-job.ts"
import { rowOf } from "./stored-row.ts"

/** What an indexer works with. */
export interface IndexerParts {
  readonly host: Host
  readonly log: Logger
  readonly databaseId: string
  readonly ledger: Ledger
  readonly derivations: Derivations
  /** Collections that this engine has declared, with all their indexes. */
  declared(): Iterable<string>
  run<R>(job: LineJob<R>): Promise<R>
  /** Told after each step of a build: how many documents it was about. */
  onProgress(progress: { readonly id: number; readonly ms: number; readonly documents: number }): void
  /** Told of derivations that have all their entries now. */
  onBuilt(ids: readonly number[]): void
}

/** Engines of one database that can be told apart; with more, nothing is dropped. */
const slotsMax = 16

/** The builds of one engine. */
export class Indexer {
  readonly #parts: IndexerParts
  #working: Promise<void> | undefined
  #isClosed = false
  #slot: number | undefined
  #leave: (() => void) | undefined

  constructor(parts: IndexerParts) {
    this.#parts = parts
  }

  /** Something may be to do: does it, beside all else. */
  wake(): void {
    if (this.#isClosed || !this.#hasWork()) return
    this.#working ??= this.#work()
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#parts.log.warn("an index is not built yet", { code: asFixpointError(error).code })
      })
      .finally(() => {
        this.#working = undefined
      })
  }

  /** Takes a place among the engines of this database. */
  async enter(): Promise<void> {
    // A host without locks says nothing of others: nothing is dropped then.
    for (let slot = 0; slot < slotsMax && this.#slot === undefined && !this.#isClosed; slot++)
      if (await this.#take(slot)) this.#slot = slot
  }

  /** Drops what nobody has declared, if this engine is alone. */
  async settle(): Promise<void> {
    const { derivations, ledger, run, log } = this.#parts
    const own = new Set(this.#parts.declared())
    const mayBeUnused = ({ definition }: Derived) => own.has(definition.of) && !derivations.wants(definition)
    if (ledger.derived.list().some(mayBeUnused)) await derivations.load(derivations.lacking(ledger))
    // What the plug-in of a derivation has declared is known once that is here.
    const isUnused = (one: Derived) =>
      own.has(one.definition.of) && !derivations.wants(one.definition) && derivations.activate(one) !== undefined
    if (this.#isClosed || !ledger.derived.list().some(isUnused) || !(await this.#isAlone())) return
    await run({
      durability: "relaxed",
      prepare: async () => {
        const unused = ledger.derived.list().filter(isUnused)
        log.info("dropped", { indexes: unused.length })
        return { result: undefined, record: { note: noteOf(unused.map(({ id }) => [id, null])) } }
      },
    })
  }

  /** Begins derivations anew whose entries are not what they should be. */
  async rebuild(ids: readonly number[]): Promise<void> {
    const { ledger, run } = this.#parts
    await run({
      durability: "relaxed",
      prepare: async () => {
        const damaged = ids.flatMap((id) => ledger.derived.get(id) ?? [])
        const { next } = ledger.derived
        const steps = damaged.flatMap(({ id, definition }, i) => [
          [id, null] as const,
          [next + i, { add: definition, built: "" }] as const,
        ])
        return { result: undefined, record: { note: noteOf(steps) } }
      },
    })
    this.wake()
  }

  /** Ends after the step under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#leave?.()
    await this.#working
  }

  #hasWork(): boolean {
    const { derivations, ledger } = this.#parts
    return derivations.missing(ledger).length > 0 || this.#unbuilt() !== undefined || this.#mustLoad()
  }

  /** Whether a plug-in that is not here yet has to build something, or to say what. */
  #mustLoad(): boolean {
    const { derivations, ledger } = this.#parts
    if (derivations.lacking(ledger).length === 0) return false
    return derivations.isAsked || ledger.derived.list().some(({ built }) => built !== undefined)
  }

  /** The derivation to go on with, of those whose plug-in is here. */
  #unbuilt(): Derived | undefined {
    const { derivations, ledger } = this.#parts
    return ledger.derived.list().find((one) => one.built !== undefined && derivations.activate(one) !== undefined)
  }

  async #work(): Promise<void> {
    const { derivations, ledger, run, host, databaseId } = this.#parts
    if (this.#mustLoad()) await derivations.load(derivations.lacking(ledger))
    // A record without rows begins what is declared and missing; over no documents that waits for the first write.
    if (derivations.missing(ledger).some(({ of }) => ledger.count(of) > 0))
      await run({ durability: "relaxed", prepare: async () => ({ result: undefined, record: {} }) })
    if (this.#unbuilt() === undefined) return
    await host.locks.hold(`fixpoint-index-${databaseId}`, { ifAvailable: true }, async () => {
      while (!this.#isClosed && this.#unbuilt() !== undefined) await this.#step()
    })
  }

  async #step(): Promise<void> {
    const { run, host, log } = this.#parts
    const started = host.clock.monotonic()
    const done = await run({ durability: "relaxed", prepare: async (at) => await this.#prepare(at) })
    const ms = host.clock.monotonic() - started
    if (done.documents > 0) this.#parts.onProgress({ id: done.id, documents: done.documents, ms })
    if (done.built.length > 0) this.#parts.onBuilt(done.built)
    log.debug("built on", { index: done.id, documents: done.documents, ms })
  }

  /** The entries of the next rows, for all derivations of the collection that have come as far. */
  async #prepare(at: Moment) {
    const { derivations, ledger } = this.#parts
    const first = this.#unbuilt()
    const from = first?.built
    if (first === undefined || from === undefined) return { result: { id: 0, documents: 0, built: [] } }
    const { of } = first.definition
    const { deltas, built } = await nextRows(at, of, from)
    const along = ledger.derived.list(of).filter((one) => one.built === from)
    const parts = along.flatMap((one) => {
      const active = derivations.activate(one)
      return active === undefined ? [] : [derivations.build(active, deltas, built)]
    })
    const note = parts.reduce<DerivedNote>((all, part) => ({ ...all, ...part.note }), {})
    const record = { entries: parts.flatMap(({ entries }) => entries), note: { derived: note as never } }
    const ids = built === undefined ? along.map(({ id }) => id) : []
    return { result: { id: first.id, documents: deltas.length, built: ids }, record }
  }

  /** Holds the lock of a place as long as this engine is open; gives whether it was free. */
  async #take(slot: number): Promise<boolean> {
    const { host } = this.#parts
    return await new Promise<boolean>((resolve, reject) => {
      const stay = async () => {
        const left = new Promise<void>((leave) => (this.#leave = leave))
        resolve(true)
        await left
        return true
      }
      host.locks.hold(this.#nameOf(slot), { ifAvailable: true }, stay).then((held) => {
        if (held === undefined) resolve(false)
      }, reject)
    })
  }

  /** Whether every other place is free. */
  async #isAlone(): Promise<boolean> {
    if (this.#slot === undefined) return false
    for (let slot = 0; slot < slotsMax; slot++) {
      if (slot === this.#slot) continue
      const { locks } = this.#parts.host
      if ((await locks.hold(this.#nameOf(slot), { ifAvailable: true }, async () => true)) === undefined) return false
    }
    return true
  }

  #nameOf(slot: number): string {
    return `fixpoint-engine-${this.#parts.databaseId}-${slot}`
  }
}

const noteOf = (steps: readonly (readonly [id: number, step: DerivedNote[string]])[]) => ({
  derived: Object.fromEntries(steps) as never,
})

/** Documents after a key, and how far that is: undefined at the end. */
async function nextRows(at: Moment, of: string, from: Key): Promise<{ deltas: RowDelta[]; built: Key | undefined }> {
  const { from: first, to } = collectionRange(of)
  const range = { from: from === "" ? first : `${from}\0`, to }
  const deltas: RowDelta[] = []
  let chars = 0
  let rows = 0
  for await (const batch of at.scan(range, { isShort: true }))
    for (const [key, line] of batch) {
      const after = viewOf(rowView(rowOf(line)))
      if (after !== undefined) deltas.push({ collection: of, id: idOfRowKey(key), before: undefined, after })
      chars += line.length
      if (++rows >= limits.buildRowsMax || chars >= limits.buildCharsMax) return { deltas, built: key }
    }
  return { deltas, built: undefined }
}
