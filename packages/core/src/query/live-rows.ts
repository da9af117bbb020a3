/**
 * Rows in order, of which the first `limit` are told. Owns: their places, and the steps that tell of changes.
 * Invariant: what a listener has put together from all steps is the first `limit` rows; a step costs what has changed since
 * the last one, k changes among n rows k·log n comparisons, whatever the limit is. Must not know why rows change.
 */
import type { DocumentText } from "../api/document-text.ts"
import type { LiveStep } from "../api/live-step.ts"
import type { Entry, Ordering } from "./ordering.ts"

/** Rows by id; undefined for one that goes. */
export type RowChanges = ReadonlyMap<string, Entry | undefined>

/** Up to so many changes are made one by one; more are merged in one pass. */
const singlesMax = 32

const plain = ({ id, text }: Entry): DocumentText => ({ id, text })

/** Whether two rows show the same fields and refer to the same others. */
const isShownAlike = (a: Entry, b: Entry): boolean =>
  a.text === b.text && (a.links === undefined || JSON.stringify(a.links) === JSON.stringify(b.links))

/** The rows of one live query. */
export class LiveRows {
  readonly #compare: Ordering["compare"]
  readonly #limit: number
  #sorted: Entry[] = []
  /** The rows as they were when the last step was made. */
  readonly #known = new Map<string, Entry>()
  /** What has changed since. */
  readonly #fresh = new Map<string, Entry | undefined>()
  /** The last row that was told; whatever was known before it was told too. */
  #lastTold: Entry | undefined
  #hasTold = false

  constructor({ compare }: Ordering, limit: number) {
    this.#compare = compare
    this.#limit = limit
  }

  get length(): number {
    return this.#sorted.length
  }

  /** The rows in order. */
  get rows(): readonly Entry[] {
    return this.#sorted
  }

  get(id: string): Entry | undefined {
    return this.#fresh.has(id) ? this.#fresh.get(id) : this.#known.get(id)
  }

  /** The ids of what has changed since the last step. */
  changedIds(): Iterable<string> {
    return this.#fresh.keys()
  }

  /** Makes these changes; rows that are the same in text and place stay what they are. */
  change(changes: RowChanges): void {
    const gone: Entry[] = []
    const entering: Entry[] = []
    for (const [id, now] of changes) {
      const old = this.get(id)
      if (old === now || (old !== undefined && now !== undefined && this.#isSame(old, now))) continue
      if (old !== undefined) gone.push(old)
      if (now !== undefined) entering.push(now)
      this.#fresh.set(id, now)
    }
    if (gone.length + entering.length > singlesMax) this.#merge(new Set(gone), entering.sort(this.#compare))
    else {
      for (const entry of gone) this.#sorted.splice(this.#place(entry), 1)
      for (const entry of entering) this.#sorted.splice(this.#place(entry), 0, entry)
    }
  }

  /** Keeps the first `count` rows. */
  cut(count: number): void {
    this.change(new Map(this.#sorted.slice(count).map(({ id }) => [id, undefined])))
  }

  /** What has changed for the listener since the last step; undefined for nothing. The first step is the whole. */
  step(): LiveStep | undefined {
    const step = this.#hasTold ? this.#delta() : this.#whole()
    for (const [id, now] of this.#fresh) {
      if (now === undefined) this.#known.delete(id)
      else this.#known.set(id, now)
    }
    this.#fresh.clear()
    this.#lastTold = this.#sorted[Math.min(this.#limit, this.#sorted.length) - 1]
    return step
  }

  #whole(): LiveStep {
    this.#hasTold = true
    const told = this.#limit < this.#sorted.length ? this.#sorted.slice(0, this.#limit) : this.#sorted
    return { kind: "reset", documents: told.map(plain) }
  }

  #delta(): LiveStep | undefined {
    const removed: string[] = []
    const changed: DocumentText[] = []
    const placed: { at: number; document: DocumentText }[] = []
    for (const id of [...this.#fresh.keys(), ...this.#shifted()]) {
      const was = this.#told(id)
      const entry = this.get(id)
      const at = entry === undefined ? this.#limit : this.#place(entry)
      const now = at < this.#limit ? entry : undefined
      if (was !== undefined && now !== undefined && this.#compare(was, now) === 0) {
        if (!isShownAlike(was, now)) changed.push(plain(now))
        continue
      }
      if (was !== undefined) removed.push(id)
      if (now !== undefined) placed.push({ at, document: plain(now) })
    }
    if (removed.length + placed.length + changed.length === 0) return undefined
    placed.sort((a, b) => a.at - b.at)
    return { kind: "delta", removed, placed, changed }
  }

  /** Rows that did not change, and yet came in or went out at the limit. Such rows stand together, changed ones aside. */
  *#shifted(): Iterable<string> {
    const end = Math.min(this.#limit, this.#sorted.length)
    for (let i = end - 1; i >= 0; i--) {
      const { id } = this.#sorted[i] as Entry
      if (this.#fresh.has(id)) continue
      if (this.#told(id) !== undefined) break
      yield id
    }
    for (let i = end; i < this.#sorted.length; i++) {
      const { id } = this.#sorted[i] as Entry
      if (this.#fresh.has(id)) continue
      if (this.#told(id) === undefined) break
      yield id
    }
  }

  /** The row as the listener has it. */
  #told(id: string): Entry | undefined {
    const known = this.#known.get(id)
    const last = this.#lastTold
    return known !== undefined && last !== undefined && this.#compare(known, last) <= 0 ? known : undefined
  }

  #isSame(a: Entry, b: Entry): boolean {
    return isShownAlike(a, b) && this.#compare(a, b) === 0
  }

  /** One pass over all rows, as each single insertion moves half of them. */
  #merge(gone: ReadonlySet<Entry>, entering: readonly Entry[]): void {
    const merged: Entry[] = []
    let from = 0
    const keepTo = (end: number) => {
      for (; from < end; from++) {
        const entry = this.#sorted[from] as Entry
        if (!gone.has(entry)) merged.push(entry)
      }
    }
    for (const entry of entering) {
      keepTo(this.#place(entry))
      merged.push(entry)
    }
    keepTo(this.#sorted.length)
    this.#sorted = merged
  }

  /** Where an entry stands, or would stand. */
  #place(entry: Entry): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(this.#sorted[middle] as Entry, entry) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
