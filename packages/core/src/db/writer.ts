/**
 * The one line of commits of an engine. Owns: the queue, group commit, and catching up with other tabs.
 * Invariant: commits and jobs come in the order in which they were asked for. Rows, ledger and live queries change only here,
 * one step at a time: either a batch of this engine that the
 * store has committed, or a record of another engine, in log order. A write resolves only after its record is committed.
 * A batch that is outrun by another tab is worked out again on top of what that tab wrote.
 * Must not know where requests come from.
 */
import type { CollectionSpec } from "../api/collection-spec.ts"
import type { Receipt } from "../api/write.ts"
import type { Code } from "../base/codes.ts"
import { asFixpointError, FixpointError, isFixpointError } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import type { Logger } from "../base/log.ts"
import type { ActorId } from "../clock/stamp.ts"
import { collectionOfRowKey, idOfRowKey, isRowKey, type Key, rowPrefix } from "../codec/key.ts"
import { rowView } from "../crdt/row-view.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { Durability, LogPosition } from "../lsm/store.ts"
import type { LogEntry } from "../lsm/wal.ts"
import { type RowDelta, viewOf } from "../query/row-delta.ts"
import type { CellDoor } from "./cell-door.ts"
import { type CommitRequest, type PreparedRecord, prepareRecord } from "./commit.ts"
import type { Deriving } from "./derived-door.ts"
import type { Ledger } from "./ledger.ts"
import type { LineJob, PreparedJob } from "./line-job.ts"
import type { LiveRouter } from "./live-router.ts"
import { type ComposeParts, composeRecord, type RecordContent } from "./record.ts"
import { readSteadily } from "./steady-read.ts"
import { rowOf } from "./stored-row.ts"
import type { Witness } from "./witness.ts"

/** What a writer works with. */
export interface WriterParts {
  readonly host: Host
  readonly log: Logger
  readonly lsm: Lsm
  readonly ledger: Ledger
  readonly derived: Deriving
  readonly cells: Pick<CellDoor, "ways" | "load">
  readonly live: LiveRouter
  readonly specs: ReadonlyMap<string, CollectionSpec>
  /** The actor of a new incarnation, used when the ledger knows none or `renew` says so. */
  readonly freshActor: ActorId
  /** Whether this engine must begin a new incarnation. */
  readonly renew: boolean
  /** Told of each record in the turn in which its rows are there to be read; "foreign" when no caller has written it. */
  onApplied(isForeign: boolean): void
  /** Told when what is derived from documents, or how far that is built, is not what it was. */
  onDerived(): void
  /** Told after each commit of this engine, in the same turn, before its callers are. */
  onCommitted(durability: Durability): void
  /** Told when the storage turns out to be gone or older under this engine. */
  onLost(error: FixpointError): void
}

interface Looker {
  resolve(): void
  reject(error: FixpointError): void
}

interface Pending extends CommitRequest {
  /** Its place in the line. */
  readonly turn: number
  readonly durability: Durability
  readonly bytes: number
  resolve(receipt: Receipt | undefined): void
  reject(error: FixpointError): void
}

/** A job in the line, which settles what waits for it. */
interface PendingJob {
  readonly turn: number
  run(): Promise<void>
  reject(error: FixpointError): void
}

/** How a record is stored, and whether it is news to the callers of this engine. */
interface StoreOptions {
  readonly durability: Durability
  readonly isForeign: boolean
}

/** A record to be stored, and what it was prepared for. */
interface Prepared<R> {
  readonly content: RecordContent | undefined
  readonly result: R
}

/** What a look at the log finds when another tab has destroyed the database, or the platform has put an older one back. */
const lossCodes: ReadonlySet<string> = new Set<Code>(["STORE_LOST", "STORE_ROLLED_BACK", "STORE_TORN"])

/** A batch grows to about this many characters of documents; a larger single request still goes as one. */
const batchCharsMax = 16 * 1024 * 1024

const sizeOf = ({ ops }: CommitRequest): number =>
  ops.reduce((sum, { op }) => sum + ("text" in op ? op.text.length : 64), 0)

/** A newest record of more characters than this is not worth its place when all its rows are in segments. */
const newestCharsMax = 4096

/** Commits batches, and absorbs what other tabs commit. */
export class Writer {
  /** Who sees commits. */
  readonly witnesses = new Set<Witness>()
  readonly #parts: WriterParts
  readonly #lastWrites = new Map<string, number>()
  /** Head at the last reset: any collection may have changed up to there. */
  #resetHead = 0
  #newestChars = 0
  #queue: Pending[] = []
  #jobs: PendingJob[] = []
  #behind = false
  #known: LogPosition | undefined
  #lookers: Looker[] = []
  #closed = false
  #running: Promise<void> | undefined
  #renew: boolean
  #commits = 0
  #turn = 0

  constructor(parts: WriterParts) {
    this.#parts = parts
    this.#renew = parts.renew
  }

  /** The actor of this device's commits. */
  get self(): ActorId {
    const { ledger, freshActor } = this.#parts
    return this.#renew ? freshActor : (ledger.self ?? freshActor)
  }

  /** Log records this engine has committed. */
  get commits(): number {
    return this.#commits
  }

  /** Queues one commit. Gives its receipt once it is durable, undefined when its reads have become stale. */
  submit(request: CommitRequest, durability: Durability): Promise<Receipt | undefined> {
    if (this.#closed) return Promise.reject(new FixpointError("CLOSED"))
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...request, turn: ++this.#turn, durability, bytes: sizeOf(request), resolve, reject })
      this.#wake()
    })
  }

  /** Queues a job behind the commits that wait. Gives its result once its record, if it has one, is durable. */
  run<R>(job: LineJob<R>): Promise<R> {
    if (this.#closed) return Promise.reject(new FixpointError("CLOSED"))
    return new Promise((resolve, reject) => {
      this.#jobs.push({ turn: ++this.#turn, run: async () => resolve(await this.#runJob(job)), reject })
      this.#wake()
    })
  }

  /** Trimming keeps the newest record for its number alone: behind a large one, stores one without rows. */
  async coverLargeRecord(): Promise<void> {
    if (this.#newestChars > newestCharsMax && !this.#closed)
      await this.run({ durability: "relaxed", prepare: async () => ({ result: undefined, record: {} }) })
  }

  /**
   * Another engine may have written: looks, and absorbs it. Resolves when that is done. With a position of the log that was
   * read just now, takes its word for how far the log is.
   */
  catchUp(known?: LogPosition): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#lookers.push({ resolve, reject })
      this.#behind = true
      this.#known = known
      this.#wake()
    })
  }

  /** Another engine says that it has written: looks when there is time. */
  hint(): void {
    this.#behind = true
    this.#wake()
  }

  /** Ends the line: what is queued is still committed, later requests are refused. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#running !== undefined) await this.#running
  }

  #wake(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#hasWork()) this.#wake()
    })
  }

  #hasWork(): boolean {
    return this.#behind || this.#queue.length > 0 || this.#jobs.length > 0
  }

  async #run(): Promise<void> {
    // One turn of patience: requests of the same tick join one record.
    await Promise.resolve()
    while (this.#hasWork()) {
      const lookers = this.#lookers.splice(0)
      const batch = this.#take()
      try {
        if (this.#behind) await this.#absorbOthers()
        for (const looker of lookers) looker.resolve()
        if (batch.length > 0) await this.#commit(batch)
      } catch (thrown) {
        this.#failed(thrown, [...lookers, ...batch])
      }
      // One job after each batch, and never before a commit that was asked for first.
      const job = this.#isBefore(this.#jobs[0], this.#queue[0]) ? this.#jobs.shift() : undefined
      try {
        await job?.run()
      } catch (thrown) {
        this.#failed(thrown, job === undefined ? [] : [job])
      }
    }
  }

  #failed(thrown: unknown, waiting: readonly { reject(error: FixpointError): void }[]): void {
    const error = asFixpointError(thrown)
    this.#parts.log.error("work in the line failed", { code: error.code, waiting: waiting.length })
    if (lossCodes.has(error.code)) this.#parts.onLost(error)
    for (const one of waiting) one.reject(error)
  }

  #take(): Pending[] {
    let ops = 0
    let bytes = 0
    let count = 0
    for (const pending of this.#queue) {
      if (this.#isBefore(this.#jobs[0], pending)) break
      ops += pending.ops.length
      bytes += pending.bytes
      if (count > 0 && (ops > limits.transactionWritesMax || bytes > batchCharsMax)) break
      count++
    }
    return this.#queue.splice(0, count)
  }

  #isBefore(job: PendingJob | undefined, pending: Pending | undefined): boolean {
    return job !== undefined && job.turn < (pending?.turn ?? Infinity)
  }

  async #commit(batch: readonly Pending[]): Promise<void> {
    const durability = batch.some((pending) => pending.durability === "strict") ? "strict" : "relaxed"
    const record = await this.#store({ durability, isForeign: false }, async () => {
      const prepared = await this.#prepare(batch)
      return { content: prepared.entries.length === 0 ? undefined : prepared, result: prepared }
    })
    for (const witness of this.witnesses) witness.committed?.(record.commits)
    settle(batch, record)
  }

  async #runJob<R>(job: LineJob<R>): Promise<R> {
    return await this.#store({ durability: job.durability, isForeign: true }, async () => {
      const { lsm, host } = this.#parts
      const moment = {
        n: lsm.head + 1,
        nowMs: host.clock.now(),
        read: (keys: readonly Key[]) => lsm.getMany(keys),
        scan: lsm.scan.bind(lsm),
      }
      const { result, record }: PreparedJob<R> = await job.prepare(moment)
      if (record === undefined) return { content: undefined, result }
      const { rows = [], entries = [], hlc = this.#parts.ledger.hlc, note = {} } = record
      const content = composeRecord(rows, hlc, this.#composeParts())
      return {
        content: { ...content, entries: [...content.entries, ...entries], note: { ...content.note, ...note } },
        result,
      }
    })
  }

  /** Stores what is prepared as the next record; prepares it anew as long as another engine comes first. */
  async #store<R>({ durability, isForeign }: StoreOptions, prepare: () => Promise<Prepared<R>>): Promise<R> {
    const { lsm, derived, live, log } = this.#parts
    for (;;) {
      if (derived.isLacking()) await derived.ready()
      const { keeping } = derived
      const { content, result } = await readSteadily(prepare, () => this.#absorbOthers())
      if (content === undefined) {
        if (durability === "strict") await lsm.barrier()
        return result
      }
      // Something began to be derived while this was prepared, and what derives may have come meanwhile: entries would be missing.
      if (keeping === undefined && (derived.keeping !== undefined || derived.isLacking())) continue
      const n = lsm.head + 1
      live.publish(content.deltas)
      const outcome = await this.#append(content, durability)
      if (outcome === "committed") {
        this.#apply({ n, entries: content.entries, note: content.note }, isForeign)
        this.#renew = false
        this.#commits++
        live.confirm()
        this.#parts.onCommitted(durability)
        return result
      }
      live.retract()
      log.debug("outrun by another engine", { n })
      await this.#absorbOthers()
    }
  }

  async #append(record: RecordContent, durability: Durability): Promise<"committed" | "outrun"> {
    try {
      return await this.#parts.lsm.append(record.entries, record.note, durability)
    } catch (error) {
      this.#parts.live.retract()
      // The outcome can be unknown (a time-out): the next look at the log tells.
      this.#behind = true
      throw error
    }
  }

  async #prepare(batch: readonly Pending[]): Promise<PreparedRecord> {
    const { lsm, host, specs, cells } = this.#parts
    const keys = new Set<Key>()
    for (const { ops, reads } of batch) {
      for (const { key } of ops) keys.add(key)
      if (reads !== undefined) for (const key of reads.versions.keys()) keys.add(key)
    }
    const list = [...keys]
    const lines = await lsm.getMany(list)
    const rows = new Map<Key, string | undefined>()
    list.forEach((key, i) => rows.set(key, rowOf(lines[i])))
    const parts = {
      ...this.#composeParts(),
      rows,
      nowMs: host.clock.now(),
      specs,
      isWitnessed: [...this.witnesses].some(({ isIdle = false }) => !isIdle),
      lastWrite: (collection: string) => this.#lastWrites.get(collection) ?? this.#resetHead,
    }
    const claims = this.#parts.derived.keeping?.openClaims()
    for (let mayLoad = true; ; ) {
      claims?.begin()
      try {
        const prepared = prepareRecord(batch, { ...parts, claims, ways: cells.ways, mayLoad })
        if (claims === undefined || !(await claims.learn())) return prepared
      } catch (error) {
        if (!isFixpointError(error, "PART_UNAVAILABLE")) throw error
        mayLoad = await cells.load().then(
          () => true,
          () => false,
        )
      }
    }
  }

  #composeParts(): ComposeParts {
    const { lsm, ledger, derived, live } = this.#parts
    const wantsDeltas = (collection: string) => live.wants(collection)
    const derivations = derived.keeping?.derivations
    return { ledger, derivations, self: this.self, n: lsm.head + 1, wantsDeltas }
  }

  /** Applies one record in one turn: rows and ledger never disagree for an observer. */
  #apply(entry: LogEntry, isForeign: boolean): void {
    const { lsm, ledger, onApplied } = this.#parts
    lsm.absorb(entry)
    const isDerivedAnew = ledger.absorb(entry.note)
    this.#newestChars = 0
    let noted: Key | undefined
    for (const [key, line] of entry.entries) {
      this.#newestChars += line?.length ?? 0
      if (!isRowKey(key) || (noted !== undefined && key.startsWith(noted))) continue
      const collection = collectionOfRowKey(key)
      noted = rowPrefix(collection)
      this.#lastWrites.set(collection, entry.n)
    }
    onApplied(isForeign)
    for (const witness of this.witnesses) witness.applied?.(entry)
    if (isDerivedAnew) this.#parts.onDerived()
  }

  async #absorbOthers(): Promise<void> {
    const { lsm, ledger, live } = this.#parts
    const known = this.#known
    this.#behind = false
    this.#known = undefined
    for (;;) {
      const pulled = await lsm.pull(known)
      if (pulled.kind === "none") return
      if (pulled.kind === "reset") {
        ledger.reset(lsm.note)
        this.#lastWrites.clear()
        this.#resetHead = lsm.head
        this.#parts.onApplied(true)
        live.restart()
        for (const witness of this.witnesses) witness.restarted?.()
        this.#parts.onDerived()
        continue
      }
      for (const entry of pulled.records) {
        const deltas = await this.#deltasOf(entry)
        this.#apply(entry, true)
        live.publish(deltas)
        live.confirm()
      }
    }
  }

  async #deltasOf({ entries }: LogEntry): Promise<RowDelta[]> {
    const { lsm, live } = this.#parts
    const wanted = entries.filter(([key]) => isRowKey(key) && live.wants(collectionOfRowKey(key)))
    if (wanted.length === 0) return []
    const before = await lsm.getMany(wanted.map(([key]) => key))
    return wanted.map(([key, line], i) => ({
      collection: collectionOfRowKey(key),
      id: idOfRowKey(key),
      before: viewOf(rowView(rowOf(before[i]))),
      after: viewOf(rowView(rowOf(line ?? undefined))),
    }))
  }
}

function settle(batch: readonly Pending[], { results }: PreparedRecord): void {
  batch.forEach((pending, i) => {
    const result = results[i]
    if (result === undefined || result === "stale") pending.resolve(undefined)
    else if (result instanceof FixpointError) pending.reject(result)
    else pending.resolve(result)
  })
}
