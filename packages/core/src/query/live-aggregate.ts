/**
 * Live aggregates: groups kept true by commit deltas. Owns: what changes of documents mean for groups.
 * Invariant: after every step, the groups a listener has put together equal those of the aggregate run anew. An aggregate of
 * all matches holds its groups alone, not the documents; only while it reads it knows what it has counted.
 * Must not know where deltas come from.
 */
import type { LiveStep } from "../api/live-step.ts"
import type { AggregateSpec } from "../api/query.ts"
import type { JsonObject } from "../base/json.ts"
import { groupOrder, Groups, type Share } from "./groups.ts"
import type { Follow, Live } from "./live.ts"
import { LiveRows } from "./live-rows.ts"
import type { Plan } from "./plan.ts"
import type { DocumentView, RowDelta } from "./row-delta.ts"
import type { Route } from "./routes.ts"

/**
 * Tells each match of a plan to what `begin` gives, as long as they are wanted; where it must begin anew, it asks again.
 * What it tells may be of later commits than those told of so far.
 */
export type VisitMatches = (
  plan: Plan,
  begin: () => (id: string, document: JsonObject) => void,
  isWanted: () => boolean,
) => Promise<void>

/** An aggregate of all matches of a query. */
export class LiveAggregate implements Live {
  readonly #plan: Plan
  readonly #route: Route | undefined
  readonly #spec: AggregateSpec
  readonly #visitMatches: VisitMatches
  readonly #told = new ToldGroups()
  #groups: Groups
  /** What was counted, from the read until the deltas that came meanwhile are applied: they may be in it already. */
  #counted: Map<string, Share> | undefined

  constructor(plan: Plan, route: Route | undefined, spec: AggregateSpec, visitMatches: VisitMatches) {
    this.#plan = plan
    this.#route = route
    this.#spec = spec
    this.#visitMatches = visitMatches
    this.#groups = new Groups(spec)
  }

  follow(follow: Follow): void {
    follow(this.#plan.collection, this.#route)
  }

  async read(isWanted: () => boolean): Promise<void> {
    let groups = new Groups(this.#spec)
    let counted = new Map<string, Share>()
    const begin = () => {
      groups = new Groups(this.#spec)
      counted = new Map()
      return (id: string, document: JsonObject) => {
        const share = groups.shareOf(document, id)
        counted.set(id, share)
        groups.move(share, 1)
      }
    }
    await this.#visitMatches(this.#plan, begin, isWanted)
    if (!isWanted()) return
    this.#groups = groups
    this.#counted = counted
    this.#told.clear()
  }

  apply(deltas: readonly RowDelta[]): boolean {
    for (const { id, before, after } of deltas) {
      const now = this.#shareOf(id, after)
      this.#groups.move(this.#counted === undefined ? this.#shareOf(id, before) : this.#counted.get(id), -1)
      this.#groups.move(now, 1)
      if (now === undefined) this.#counted?.delete(id)
      else this.#counted?.set(id, now)
    }
    this.#counted = undefined
    this.#told.change(this.#groups)
    return true
  }

  step(): LiveStep | undefined {
    return this.#told.step()
  }

  #shareOf(id: string, view: DocumentView | undefined): Share | undefined {
    const isMatch = view !== undefined && this.#plan.match(id, view.text, view.parse) !== undefined
    return isMatch ? this.#groups.shareOf(view.parse(), id) : undefined
  }
}

/** An aggregate of a limited result: of the documents that a live query tells. */
export class LiveWindowAggregate implements Live {
  readonly #window: Live
  readonly #groups: Groups
  readonly #told = new ToldGroups()
  readonly #shares = new Map<string, Share>()

  constructor(window: Live, spec: AggregateSpec) {
    this.#window = window
    this.#groups = new Groups(spec)
  }

  follow(follow: Follow): void {
    this.#window.follow(follow)
  }

  read(isWanted: () => boolean): Promise<void> {
    return this.#window.read(isWanted)
  }

  apply(deltas: readonly RowDelta[]): boolean {
    return this.#window.apply(deltas)
  }

  step(): LiveStep | undefined {
    const step = this.#window.step()
    if (step === undefined || step.kind === "error") return step
    const entered =
      step.kind === "reset" ? step.documents : [...step.placed.map(({ document }) => document), ...step.changed]
    if (step.kind === "delta") for (const id of step.removed) this.#set(id, undefined)
    for (const { id, text } of entered) this.#set(id, this.#groups.shareOf(JSON.parse(text) as JsonObject, id))
    this.#told.change(this.#groups)
    return this.#told.step()
  }

  #set(id: string, share: Share | undefined): void {
    this.#groups.move(this.#shares.get(id), -1)
    this.#groups.move(share, 1)
    if (share === undefined) this.#shares.delete(id)
    else this.#shares.set(id, share)
  }
}

/** Groups as rows that are told. */
class ToldGroups {
  readonly #rows = new LiveRows(groupOrder, Number.POSITIVE_INFINITY)

  /** Other groups begin. */
  clear(): void {
    this.#rows.cut(0)
  }

  change(groups: Groups): void {
    this.#rows.change(groups.takeChanges())
  }

  step(): LiveStep | undefined {
    return this.#rows.step()
  }
}
