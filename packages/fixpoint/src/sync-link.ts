/**
 * The sync of a database with one bucket, as applications hold it. Owns: its status as last told, and its verbs.
 * Must not know what runs it.
 */
import type { SyncStatus as EngineSyncStatus } from "@fixpoint/core"
import type { FixpointError } from "@fixpoint/core/errors"
import type { Waiting } from "./scope.ts"

/** How the sync with one bucket stands. */
export interface SyncStatus extends Omit<EngineSyncStatus, "lastError"> {
  /** Name of the bucket, without any credential. */
  readonly remote: string
  /** Why the last round failed; undefined when it did not. */
  readonly lastError: FixpointError | undefined
}

/** What a link does through its database. */
export interface LinkVerbs {
  sync(options: Waiting, verb?: "sync" | "adopt"): Promise<void>
  steer(how: "pause" | "resume"): void
  detach(): Promise<void>
}

const nothing = {
  progress: undefined,
  pending: 0,
  lastSyncAt: undefined,
  lastError: undefined,
  requests: { get: 0, put: 0, list: 0, delete: 0 },
  bytes: { in: 0, out: 0 },
  cost: 0,
}

/** A link to a bucket. */
export class SyncLink {
  readonly #verbs: LinkVerbs
  #status: SyncStatus

  constructor(remote: string, verbs: LinkVerbs) {
    this.#verbs = verbs
    this.#status = { remote, state: "idle", ...nothing }
  }

  /** How it stands, as far as is known here. */
  get status(): SyncStatus {
    return this.#status
  }

  /** Takes in what is new and publishes what was written, now; rejects with what stands in the way. */
  sync(options: Waiting = {}): Promise<void> {
    return this.#verbs.sync(options)
  }

  /**
   * Takes the bucket for what it is now, whatever it was to this device before, as after REMOTE_LOST: what others have there comes
   * here, and all that is here goes there. Then it is as with `sync`.
   */
  adopt(options: Waiting = {}): Promise<void> {
    return this.#verbs.sync(options, "adopt")
  }

  /** Makes no calls by itself until `resume`. */
  pause(): void {
    this.#status = { ...this.#status, state: "stopped" }
    this.#verbs.steer("pause")
  }

  /** Goes on, after `pause` or after what stopped it was corrected. */
  resume(): void {
    this.#status = { ...this.#status, state: "idle" }
    this.#verbs.steer("resume")
  }

  /** Ends the link. What is not published stays here, and is published by the next link to the bucket. */
  detach(): Promise<void> {
    return this.#verbs.detach()
  }

  /** Takes news. */
  tell(status: Omit<SyncStatus, "remote">): SyncStatus {
    this.#status = { remote: this.#status.remote, ...status }
    return this.#status
  }
}
