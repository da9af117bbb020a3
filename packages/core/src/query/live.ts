/**
 * A live query: a result kept true by commit deltas. Owns: which rows are held for it.
 * Invariant: after every step, what a listener has put together equals the query run anew. Of a limited result the first
 * rows are held, and a margin behind them: up to its horizon the rows are all that match, beyond it none is held. When more
 * leave than the margin has, the query must be run anew. Must not know where deltas come from.
 */
import type { LiveStep } from "../api/live-step.ts"
import { LiveRows } from "./live-rows.ts"
import type { Entry } from "./ordering.ts"
import type { Plan } from "./plan.ts"
import type { RowDelta } from "./row-delta.ts"
import type { Route } from "./routes.ts"

/** Has deltas of a collection come to a query; gives the function that ends it. */
export type Follow = (collection: string, route: Route | undefined) => () => void

/** What the live router keeps true. */
export interface Live {
  /** Says which deltas it wants. Called once, before it reads. */
  follow(follow: Follow): void
  /** Reads the rows to begin with, or to go on with. Deltas of commits since the call are applied after it. */
  read(isWanted: () => boolean): Promise<void>
  /** Takes deltas, even such as were applied before; gives whether what it holds is enough to tell a step. */
  apply(deltas: readonly RowDelta[]): boolean
  /** What is to be told; undefined for nothing. */
  step(): LiveStep | undefined
}

/** The first matches of a plan, at most so many, as long as they are wanted. */
export type RunPlan = (plan: Plan, limit: number, isWanted: () => boolean) => Promise<readonly Entry[]>

/** Rows held behind the limit, at most; a limit below that has as many as itself, but some. */
const marginMax = 128
const marginMin = 8

const marginOf = (limit: number): number => Math.max(marginMin, Math.min(limit, marginMax))

/** The state of one live query. */
export class LiveQuery implements Live {
  readonly #plan: Plan
  readonly #route: Route | undefined
  readonly #run: RunPlan
  readonly #margin: number
  readonly #rows: LiveRows
  /** The last row that can be held; undefined when every match is. */
  #horizon: Entry | undefined

  /** A margin of 0 is for a query that is read once. */
  constructor(plan: Plan, route: Route | undefined, run: RunPlan, margin = marginOf(plan.limit)) {
    this.#plan = plan
    this.#route = route
    this.#run = run
    this.#margin = margin
    this.#rows = new LiveRows(plan.ordering, plan.limit)
  }

  get collection(): string {
    return this.#plan.collection
  }

  /** The rows held. */
  get held(): number {
    return this.#rows.length
  }

  follow(follow: Follow): void {
    follow(this.#plan.collection, this.#route)
  }

  async read(isWanted: () => boolean): Promise<void> {
    const count = this.#plan.limit + this.#margin
    const entries = await this.#run(this.#plan, count, isWanted)
    if (!isWanted()) return
    this.#horizon = entries.length < count ? undefined : entries.at(-1)
    const changes = new Map<string, Entry | undefined>()
    for (const { id } of this.#rows.rows) changes.set(id, undefined)
    for (const entry of entries) changes.set(entry.id, entry)
    this.#rows.change(changes)
  }

  apply(deltas: readonly RowDelta[]): boolean {
    const changes = new Map<string, Entry | undefined>()
    for (const { id, after } of deltas)
      changes.set(id, after && this.#within(this.#plan.match(id, after.text, after.parse)))
    this.#rows.change(changes)
    const { limit } = this.#plan
    if (this.#rows.length > limit + 2 * this.#margin) {
      this.#rows.cut(limit + this.#margin)
      this.#horizon = this.#rows.rows.at(-1)
    }
    return this.#horizon === undefined || this.#rows.length >= limit
  }

  step(): LiveStep | undefined {
    return this.#rows.step()
  }

  /** A row that is held. */
  get(id: string): Entry | undefined {
    return this.#rows.get(id)
  }

  /** The ids of what has changed since the last step. */
  changedIds(): Iterable<string> {
    return this.#rows.changedIds()
  }

  #within(entry: Entry | undefined): Entry | undefined {
    const isHeld = entry && (this.#horizon === undefined || this.#plan.ordering.compare(entry, this.#horizon) <= 0)
    return isHeld ? entry : undefined
  }
}
