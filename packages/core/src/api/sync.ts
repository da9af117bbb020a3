/**
 * Sync as an application drives it. Owns: remotes, the link to each, how it stands, and what two devices compare.
 * Must not know rounds, packs or any kind of bucket.
 */
import type { ErrorJson } from "../base/errors.ts"
import type { Gateway } from "../sync/gateway.ts"

/** How the sync with one remote stands. */
export interface SyncStatus {
  /**
   * "auth" waits for other credentials and `resume` or `sync`; "stopped" is paused, detached, or waits for the application
   * to correct something; "backoff" tries again by itself.
   */
  readonly state: "idle" | "pulling" | "pushing" | "offline" | "backoff" | "auth" | "stopped"
  /**
   * While a round takes in what others wrote: bytes of objects that are here, of those that it has found so far. Undefined
   * otherwise. What is here can be read before all is.
   */
  readonly progress: { readonly done: number; readonly total: number } | undefined
  /** Batches of local writes that the remote has not acknowledged. */
  readonly pending: number
  /** Wall time in ms of the last complete round; undefined before the first one. */
  readonly lastSyncAt: number | undefined
  /** Why the last round failed; undefined when it did not. */
  readonly lastError: ErrorJson | undefined
  /** What this engine has asked of the remote. */
  readonly requests: { readonly get: number; readonly put: number; readonly list: number; readonly delete: number }
  /** Bytes of objects. */
  readonly bytes: { readonly in: number; readonly out: number }
  /** What that costs, in US dollars. */
  readonly cost: number
}

/** A bucket to sync with, and what was asked of it so far. */
export interface Remote {
  readonly gateway: Gateway
  usage(): Pick<SyncStatus, "requests" | "bytes" | "cost">
}

/** The sync with one remote. */
export interface RemoteLink {
  status(): SyncStatus
  /** One complete round that begins after this call; rejects with what stands in its way. */
  sync(): Promise<void>
  /** The same, with a remote that this device has never known, as far as it is concerned from here on. */
  adopt(): Promise<void>
  pause(): void
  resume(): void
  detach(): Promise<void>
}

/** What a database shows, as one text, and the writes that are in it. */
export interface Digest {
  readonly digest: string
  /** By actor, the clock up to which everything that it wrote is here. */
  readonly versions: Readonly<Record<string, number>>
}

/** The sync of a database with all its remotes. */
export interface Sync {
  /** Syncs with a remote from here on; `onStatus` is told of each change. */
  attach(remote: Remote, onStatus: (status: SyncStatus) => void): RemoteLink
  /** Resolves when a remote has the commit of that stamp, or without one, all commits so far. SYNC_OFF without a remote. */
  synced(stamp: string | undefined): Promise<void>
  digest(): Promise<Digest>
  /** Whether somebody looks at the application: polls are rarer when nobody does. */
  attend(isVisible: boolean): void
}
