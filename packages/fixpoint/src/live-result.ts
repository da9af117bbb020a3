/**
 * The page's copy of a live result. Owns: its rows in order, and the telling of changes.
 * Invariant: after each step the rows are those of the engine; a document that did not change keeps its object. Steps are
 * applied in the order in which they came, though large ones are decoded in slices. Must not know where steps come from.
 */
import type { DocumentText, LiveStep } from "@fixpoint/core"
import { failureOf } from "./explain.ts"
import { mapInSlices } from "./slices.ts"

/** What a step has changed. */
export interface Delta<D> {
  readonly added: readonly D[]
  readonly changed: readonly D[]
  readonly removed: readonly D[]
}

type Told<D> = (rows: readonly D[], delta: Delta<D>) => void

/** Called with the result and what has changed in it since the last call. */
export type Watcher<D> = Told<D>

/** Options of a live query. */
export interface WatchOptions {
  readonly signal?: AbortSignal | undefined
  /** Told when the query cannot go on; without it the database's "error" event is. */
  readonly onError?: (error: unknown) => void
}

/** A document as it came, and what the application has of it. */
export interface Row<D> extends DocumentText {
  readonly document: D
}

type Decode<D> = (document: DocumentText, before: Row<D> | undefined) => D

/** The state of one live query on the page. */
export class LiveResult<D> {
  readonly #decode: Decode<D>
  readonly #told: Told<D>
  readonly #failed: (error: unknown) => void
  #rows: readonly Row<D>[] = []
  #byId = new Map<string, Row<D>>()
  #hasBegun = false
  #hasEnded = false
  #last: Promise<void> = Promise.resolve()

  constructor(decode: Decode<D>, told: Told<D>, failed: (error: unknown) => void) {
    this.#decode = decode
    this.#told = told
    this.#failed = failed
  }

  /** Takes a step of the engine. */
  take(step: LiveStep): void {
    this.#last = this.#last.then(() => this.#apply(step)).catch((error: unknown) => this.#failed(error))
  }

  /** Nothing is told any more. */
  end(): void {
    this.#hasEnded = true
  }

  async #apply(step: LiveStep): Promise<void> {
    if (this.#hasEnded) return
    if (step.kind === "error") return this.#failed(failureOf(step.error))
    const fresh = await mapInSlices(documentsOf(step), (document) => this.#rowOf(document))
    if (this.#hasEnded) return
    const now = new Map(fresh.map((row) => [row.id, row]))
    const gone = step.kind === "reset" ? this.#byId.keys() : step.removed
    const delta = this.#replace(new Set([...gone, ...now.keys()]), now)
    this.#rows = step.kind === "reset" ? fresh : place(this.#rows, step, now)
    const isQuiet = delta.added.length + delta.changed.length + delta.removed.length === 0
    if (isQuiet && this.#hasBegun) return
    this.#hasBegun = true
    const documents = this.#rows.map(({ document }) => document)
    this.#told(documents, delta)
  }

  /** The row of a document; one whose text is the same stays the object that it was. */
  #rowOf(stored: DocumentText): Row<D> {
    const known = this.#byId.get(stored.id)
    return known?.text === stored.text ? known : { ...stored, document: this.#decode(stored, known) }
  }

  #replace(ids: ReadonlySet<string>, now: ReadonlyMap<string, Row<D>>): Delta<D> {
    const delta = { added: [] as D[], changed: [] as D[], removed: [] as D[] }
    for (const id of ids) {
      const old = this.#byId.get(id)
      const row = now.get(id)
      if (row !== undefined) this.#byId.set(id, row)
      else this.#byId.delete(id)
      if (row === undefined) {
        if (old !== undefined) delta.removed.push(old.document)
      } else if (old === undefined) delta.added.push(row.document)
      else if (old !== row) delta.changed.push(row.document)
    }
    return delta
  }
}

type Step = Extract<LiveStep, { kind: "delta" }>

function documentsOf(step: Exclude<LiveStep, { kind: "error" }>): readonly DocumentText[] {
  return step.kind === "reset" ? step.documents : [...step.placed.map(({ document }) => document), ...step.changed]
}

/** The rows after a step: what left is taken out, then what entered is put where it belongs. */
function place<D>(rows: readonly Row<D>[], { removed, placed }: Step, now: ReadonlyMap<string, Row<D>>): Row<D>[] {
  const gone = new Set(removed)
  const kept = rows.flatMap((row) => (gone.has(row.id) ? [] : [now.get(row.id) ?? row]))
  const result: Row<D>[] = []
  let next = 0
  for (const { at, document } of placed) {
    while (result.length < at && next < kept.length) result.push(kept[next++] as Row<D>)
    result.push(now.get(document.id) as Row<D>)
  }
  return result.concat(kept.slice(next))
}
