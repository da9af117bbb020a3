/**
 * One remote of a database, as one tab syncs with it. Owns: when rounds are made, who of several tabs makes them, and the
 * status. A tab that holds the lock goes first; the others run the same clock a little slower, and each round of anybody sets
 * all clocks anew. So a tab that is frozen with its lock is stood in for, and two that come together do no harm: every change
 * of the protocol's state is a compare-and-swap, every object is put once.
 * Invariant: one round of this tab at a time; after `detach` no call is made any more. Must not know the protocol.
 */
import type { Remote, RemoteLink, SyncStatus } from "../api/sync.ts"
import { asFixpointError, FixpointError } from "../base/errors.ts"
import type { CancelTimer, Channel, Host } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import type { Logger } from "../base/log.ts"
import type { Gateway } from "../sync/gateway.ts"
import type { IntakeProgress } from "../sync/session.ts"
import { formatBeat, parseBeat, writtenBeat } from "./beat.ts"
import { afterFailure, pollDelayMs } from "./pace.ts"
import { watchedGateway } from "./watched-gateway.ts"

/** What drives the protocol with one remote. */
export interface Rounds {
  /** Takes in what is new, and publishes what was written. */
  sync(): Promise<void>
  /** Forgets what the remote was. */
  adopt(): Promise<void>
  /** Compacts the bucket when it is time. */
  maintain(): Promise<void>
  /** Looks after the files of the bucket, once a day. */
  tendFiles(when: "daily"): Promise<void>
  /** Whether it should be seen at once if it is time. */
  readonly isHeavy?: boolean
}

/** What a link is made of. */
export interface RemoteLinkParts {
  readonly host: Host
  readonly log: Logger
  readonly remote: Remote
  /** Name of the lock and of the channel that the tabs of this database share for this remote. */
  readonly name: string
  makeRounds(gateway: Gateway, onProgress: (progress: IntakeProgress) => void): Rounds
  /** How many batches of local writes wait, and a text that changes when anything was taken in or written. */
  position(): Promise<{ readonly pending: number; readonly mark: string }>
  onStatus(status: SyncStatus): void
  /** A round has ended, here or in another tab. */
  onRound(): void
  onEnd(): void
}

const hourMs = 3_600_000

/** The link of one tab to one remote. */
export class SyncLink implements RemoteLink {
  readonly #parts: RemoteLinkParts
  readonly #rounds: Rounds
  readonly #channel: Channel
  readonly #ending = new AbortController()
  readonly #offNetwork: (() => void) | undefined
  #state: SyncStatus["state"] = "idle"
  #progress: IntakeProgress | undefined
  #pending = 0
  #mark = ""
  #lastSyncAt: number | undefined
  #lastError: FixpointError | undefined
  #failures = 0
  #isFirst = false
  #isPaused = false
  #isVisible = true
  #changedAtMs: number
  #calls = 0
  #hasPut = false
  #busyRounds = 0
  #hour = { sinceMs: 0, calls: 0 }
  #cancel: CancelTimer | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(parts: RemoteLinkParts) {
    this.#parts = parts
    const { host, name, remote } = parts
    this.#changedAtMs = host.clock.monotonic()
    this.#rounds = parts.makeRounds(
      watchedGateway(remote.gateway, this.#ending.signal, (verb) => this.#called(verb)),
      (progress) => this.#tookIn(progress),
    )
    this.#channel = host.channel(name, (message) => this.#heard(message))
    this.#offNetwork = host.network?.onChange(() => this.#networkChanged())
    void this.#goFirst()
    this.#schedule(this.#isOnline() ? 0 : undefined)
    if (!this.#isOnline()) this.#turn("offline")
  }

  status(): SyncStatus {
    return {
      state: this.#isPaused || this.#hasEnded() ? "stopped" : this.#state,
      progress: this.#progress,
      pending: this.#pending,
      lastSyncAt: this.#lastSyncAt,
      lastError: this.#lastError?.toJSON(),
      ...this.#parts.remote.usage(),
    }
  }

  sync(): Promise<void> {
    if (this.#hasEnded()) return Promise.reject(new FixpointError("SYNC_OFF"))
    this.#next ??= (async () => {
      // The one under way began before this call: what it fails with is its own caller's.
      await this.#running?.catch(() => undefined)
      this.#next = undefined
      await this.#begin()
    })()
    return this.#next
  }

  async adopt(): Promise<void> {
    if (this.#hasEnded()) throw new FixpointError("SYNC_OFF")
    await this.#rounds.adopt()
    await this.sync()
  }

  pause(): void {
    this.#isPaused = true
    this.#schedule(undefined)
    this.#told()
  }

  resume(): void {
    if (this.#hasEnded()) return
    this.#isPaused = false
    this.#failures = 0
    this.#turn("idle")
    this.#schedule(0)
  }

  async detach(): Promise<void> {
    if (this.#hasEnded()) return
    this.#ending.abort()
    this.#schedule(undefined)
    this.#offNetwork?.()
    await this.#running?.catch(() => undefined)
    this.#channel.close()
    this.#told()
    this.#parts.onEnd()
  }

  /** This tab has written. */
  committed(): void {
    this.#changedAtMs = this.#now()
    if (this.#pending === 0) {
      this.#pending = 1
      this.#told()
    }
    if (!this.#isFirst) this.#channel.post(writtenBeat)
    if (this.#isWaiting()) return
    this.#scheduleWithin(limits.pushDelayMs + (this.#isFirst ? 0 : limits.standInMs))
  }

  /** Whether somebody looks. */
  attend(isVisible: boolean): void {
    const wasVisible = this.#isVisible
    this.#isVisible = isVisible
    if (isVisible && !wasVisible && !this.#isWaiting()) this.#scheduleWithin(0)
  }

  /** The lock tells who goes first. A holder that sleeps keeps it; then others stand in. */
  async #goFirst(): Promise<void> {
    const { host, name, log } = this.#parts
    const { signal } = this.#ending
    try {
      await host.locks.hold(name, { signal }, async () => {
        if (signal.aborted) return
        this.#isFirst = true
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
      })
    } catch (error) {
      if (!signal.aborted) log.warn("no lock for sync", { code: asFixpointError(error).code })
    }
  }

  async #begin(): Promise<void> {
    this.#schedule(undefined)
    this.#running = this.#round()
    try {
      await this.#running
    } finally {
      this.#running = undefined
    }
  }

  async #round(): Promise<void> {
    this.#calls = 0
    this.#hasPut = false
    try {
      await this.#rounds.sync()
      this.#progress = undefined
      this.#failures = 0
      this.#lastError = undefined
      this.#lastSyncAt = this.#parts.host.clock.now()
      const { pending, mark } = await this.#parts.position()
      this.#pending = pending
      if (mark !== this.#mark) {
        this.#mark = mark
        this.#changedAtMs = this.#now()
        if (this.#isFirst) await this.#maintain()
      }
      await this.#besides("files", () => this.#rounds.tendFiles("daily"))
      this.#turn("idle")
      this.#schedule(this.#pending > 0 ? limits.pushDelayMs : this.#pollDelayMs())
    } catch (thrown) {
      if (this.#hasEnded()) throw new FixpointError("SYNC_OFF")
      this.#failed(asFixpointError(thrown))
      throw thrown
    } finally {
      if (!this.#hasEnded()) this.#beat()
      this.#parts.onRound()
    }
  }

  async #maintain(): Promise<void> {
    if (++this.#busyRounds < limits.roundsPerMaintenance && this.#rounds.isHeavy !== true) return
    this.#busyRounds = 0
    await this.#besides("compaction", () => this.#rounds.maintain())
  }

  /** What a round does not need: it comes again. A bucket may allow nobody to delete. */
  async #besides(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#parts.log.warn("upkeep of a bucket failed", { what, code: asFixpointError(error).code })
    }
  }

  #failed(error: FixpointError): void {
    this.#failures++
    this.#progress = undefined
    this.#lastError = error
    this.#parts.log.warn("a round failed", { code: error.code, failures: this.#failures })
    const [roll = 0] = this.#parts.host.random(1)
    const after = this.#isOnline() ? afterFailure(error, this.#failures, roll / 256) : offline
    this.#turn(after.state)
    this.#schedule(after.delayMs)
  }

  #beat(): void {
    const { state } = this.status()
    const atMs = this.#lastSyncAt ?? 0
    this.#channel.post(formatBeat({ state, atMs, code: this.#lastError?.code }))
  }

  #heard(message: number): void {
    if (this.#hasEnded()) return
    if (message === writtenBeat) {
      this.#changedAtMs = this.#now()
      if (this.#isFirst && !this.#isWaiting()) this.#scheduleWithin(limits.pushDelayMs)
      return
    }
    const { state, atMs, code } = parseBeat(message)
    if (this.#running === undefined) {
      if (atMs > 0) this.#lastSyncAt = Math.max(this.#lastSyncAt ?? 0, atMs)
      this.#lastError = code === undefined ? undefined : new FixpointError(code)
      this.#turn(state === "stopped" ? "idle" : state)
      if (!this.#isWaiting()) this.#schedule(this.#pollDelayMs())
      void this.#count()
    }
    this.#parts.onRound()
  }

  async #count(): Promise<void> {
    try {
      this.#pending = (await this.#parts.position()).pending
      this.#told()
    } catch (error) {
      this.#parts.log.debug("cannot count what waits", { code: asFixpointError(error).code })
    }
  }

  #called(verb: "get" | "put" | "list" | "delete"): void {
    this.#calls++
    const nowMs = this.#now()
    if (nowMs - this.#hour.sinceMs > hourMs) this.#hour = { sinceMs: nowMs, calls: 0 }
    this.#hour.calls++
    // One GET that finds nothing new is no news.
    if (verb === "put" && !this.#hasPut) this.#turn("pushing")
    else if (!this.#hasPut && this.#calls === 2) this.#turn("pulling")
    this.#hasPut ||= verb === "put"
  }

  #tookIn(progress: IntakeProgress): void {
    this.#progress = progress
    // A new device has registered by then; what it does now is another thing, and what it puts later will be told again.
    this.#hasPut = false
    this.#turn("pulling")
  }

  #networkChanged(): void {
    if (this.#isPaused || this.#hasEnded()) return
    if (this.#isOnline()) {
      this.#failures = 0
      if (this.#state === "offline" || this.#state === "backoff") this.#schedule(0)
    } else if (this.#running === undefined) {
      this.#turn("offline")
      this.#schedule(undefined)
    }
  }

  #isOnline(): boolean {
    return this.#parts.host.network?.isOnline() ?? true
  }

  /** Whether the next round waits for more than the clock. */
  #isWaiting(): boolean {
    return this.#isPaused || this.#hasEnded() || !["idle", "pulling", "pushing"].includes(this.#state)
  }

  #pollDelayMs(): number {
    const nowMs = this.#now()
    const delayMs = pollDelayMs({
      sinceChangeMs: nowMs - this.#changedAtMs,
      isVisible: this.#isVisible,
      requestsLastHour: this.#hour.calls,
    })
    return this.#isFirst ? delayMs : delayMs * 1.5 + limits.standInMs
  }

  /** The next round comes no later than this. */
  #scheduleWithin(delayMs: number): void {
    if (this.#now() + delayMs < this.#dueMs) this.#schedule(delayMs)
  }

  #schedule(delayMs: number | undefined): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#dueMs = Number.POSITIVE_INFINITY
    if (delayMs === undefined || this.#isPaused || this.#hasEnded()) return
    this.#dueMs = this.#now() + delayMs
    this.#cancel = this.#parts.host.timers.after(delayMs, () => {
      this.#dueMs = Number.POSITIVE_INFINITY
      // Whoever waits for a round gets its failure; the status has it as well.
      this.sync().catch(() => undefined)
    })
  }

  #turn(state: SyncStatus["state"]): void {
    this.#state = state
    this.#told()
  }

  #told(): void {
    this.#parts.onStatus(this.status())
  }

  #hasEnded(): boolean {
    return this.#ending.signal.aborted
  }

  #now(): number {
    return this.#parts.host.clock.monotonic()
  }
}

const offline = { state: "offline", delayMs: undefined } as const
