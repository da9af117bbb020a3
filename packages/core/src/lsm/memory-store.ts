/**
 * A store in memory: for tests, for edge runs, for a page whose platform keeps nothing. Owns: MemoryDisk.
 * Invariant: a commit checks everything first and then applies without a pause, so that it is atomic.
 */
import { FixpointError } from "../base/errors.ts"
import { blockKey, segmentOf } from "./block-key.ts"
import type { CommitOutcome, Genesis, Identity, LogRecord, Store, StoreChange, StoredManifest } from "./store.ts"

/** What a memory store keeps. Several stores may share one, as tabs share a database. */
export interface MemoryDisk {
  identity: Identity | undefined
  keys: unknown
  manifest: StoredManifest | undefined
  /** By number, ascending. */
  log: LogRecord[]
  blocks: Map<number, Uint8Array>
}

/** A disk that holds nothing, or a copy of another one. */
export function createMemoryDisk(from?: MemoryDisk): MemoryDisk {
  return {
    identity: from?.identity,
    keys: from?.keys,
    manifest: from?.manifest,
    log: [...(from?.log ?? [])],
    blocks: new Map(from?.blocks),
  }
}

class MemoryStore implements Store {
  readonly persistence = "memory"
  readonly copies = false
  readonly #disk: MemoryDisk
  #isClosed = false

  constructor(disk: MemoryDisk) {
    this.#disk = disk
  }

  async readHeader() {
    const { identity, keys, manifest } = this.#open()
    return { identity, keys, manifest, head: this.#head() }
  }

  async create({ identity, keys, manifest }: Genesis): Promise<CommitOutcome> {
    if (this.#open().identity !== undefined) return "outrun"
    Object.assign(this.#disk, { identity, keys, manifest })
    return "committed"
  }

  async putKeys(keys: unknown): Promise<void> {
    this.#open().keys = keys
  }

  async readPosition() {
    return { manifestVersion: this.#open().manifest?.version ?? 0, head: this.#head() }
  }

  async readManifest() {
    return this.#open().manifest
  }

  async readLog(after: number, limit: number): Promise<LogRecord[]> {
    return this.#open()
      .log.filter(({ n }) => n > after)
      .slice(0, limit)
  }

  async readBlocks(refs: Parameters<Store["readBlocks"]>[0]) {
    const { blocks } = this.#open()
    return refs.map(({ segment, index }) => blocks.get(blockKey(segment, index)))
  }

  async listSegments(): Promise<number[]> {
    return [...new Set([...this.#open().blocks.keys()].map(segmentOf))]
  }

  async commit(change: StoreChange): Promise<CommitOutcome> {
    const disk = this.#open()
    const { append, manifest, blocks = [], trimLogThrough = 0, dropSegments = [] } = change
    if (append !== undefined && append.n !== this.#head() + 1) return "outrun"
    if (manifest !== undefined && manifest.version !== (disk.manifest?.version ?? 0) + 1) return "outrun"
    if (append !== undefined) disk.log.push(append)
    if (manifest !== undefined) disk.manifest = manifest
    for (const { segment, index, bytes } of blocks) disk.blocks.set(blockKey(segment, index), bytes)
    const trimBelow = Math.min(trimLogThrough + 1, this.#head())
    if (trimLogThrough > 0) disk.log = disk.log.filter(({ n }) => n >= trimBelow)
    if (dropSegments.length > 0)
      for (const key of disk.blocks.keys()) if (dropSegments.includes(segmentOf(key))) disk.blocks.delete(key)
    return "committed"
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  async destroy(): Promise<void> {
    Object.assign(this.#open(), createMemoryDisk())
    this.#isClosed = true
  }

  #open(): MemoryDisk {
    if (this.#isClosed) throw new FixpointError("CLOSED")
    return this.#disk
  }

  #head(): number {
    return this.#disk.log.at(-1)?.n ?? 0
  }
}

/** A store over a disk of its own, or over a given one. */
export function createMemoryStore(disk: MemoryDisk = createMemoryDisk()): Store {
  return new MemoryStore(disk)
}
