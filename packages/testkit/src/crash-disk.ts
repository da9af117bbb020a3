/**
 * A disk whose processes are killed and whose power is cut. Owns: which commits survive.
 * Invariant: a commit is whole or absent. A kill loses nothing that was committed. A power cut loses relaxed commits that
 * no strict one followed, the newest first: what is left is the state after some commit, never a mix.
 */
import { createMemoryDisk, createMemoryStore, type MemoryDisk, type Store, type StoreChange } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { type StoreCall, wrapStore } from "./wrapped-store.ts"

/** When a crash comes: at which commit, counted from 1 over all stores of the disk, and whether that is stored. */
export interface CrashPoint {
  readonly commit: number
  readonly isStored: boolean
}

/** A disk in memory that remembers what a power cut would leave. */
export class CrashDisk {
  /** The state that is sure, then the one after each commit that is not. */
  #states: MemoryDisk[]
  #live: MemoryDisk
  #commits = 0
  #crashPoint: CrashPoint | undefined
  /** The processes of one life all end together. */
  #life = 0

  constructor(from?: MemoryDisk) {
    this.#live = createMemoryDisk(from)
    this.#states = [createMemoryDisk(from)]
  }

  /** Commits so far, barriers included. */
  get commits(): number {
    return this.#commits
  }

  /** Number of commits that a power cut could lose. */
  get unsure(): number {
    return this.#states.length - 1
  }

  /** What is stored now. */
  get disk(): MemoryDisk {
    return this.#live
  }

  /** Ends all processes at a commit to come. */
  crashAt(point: CrashPoint): void {
    this.#crashPoint = point
  }

  /** A store of a new process. */
  openStore(): Store {
    const life = this.#life
    return wrapStore(createMemoryStore(this.#live), async (call, run) => {
      if (life !== this.#life) throw ended()
      const isLast = call.name === "commit" && ++this.#commits === this.#crashPoint?.commit
      if (!isLast) return await this.#remembered(call, run)
      if (this.#crashPoint?.isStored === true) await this.#remembered(call, run)
      this.kill()
      throw ended()
    })
  }

  /** Ends all processes; nothing is lost. */
  kill(): void {
    this.#life++
    this.#live = createMemoryDisk(this.#live)
  }

  /** Ends all processes, and loses the last `lost` of the commits that are not sure. */
  cutPower(lost: number): void {
    this.kill()
    const state = this.#states.at(-1 - Math.min(lost, this.unsure))
    this.#live = createMemoryDisk(state)
    this.#states = [createMemoryDisk(state)]
  }

  /** Does a call, and remembers the state after it. The memory store does everything within the call itself. */
  async #remembered({ name, parameters }: StoreCall, run: () => Promise<unknown>): Promise<unknown> {
    const running = run()
    if (name !== "commit" && name !== "create" && name !== "putKeys") return await running
    const state = createMemoryDisk(this.#live)
    const outcome = await running
    const isSure = name !== "commit" || (parameters[0] as StoreChange).durability === "strict"
    if (outcome !== "outrun") this.#states = isSure ? [state] : [...this.#states, state]
    return outcome
  }
}

const ended = (): FixpointError => new FixpointError("STORE_UNAVAILABLE", "The process of this store has ended.")
