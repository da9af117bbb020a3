/**
 * A live query: a result kept true by commit deltas. Owns: the sorted matches and the steps that tell of changes.
 * Invariant: after every step, what a listener has put together equals the query run anew.
 * Deltas are absolute (the document as it is now), so that applying one twice changes nothing: a snapshot and the
 * deltas that were under way when it was taken may overlap. Must not know where deltas come from.
 */
import type { JsonObject } from "../base/json.ts"
import type { DocumentText, LiveStep } from "../engine-api.ts"
import type { Entry } from "./ordering.ts"
import type { Plan } from "./plan.ts"

/** One document before and after a commit; `text` undefined when it is absent. The document is parsed once at most. */
export interface RowDelta {
  readonly collection: string
  readonly id: string
  readonly before: string | undefined
  readonly after: string | undefined
  readonly document: () => JsonObject
}

/** Up to so many changes are made one by one; more are merged in one pass. */
const singlesMax = 32

type Touched = ReadonlyMap<string, { readonly old: Entry | undefined; readonly now: Entry | undefined }>

const plain = ({ id, text }: Entry): DocumentText => ({ id, text })

/** The state of one live query. */
export class LiveQuery {
  readonly plan: Plan
  readonly #byId = new Map<string, Entry>()
  #sorted: Entry[]

  constructor(plan: Plan, entries: readonly Entry[]) {
    this.plan = plan
    this.#sorted = [...entries]
    for (const entry of entries) this.#byId.set(entry.id, entry)
  }

  /** The whole result as the first step. */
  reset(): LiveStep {
    return { kind: "reset", documents: this.#visible().map(plain) }
  }

  /** Applies a commit; gives the step it makes, or undefined when the result stays as it is. */
  apply(deltas: readonly RowDelta[]): LiveStep | undefined {
    const before = this.plan.limit === Number.POSITIVE_INFINITY ? undefined : this.#visible()
    const touched = new Map<string, { old: Entry | undefined; now: Entry | undefined }>()
    for (const { id, after, document } of deltas) {
      const now = after === undefined ? undefined : this.plan.match(id, after, document)
      touched.set(id, { old: this.#byId.get(id), now })
    }
    for (const [id, { old, now }] of touched) if (old?.text === now?.text) touched.delete(id)
    if (touched.size === 0) return undefined
    this.#merge(touched)
    return before === undefined ? this.#stepOf(touched) : this.#windowStep(before)
  }

  #visible(): Entry[] {
    return this.#sorted.length <= this.plan.limit ? this.#sorted.slice() : this.#sorted.slice(0, this.plan.limit)
  }

  #merge(touched: Touched): void {
    if (touched.size > singlesMax) return this.#mergeMany(touched)
    for (const [id, { old, now }] of touched) {
      if (old !== undefined) this.#sorted.splice(this.#position(old), 1)
      if (now !== undefined) this.#sorted.splice(this.#position(now), 0, now)
      if (now === undefined) this.#byId.delete(id)
      else this.#byId.set(id, now)
    }
  }

  /** One pass over the result, as each single insertion moves half of it. */
  #mergeMany(touched: Touched): void {
    const { compare } = this.plan.ordering
    const gone = new Set<Entry>()
    const entering: Entry[] = []
    for (const [id, { old, now }] of touched) {
      if (old !== undefined) gone.add(old)
      if (now === undefined) this.#byId.delete(id)
      else {
        this.#byId.set(id, now)
        entering.push(now)
      }
    }
    entering.sort(compare)
    const merged: Entry[] = []
    let from = 0
    const keepTo = (end: number) => {
      for (; from < end; from++) {
        const entry = this.#sorted[from]
        if (entry !== undefined && !gone.has(entry)) merged.push(entry)
      }
    }
    for (const entry of entering) {
      keepTo(this.#position(entry))
      merged.push(entry)
    }
    keepTo(this.#sorted.length)
    this.#sorted = merged
  }

  /** Where an entry stands, or would stand. */
  #position(entry: Entry): number {
    const { compare } = this.plan.ordering
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#sorted[middle]
      if (other !== undefined && compare(other, entry) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #samePlace(a: Entry, b: Entry): boolean {
    return this.plan.ordering.compare(a, b) === 0
  }

  #stepOf(touched: ReadonlyMap<string, { old: Entry | undefined; now: Entry | undefined }>): LiveStep {
    const removed: string[] = []
    const changed: DocumentText[] = []
    const placed: { at: number; document: DocumentText }[] = []
    for (const [id, { old, now }] of touched) {
      if (old !== undefined && now !== undefined && this.#samePlace(old, now)) {
        changed.push(plain(now))
        continue
      }
      if (old !== undefined) removed.push(id)
      if (now !== undefined) placed.push({ at: this.#position(now), document: plain(now) })
    }
    placed.sort((a, b) => a.at - b.at)
    return { kind: "delta", removed, placed, changed }
  }

  /** The step of a limited result: what left and what entered the window. */
  #windowStep(before: readonly Entry[]): LiveStep | undefined {
    const old = new Map(before.map((entry) => [entry.id, entry]))
    const removed = new Set(old.keys())
    const changed: DocumentText[] = []
    const placed: { at: number; document: DocumentText }[] = []
    this.#visible().forEach((entry, at) => {
      const was = old.get(entry.id)
      if (was !== undefined && this.#samePlace(was, entry)) {
        removed.delete(entry.id)
        if (was !== entry) changed.push(plain(entry))
      } else placed.push({ at, document: plain(entry) })
    })
    if (removed.size + placed.length + changed.length === 0) return undefined
    return { kind: "delta", removed: [...removed], placed, changed }
  }
}
