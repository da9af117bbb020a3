/**
 * A transaction under way. Owns: its writes in call order, what they make of rows, and what it has read.
 * Invariant: nothing is stored before `commit`, which applies the writes anew on top of the newest rows, as one commit,
 * and only if nothing that was read has changed (optimistic, serialisable). Blind writes merge and never make it stale.
 * Must not know the worker boundary.
 */
import type { CollectionSpec } from "../api/collection-spec.ts"
import type { VersionedText } from "../api/document-text.ts"
import type { EngineTransaction } from "../api/engine.ts"
import type { QueryResult, QuerySpec } from "../api/query.ts"
import type { Receipt, StagedWrites, WriteOp } from "../api/write.ts"
import { asFixpointError, FixpointError, isFixpointError } from "../base/errors.ts"
import { nextHlc } from "../clock/hlc.ts"
import type { ActorId, Stamp } from "../clock/stamp.ts"
import { type Key, rowKey } from "../codec/key.ts"
import { liveVersion, rowView } from "../crdt/row-view.ts"
import type { Durability } from "../lsm/store.ts"
import type { Entry } from "../query/ordering.ts"
import type { Plan } from "../query/plan.ts"
import { viewOf } from "../query/row-delta.ts"
import { type AdmittedOp, admitOps, checkWriteCount } from "./admit.ts"
import type { CellDoor } from "./cell-door.ts"
import { applyOp, type CommitRequest, type Draft, type Drafts } from "./commit.ts"
import { measured, scanPlan, versionedText } from "./reader.ts"
import type { Matches, ReaderParts } from "./reading.ts"
import { rowOf } from "./stored-row.ts"

/** What a transaction works with. */
export interface TransactionParts extends ReaderParts {
  readonly specs: ReadonlyMap<string, CollectionSpec>
  readonly cells: CellDoor
  /** The actor of this device's commits. */
  self(): ActorId
  /** Makes a read again that another tab has overtaken. */
  steadily<T>(read: () => Promise<T>): Promise<T>
  submit(request: CommitRequest, durability: Durability | undefined): Promise<Receipt | undefined>
}

/** One transaction. */
export class Transaction implements EngineTransaction {
  readonly #parts: TransactionParts
  readonly #ops: AdmittedOp[] = []
  readonly #drafts = new Map<Key, Draft>()
  /** Of the newest drafts. Where others have an older stamp, all of them are of no use for the commit. */
  #drafted: Pick<Drafts, "n" | "stamp"> | undefined
  #isMixed = false
  readonly #versions = new Map<Key, string | undefined>()
  readonly #collections = new Map<string, number>()
  #failure: FixpointError | undefined
  #ended = false
  /** Writes are applied one after the other, in call order. */
  #last: Promise<void> = Promise.resolve()

  constructor(parts: TransactionParts) {
    this.#parts = parts
  }

  async get(collection: string, ids: readonly string[]): Promise<(VersionedText | undefined)[]> {
    await this.#settled()
    const { lsm } = this.#parts
    const keys = ids.map((id) => rowKey(collection, id))
    const lines = await lsm.getMany(keys)
    return keys.map((key, i) => {
      const stored = rowOf(lines[i])
      const draft = this.#drafts.get(key)
      if (draft === undefined && !this.#versions.has(key)) this.#versions.set(key, liveVersion(stored))
      return versionedText(ids[i] ?? "", draft?.row ?? stored)
    })
  }

  async query(spec: QuerySpec): Promise<QueryResult> {
    await this.#settled()
    const { findBy } = await this.#parts.queries()
    return await measured(this.#parts, () => findBy(spec, (plan, limit) => this.#merged(plan, limit)))
  }

  /** What a plan finds among stored rows and this transaction's own. */
  async #merged(plan: Plan, limit: number): Promise<Matches> {
    const { lsm, steadily } = this.#parts
    if (!this.#collections.has(plan.collection)) this.#collections.set(plan.collection, lsm.head)
    const drafts = [...this.#drafts.values()].filter(({ by }) => by.op.collection === plan.collection)
    const hidden = new Set(drafts.map(({ by }) => by.op.id))
    const found = await steadily(() => scanPlan(this.#parts, plan, limit + hidden.size))
    const own = drafts.flatMap(({ by, row }): Entry[] => {
      const view = viewOf(rowView(row))
      const entry = view && plan.match(by.op.id, view.text, view.parse)
      return entry === undefined ? [] : [entry]
    })
    const merged = [...found.entries.filter(({ id }) => !hidden.has(id)), ...own].sort(plan.ordering.compare)
    return { ...found, entries: merged.slice(0, limit) }
  }

  write(ops: readonly WriteOp[] | StagedWrites): Promise<void> {
    const done = this.#last.then(() => this.#apply(ops))
    // Kept for commit: a caller that does not wait for its write must not cause an unhandled rejection.
    this.#last = done.catch((error: unknown) => {
      this.#failure ??= asFixpointError(error)
    })
    return done
  }

  async commit(durability: Durability | undefined): Promise<Receipt | undefined> {
    await this.#settled()
    this.#ended = true
    const reads = { versions: this.#versions, collections: this.#collections }
    const drafts = this.#drafted && !this.#isMixed ? { ...this.#drafted, rows: this.#drafts } : undefined
    return await this.#parts.submit({ ops: this.#ops, reads, drafts }, durability)
  }

  rollback(): void {
    this.#ended = true
  }

  async #settled(): Promise<void> {
    await this.#last
    this.#assertUsable()
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#ended) throw new FixpointError("CLOSED", "The transaction has ended.")
  }

  async #apply(candidates: readonly WriteOp[] | StagedWrites): Promise<void> {
    this.#assertUsable()
    const admitted = admitOps(candidates)
    checkWriteCount(this.#ops.length + admitted.length)
    const { lsm, ledger, specs, cells } = this.#parts
    const missing = admitted.map(({ key }) => key).filter((key) => !this.#drafts.has(key))
    const lines = await lsm.getMany(missing)
    const stored = new Map(missing.map((key, i) => [key, rowOf(lines[i])]))
    const stamp = this.#stamp()
    for (const [index, one] of admitted.entries()) {
      const { key } = one
      const draft = this.#drafts.get(key)
      const before = draft === undefined ? stored.get(key) : draft.before
      const draw = () =>
        located(index, () => applyOp(draft?.row ?? before, one, { stamp, ledger, specs, ways: cells.ways }))
      let row: string
      try {
        row = draw()
      } catch (error) {
        if (cells.ways !== undefined || !isFixpointError(error, "PART_UNAVAILABLE")) throw error
        await cells.load()
        row = draw()
      }
      this.#drafts.set(key, { by: one, before, row })
      this.#ops.push(one)
    }
  }

  /** What the next drafts are stamped with: all of one transaction alike, unless something was committed meanwhile. */
  #stamp(): Stamp {
    const { lsm, ledger, clock, self } = this.#parts
    const n = lsm.head + 1
    const known = this.#drafted
    if (known?.n === n) return known.stamp
    this.#isMixed = known !== undefined
    const stamp = { hlc: nextHlc(Math.max(ledger.hlc, known?.stamp.hlc ?? 0), clock.now()), actor: self() }
    this.#drafted = { n, stamp }
    return stamp
  }
}

/** What `work` gives; a refusal says which write it was. */
function located<R>(index: number, work: () => R): R {
  try {
    return work()
  } catch (error) {
    if (error instanceof FixpointError) Object.assign(error.details, { index })
    throw error
  }
}
