/**
 * The result of a query under way. Owns: which matches are in their final places, and when there are enough.
 * Invariant: what it gives is what sorting all matches and cutting them would give. Matches that come in order are not
 * sorted; where order says only a part, those that it does not tell apart are, among themselves.
 */
import type { Key } from "../codec/key.ts"
import { compareFields } from "../codec/order.ts"
import type { EntryOrder } from "../query/index-access.ts"
import type { Entry, Ordering } from "../query/ordering.ts"

/** How many matches beyond the limit are kept before they are sorted and cut. */
const slack = 1024

/** Matches on their way to a result. */
export class Arrangement {
  readonly #ordering: Ordering
  readonly #order: EntryOrder | undefined
  readonly #limit: number
  #entries: Entry[] = []
  /** Before it all are in their final places; from it on, they are those that the order does not tell apart. */
  #settled = 0
  #group: Key | undefined

  constructor(ordering: Ordering, order: EntryOrder | undefined, limit: number) {
    this.#ordering = ordering
    this.#order = order
    this.#limit = limit
  }

  /** Takes the next match; `group` is that of its candidate. Gives whether the result is complete. */
  add(entry: Entry, group: Key | undefined): boolean {
    if (this.#order === undefined) {
      this.#entries.push(entry)
      if (this.#entries.length > this.#limit + slack) this.#cut()
      return false
    }
    if (!this.#isAlike(entry, group)) this.#settle()
    this.#group = group
    this.#entries.push(entry)
    if (this.#order.byValues && group === undefined) this.#settled = this.#entries.length
    return this.#settled >= this.#limit
  }

  /** The result. */
  finish(): Entry[] {
    if (this.#order !== undefined) this.#settle()
    this.#cut()
    return this.#entries
  }

  /** Whether an entry may stand before the one that came before it. */
  #isAlike({ sortKey }: Entry, group: Key | undefined): boolean {
    const last = this.#entries.at(-1)
    if (last === undefined) return true
    if (group !== undefined && group === this.#group) return true
    const { byValues, terms } = this.#order as EntryOrder
    if (byValues) return false
    for (let i = 0; i < terms; i++) if (compareFields(sortKey[i], last.sortKey[i]) !== 0) return false
    return true
  }

  #settle(): void {
    if (this.#entries.length - this.#settled > 1)
      for (const entry of this.#entries.splice(this.#settled).sort(this.#ordering.compare)) this.#entries.push(entry)
    this.#settled = this.#entries.length
  }

  #cut(): void {
    if (this.#order === undefined) this.#entries.sort(this.#ordering.compare)
    if (this.#entries.length > this.#limit) this.#entries.length = this.#limit
  }
}
