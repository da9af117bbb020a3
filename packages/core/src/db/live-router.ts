/**
 * Brings commit deltas to live queries. Owns: the mounted queries of one engine and the deltas not yet durable.
 * Invariant: a delta reaches the queries it may concern as soon as its commit is applied in memory, and listeners hear of all
 * deltas of a turn at its end; a commit that fails is retracted by the same deltas the other way round. A query that reads
 * while a commit is under way gets its deltas as well, and says nothing until it is true.
 * Must not know how rows are read, nor what queries hold.
 */
import type { LiveStep } from "../api/live-step.ts"
import { asFixpointError, type FixpointError } from "../base/errors.ts"
import type { Follow, Live } from "../query/live.ts"
import { inverse, type RowDelta } from "../query/row-delta.ts"
import { Routes } from "../query/routes.ts"

type Listener = (step: LiveStep) => void

interface Mounted {
  readonly live: Live
  readonly listener: Listener
  /** Deltas that come while it reads; undefined when it does not. */
  waiting: RowDelta[] | undefined
  /** Which read is the one in force; an older one that ends late is dropped. */
  run: number
}

/** One way by which deltas reach a query: a query may have several that are the same. */
interface Way {
  readonly mounted: Mounted
}

/** The live queries of one engine. */
export class LiveRouter {
  readonly #mounted = new Set<Mounted>()
  readonly #routes = new Routes<Way>()
  /** Queries that may have something to tell at the end of the turn. */
  readonly #due = new Set<Mounted>()
  #underWay: readonly RowDelta[] = []
  /** Collections of which the commit under way has no deltas, as nobody wanted any; and who has wanted them since. */
  readonly #unwanted = new Set<string>()
  readonly #late = new Set<Mounted>()

  /** Whether any live query wants deltas of a collection. The commit that is asked for is confirmed or retracted. */
  wants(collection: string): boolean {
    const isWanted = this.#routes.has(collection)
    if (!isWanted) this.#unwanted.add(collection)
    return isWanted
  }

  /** Number of live queries. */
  get size(): number {
    return this.#mounted.size
  }

  /** Mounts a query; its first step is the whole result. Gives the function that ends it. */
  mount(live: Live, listener: Listener): () => void {
    const ends = new Set<() => void>()
    const unmount = () => {
      this.#mounted.delete(mounted)
      this.#late.delete(mounted)
      for (const end of ends) end()
    }
    const told: Listener = (step) => {
      if (step.kind === "error") unmount()
      listener(step)
    }
    const mounted: Mounted = { live, listener: told, waiting: [], run: 0 }
    const follow: Follow = (collection, route) => {
      if (this.#unwanted.has(collection)) this.#late.add(mounted)
      const remove = this.#routes.add(collection, route, { mounted })
      // It reads after this, and must not miss what is under way.
      mounted.waiting?.push(...this.#underWay.filter((delta) => this.#concerned(delta).has(mounted)))
      const end = () => {
        if (ends.delete(end)) remove()
      }
      ends.add(end)
      return end
    }
    live.follow(follow)
    this.#mounted.add(mounted)
    void this.#read(mounted)
    return unmount
  }

  /** Publishes the deltas of a commit that is applied but not yet durable. */
  publish(deltas: readonly RowDelta[]): void {
    this.#underWay = deltas
    this.#deliver(deltas)
  }

  /** The commit published last is durable. */
  confirm(): void {
    for (const mounted of this.#settled()) void this.#read(mounted)
  }

  /** The commit published last was not stored: takes its deltas back. */
  retract(): void {
    const deltas = this.#underWay.map(inverse)
    this.#settled()
    this.#deliver(deltas)
  }

  /** Reads every query anew, after rows have changed in ways that no delta tells. */
  restart(): void {
    for (const mounted of this.#mounted) void this.#read(mounted)
  }

  /** Ends every query with an error. */
  fail(error: FixpointError): void {
    for (const { listener } of this.#mounted) listener({ kind: "error", error: error.toJSON() })
  }

  /** No commit is under way any more. Gives who came too late for its deltas. */
  #settled(): readonly Mounted[] {
    const late = [...this.#late]
    this.#late.clear()
    this.#unwanted.clear()
    this.#underWay = []
    return late
  }

  async #read(mounted: Mounted): Promise<void> {
    const run = ++mounted.run
    const isWanted = () => this.#mounted.has(mounted) && mounted.run === run
    mounted.waiting = this.#underWay.filter((delta) => this.#concerned(delta).has(mounted))
    try {
      await mounted.live.read(isWanted)
      if (!isWanted()) return
      const { waiting } = mounted
      mounted.waiting = undefined
      this.#apply(mounted, waiting)
    } catch (error) {
      if (isWanted()) mounted.listener({ kind: "error", error: asFixpointError(error).toJSON() })
    }
  }

  #apply(mounted: Mounted, deltas: readonly RowDelta[]): void {
    if (!mounted.live.apply(deltas)) return void this.#read(mounted)
    this.#due.add(mounted)
    if (this.#due.size === 1) void Promise.resolve().then(() => this.#tell())
  }

  #concerned(delta: RowDelta): ReadonlySet<Mounted> {
    const found = new Set<Mounted>()
    for (const { mounted } of this.#routes.find(delta)) found.add(mounted)
    return found
  }

  #deliver(deltas: readonly RowDelta[]): void {
    const concerned = new Map<Mounted, RowDelta[]>()
    for (const delta of deltas)
      for (const mounted of this.#concerned(delta)) {
        const own = concerned.get(mounted)
        if (own === undefined) concerned.set(mounted, [delta])
        else own.push(delta)
      }
    for (const [mounted, own] of concerned) {
      if (mounted.waiting === undefined) this.#apply(mounted, own)
      else mounted.waiting.push(...own)
    }
  }

  #tell(): void {
    const due = [...this.#due]
    this.#due.clear()
    for (const mounted of due) {
      const step = this.#mounted.has(mounted) && mounted.waiting === undefined ? mounted.live.step() : undefined
      if (step !== undefined) mounted.listener(step)
    }
  }
}
