/**
 * Work that keeps an engine durable, compact and near the others. Owns: the timers of one engine: the strict barrier,
 * the flush of a full memtable, the settling of an idle database, the look at what other tabs wrote.
 * Invariant: a relaxed commit is followed by a barrier within `barrierDelayMs` of the last and `barrierDelayMaxMs` of the
 * first one; the sentinel never names a head that no barrier has covered. No chore is needed for correctness of reads,
 * and none waits for another tab: the lock only spares double work, the manifest's version decides.
 */
import { asFixpointError } from "../base/errors.ts"
import type { CancelTimer, Host } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import type { Logger } from "../base/log.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { Durability } from "../lsm/store.ts"
import type { Ledger } from "./ledger.ts"

/** What chores work with. */
export interface ChoreParts {
  readonly host: Host
  readonly log: Logger
  readonly name: string
  readonly databaseId: string
  readonly lsm: Lsm
  readonly ledger: Ledger
  /** Whether other engines can write to the same store without this one hearing of it. */
  readonly shared: boolean
  catchUp(): Promise<void>
  /** Drops what is derived and has no use any more. */
  dropUnused(): Promise<void>
  /** Makes the newest record of the log a small one. */
  coverLargeRecord(): Promise<void>
}

/** Each round merges everything: writers that never rest would keep it going for ever. */
const compactRoundsMax = 4

/** The chores of one engine. */
export class Chores {
  readonly #parts: ChoreParts
  #cancelBarrier: CancelTimer | undefined
  #cancelIdle: CancelTimer | undefined
  #cancelPoll: CancelTimer | undefined
  #cancelSweep: CancelTimer | undefined
  /** When the oldest and the newest relaxed commit without a barrier were made; undefined when there is none. */
  #relaxedSince: number | undefined
  #relaxedLast = 0
  /** When this engine committed last, or began. */
  #committedLast: number
  /** The heads that the sentinel is to know, and that it knows. */
  #toCover = 0
  #covered = 0
  #covering: Promise<void> | undefined
  #flushing: Promise<void> | undefined
  #compacting: Promise<void> | undefined
  #settling: Promise<void> | undefined
  #closed = false

  constructor(parts: ChoreParts) {
    this.#parts = parts
    this.#committedLast = parts.host.clock.monotonic()
    if (parts.shared) this.#poll(limits.firstLookMs)
    this.#idleAfter(limits.idleChoreMs)
  }

  /** A commit of this engine was made. Timers that run are left running: when they fire they look how late it is. */
  committed(durability: Durability): void {
    const { host, lsm } = this.#parts
    const now = host.clock.monotonic()
    this.#committedLast = now
    // A strict commit needs no barrier. Its sentinel may wait as long as one: written after each, it would slow down the next.
    if (durability === "relaxed") {
      this.#relaxedSince ??= now
      this.#relaxedLast = now
    }
    if (this.#cancelBarrier === undefined) this.#barrierAfter(limits.barrierDelayMs)
    if (lsm.needsFlush()) this.#flush()
    if (this.#cancelIdle === undefined) this.#idleAfter(limits.idleChoreMs)
  }

  /** Makes every commit so far survive a power cut, and lets the sentinel know. */
  async barrier(): Promise<void> {
    const { lsm } = this.#parts
    const { head } = lsm
    this.#cancelBarrier?.()
    this.#cancelBarrier = undefined
    const since = this.#relaxedSince
    if (since !== undefined) {
      this.#relaxedSince = undefined
      try {
        await lsm.barrier()
      } catch (error) {
        // What it was to cover is still not sure.
        this.#relaxedSince = since
        if (!this.#closed) this.#barrierAfter(limits.barrierDelayMaxMs)
        throw error
      }
    }
    await this.#cover(head)
  }

  #barrierAfter(delayMs: number): void {
    const { timers, clock } = this.#parts.host
    this.#cancelBarrier?.()
    this.#cancelBarrier = timers.after(delayMs, () => {
      this.#cancelBarrier = undefined
      const since = this.#relaxedSince ?? 0
      const due = Math.min(this.#relaxedLast + limits.barrierDelayMs, since + limits.barrierDelayMaxMs)
      const leftMs = due - clock.monotonic()
      if (leftMs >= 1) this.#barrierAfter(leftMs)
      else void this.#guard("barrier", this.barrier())
    })
  }

  /** Drops what nobody has declared, flushes, and compacts to one segment; under steady writes, as far as a few rounds come. */
  async compact(): Promise<void> {
    const { lsm, ledger } = this.#parts
    await this.#flushing
    await this.#parts.dropUnused()
    await this.#parts.coverLargeRecord()
    await lsm.flush(ledger.toNote(), { compress: true })
    // Only what is derived ever becomes garbage in its place.
    if (ledger.derived.next > 1) await lsm.compactOnce({ all: true, anew: true })
    for (let round = 0; round < compactRoundsMax && !this.#closed; round++)
      if (!(await lsm.compactOnce({ all: true }))) break
    await this.#sweep()
  }

  /** Ends timers and merges, and leaves everything as it is: there is nothing any more that could be made sure. */
  abandon(): void {
    this.#closed = true
    this.#cancelBarrier?.()
    this.#cancelIdle?.()
    this.#cancelPoll?.()
    this.#cancelSweep?.()
    this.#parts.lsm.endMerges()
  }

  /** Ends timers and merges; waits for what else is under way, and leaves a barrier behind. */
  async close(): Promise<void> {
    const isAbandoned = this.#closed
    this.abandon()
    await this.#flushing
    await this.#compacting
    await this.#settling
    if (!isAbandoned) await this.#guard("barrier", this.barrier())
  }

  /** Lets the sentinel know of a head. One write at a time: an older one must not come after a newer one. */
  async #cover(head: number): Promise<void> {
    this.#toCover = Math.max(this.#toCover, head)
    if (this.#covered < this.#toCover) await (this.#covering ??= this.#coverAll())
  }

  async #coverAll(): Promise<void> {
    const { host, name, databaseId } = this.#parts
    try {
      while (this.#covered < this.#toCover) {
        const head = this.#toCover
        await host.sentinel.write(name, { databaseId, head })
        this.#covered = head
      }
    } finally {
      this.#covering = undefined
    }
  }

  /** A compaction goes on beside the flushes: it can take longer than the memtable takes to fill again. */
  #flush(): void {
    if (this.#flushing !== undefined || this.#closed) return
    const { lsm, ledger } = this.#parts
    // The note is taken in the same turn in which the memtable is frozen, so that it tells of exactly those records.
    this.#flushing = this.#guard("flush", lsm.flush(ledger.toNote())).finally(() => {
      this.#flushing = undefined
      if (lsm.needsFlush()) this.#flush()
      this.#compact()
    })
  }

  #compact(): void {
    if (this.#closed) return
    this.#compacting ??= this.#guard(
      "compact",
      this.#locked(() => this.#compactDue()),
    ).finally(() => {
      this.#compacting = undefined
    })
  }

  async #compactDue(): Promise<void> {
    const { lsm, log } = this.#parts
    let merges = 0
    for (; !this.#closed && (await lsm.compactOnce()); merges++) log.debug("compacted")
    if (merges > 0) await this.#sweep()
  }

  /** Replaced segments stay for a while, for readers of other tabs: what is left is swept when that has passed. */
  async #sweep(): Promise<void> {
    const isLeft = await this.#parts.lsm.sweep()
    this.#cancelSweep?.()
    if (!isLeft || this.#closed) return
    this.#cancelSweep = this.#parts.host.timers.after(limits.retiredSegmentMs, () => {
      void this.#guard(
        "sweep",
        this.#locked(() => this.#sweep()),
      )
    })
  }

  #idleAfter(delayMs: number): void {
    if (this.#closed) return
    const { timers, clock } = this.#parts.host
    this.#cancelIdle = timers.after(delayMs, () => {
      this.#cancelIdle = undefined
      const leftMs = this.#committedLast + limits.idleChoreMs - clock.monotonic()
      if (leftMs >= 1) return this.#idleAfter(leftMs)
      this.#settling ??= this.#guard(
        "settle",
        this.#locked(() => this.#settle()),
      ).finally(() => {
        this.#settling = undefined
      })
    })
  }

  /** An idle database ends up flushed, compressed and swept. */
  async #settle(): Promise<void> {
    const { lsm, ledger, host, log } = this.#parts
    await this.#flushing
    const started = host.clock.monotonic()
    await this.#parts.dropUnused()
    await this.#parts.coverLargeRecord()
    await lsm.flush(ledger.toNote(), { compress: true })
    await this.#compactDue()
    await this.#sweep()
    log.debug("settled", { ms: host.clock.monotonic() - started })
  }

  #poll(delayMs: number = limits.tabPollMs): void {
    if (this.#closed) return
    this.#cancelPoll = this.#parts.host.timers.after(delayMs, () => {
      void this.#guard("poll", this.#parts.catchUp()).then(() => this.#poll())
    })
  }

  async #locked(work: () => Promise<void>): Promise<void> {
    const { host, databaseId } = this.#parts
    await host.locks.hold(`fixpoint-chore-${databaseId}`, { ifAvailable: true }, work)
  }

  /** A chore that fails is logged and tried again when its time comes; it fails no write. */
  async #guard(chore: string, work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      if (!this.#closed) this.#parts.log.warn("a chore failed", { chore, code: asFixpointError(error).code })
    }
  }
}
