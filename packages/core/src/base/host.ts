/**
 * The Host seam: every effect that the engine does not compute itself, except storage (lsm/store.ts).
 * Invariant: the engine reaches clock, random, timers, locks, channels, crypto and the sentinel through here alone,
 * so that a seeded host replays a run exactly. Must not know any platform.
 */
import type { Logger } from "./log.ts"

/** Time. Both in milliseconds. */
export interface Clock {
  /** Wall time since 1970-01-01 UTC. It may jump. */
  now(): number
  /** Time since some fixed moment. It never goes back. */
  monotonic(): number
}

/** Ends a timer that has not fired; harmless afterwards. */
export type CancelTimer = () => void

/** One-shot timers. */
export interface Timers {
  after(delayMs: number, run: () => void): CancelTimer
}

/** The part of WebCrypto that the engine calls. */
export type HostCrypto = Pick<
  SubtleCrypto,
  | "decrypt"
  | "deriveBits"
  | "deriveKey"
  | "digest"
  | "encrypt"
  | "exportKey"
  | "generateKey"
  | "importKey"
  | "sign"
  | "unwrapKey"
  | "verify"
  | "wrapKey"
>

/** Raw DEFLATE (RFC 1951). `inflate` rejects with LIMIT_SIZE past `bytesMax`. */
export interface Compression {
  deflate(bytes: Uint8Array): Promise<Uint8Array>
  inflate(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array>
}

/** Mutual exclusion between all engines of one origin (tabs) or one process. */
export interface Locks {
  /**
   * Runs `work` while holding `name`, and gives its result. With `ifAvailable`, gives undefined at once, without
   * running `work`, when somebody holds the lock. A holder can be frozen: whoever holds a lock proves it again by a
   * compare-and-swap before it writes.
   */
  hold<T>(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    work: () => Promise<T>,
  ): Promise<T | undefined>
}

/** A broadcast between the engines of one database. A message is a hint: it can be lost, the truth is in the store. */
export interface Channel {
  post(message: number): void
  close(): void
}

/** What the sentinel remembers of a database: that it existed, and how far it had come for certain. */
export interface SentinelRecord {
  readonly databaseId: string
  /** Number of the last log record that a strict barrier has made durable. */
  readonly head: number
}

/** A small memory outside the store, to notice a store that came back empty or shorter. */
export interface Sentinel {
  read(database: string): Promise<SentinelRecord | undefined>
  write(database: string, record: SentinelRecord): Promise<void>
  remove(database: string): Promise<void>
}

/**
 * Device keys of a platform whose store cannot hold CryptoKeys (Node): kept outside of the database's folder.
 * Absent where the store itself keeps non-extractable CryptoKeys (browsers, memory).
 */
export interface DeviceKeys {
  load(databaseId: string): Promise<Uint8Array | undefined>
  save(databaseId: string, key: Uint8Array): Promise<void>
  remove(databaseId: string): Promise<void>
}

/** What the platform knows of its network. */
export interface Network {
  /** False when there is none for certain. */
  isOnline(): boolean
  /** Calls `listener` when that changes; gives the function that ends it. */
  onChange(listener: () => void): () => void
}

/** All effects of one platform. */
export interface Host {
  readonly clock: Clock
  readonly timers: Timers
  readonly crypto: HostCrypto
  readonly compression: Compression
  readonly locks: Locks
  readonly sentinel: Sentinel
  readonly deviceKeys?: DeviceKeys
  /** Absent where the platform does not tell. */
  readonly network?: Network
  /** Cryptographically strong random bytes. */
  random(byteCount: number): Uint8Array
  /** Opens the broadcast of `name`; `onMessage` gets what the other engines post. */
  channel(name: string, onMessage: (message: number) => void): Channel
  /** The logger of a module. */
  log(module: string): Logger
}
