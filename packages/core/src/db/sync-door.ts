/**
 * The way to a database's sync. Owns: its load, once it is first asked for, and what the engine tells it.
 * Invariant: it is begun once; a load that failed is tried again by the next who asks. Must not know how sync works.
 */
import type { Loader } from "../base/on-demand.ts"
import type { RunningSync, SyncParts } from "./sync-service.ts"

/** What begins a sync. */
export interface SyncPart {
  startSync(parts: SyncParts): Promise<RunningSync>
}

/** The sync of one engine, begun or not. */
export class SyncDoor {
  readonly #load: Loader<SyncPart>
  #starting: Promise<RunningSync> | undefined
  #running: RunningSync | undefined

  constructor(load: Loader<SyncPart>) {
    this.#load = load
  }

  /** The sync; `parts` are what it is begun with. */
  open(parts: SyncParts): Promise<RunningSync> {
    this.#starting ??= this.#start(parts).catch((error: unknown) => {
      this.#starting = undefined
      throw error
    })
    return this.#starting
  }

  /** A piece of a file as a remote has it, where there is a remote. */
  async fetchFile(file: string, chunk?: number): Promise<Uint8Array | undefined> {
    const running = await this.#starting
    return await running?.fetchFile(file, chunk)
  }

  /** This tab has stored a record. */
  committed(): void {
    this.#running?.committed()
  }

  async close(): Promise<void> {
    const running = await this.#starting?.catch(() => undefined)
    await running?.close()
  }

  async #start(parts: SyncParts): Promise<RunningSync> {
    const { startSync } = await this.#load()
    this.#running = await startSync(parts)
    return this.#running
  }
}
