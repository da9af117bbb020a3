/**
 * Brings commit deltas to live queries. Owns: the mounted queries of one engine and the deltas not yet durable.
 * Invariant: a delta reaches listeners as soon as its commit is applied in memory; a commit that fails is retracted by
 * the same deltas the other way round. A query that is mounted while a commit is under way gets its deltas as well.
 * Must not know how rows are read: the caller gives the first result.
 */
import { asFixpointError, type FixpointError } from "../base/errors.ts"
import type { LiveStep } from "../engine-api.ts"
import { LiveQuery, type RowDelta } from "../query/live.ts"
import type { Entry } from "../query/ordering.ts"
import type { Plan } from "../query/plan.ts"

type Listener = (step: LiveStep) => void

interface Mounted {
  readonly plan: Plan
  readonly listener: Listener
  query: LiveQuery | undefined
  /** Deltas that came while the first result was being read. */
  waiting: RowDelta[]
  /** Which run of the query is the one in force; an older run that ends late is dropped. */
  run: number
}

/** Runs a plan from the rows as they are at the call, as long as its result is wanted. */
export type RunPlan = (plan: Plan, isWanted: () => boolean) => Promise<readonly Entry[]>

/** The live queries of one engine. */
export class LiveRouter {
  readonly #run: RunPlan
  readonly #mounted = new Set<Mounted>()
  #underWay: readonly RowDelta[] = []

  constructor(run: RunPlan) {
    this.#run = run
  }

  /** Whether any live query wants deltas of a collection. */
  wants(collection: string): boolean {
    for (const { plan } of this.#mounted) if (plan.collection === collection) return true
    return false
  }

  /** Number of live queries. */
  get size(): number {
    return this.#mounted.size
  }

  /** Mounts a query; its first step is a reset with the whole result. Gives the function that ends it. */
  mount(plan: Plan, listener: Listener): () => void {
    const mounted: Mounted = { plan, listener, query: undefined, waiting: [], run: 0 }
    this.#mounted.add(mounted)
    void this.#start(mounted)
    return () => void this.#mounted.delete(mounted)
  }

  /** Publishes the deltas of a commit that is applied but not yet durable. */
  publish(deltas: readonly RowDelta[]): void {
    this.#underWay = deltas
    this.#deliver(deltas)
  }

  /** The commit published last is durable. */
  confirm(): void {
    this.#underWay = []
  }

  /** The commit published last was not stored: takes its deltas back. */
  retract(inverse: readonly RowDelta[]): void {
    this.#underWay = []
    this.#deliver(inverse)
  }

  /** Runs every query anew, after rows have changed in ways that no delta tells. */
  restart(): void {
    for (const mounted of this.#mounted) void this.#start(mounted)
  }

  /** Ends every query with an error. */
  fail(error: FixpointError): void {
    const mounted = [...this.#mounted]
    this.#mounted.clear()
    for (const { listener } of mounted) listener({ kind: "error", error: error.toJSON() })
  }

  async #start(mounted: Mounted): Promise<void> {
    const run = ++mounted.run
    mounted.query = undefined
    mounted.waiting = [...this.#underWay]
    try {
      const isWanted = () => this.#mounted.has(mounted) && mounted.run === run
      const entries = await this.#run(mounted.plan, isWanted)
      if (!isWanted()) return
      const query = new LiveQuery(mounted.plan, entries)
      this.#applyTo(query, mounted.waiting)
      mounted.waiting = []
      mounted.query = query
      mounted.listener(query.reset())
    } catch (error) {
      if (this.#mounted.has(mounted) && mounted.run === run)
        mounted.listener({ kind: "error", error: asFixpointError(error).toJSON() })
    }
  }

  #applyTo(query: LiveQuery, deltas: readonly RowDelta[]): LiveStep | undefined {
    const own = deltas.filter(({ collection }) => collection === query.plan.collection)
    return own.length === 0 ? undefined : query.apply(own)
  }

  #deliver(deltas: readonly RowDelta[]): void {
    if (deltas.length === 0) return
    for (const mounted of this.#mounted) {
      if (mounted.query === undefined) {
        mounted.waiting.push(...deltas)
        continue
      }
      const step = this.#applyTo(mounted.query, deltas)
      if (step !== undefined) mounted.listener(step)
    }
  }
}
