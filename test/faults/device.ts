/**
 * A device whose effects can be made to fail: its disk, its sentinel and its lives. Owns: how an engine is put over them.
 * Invariant: a life begins with what the ones before have left on the disk and nothing else, and later by the wall clock.
 */
import { createEngine, type Engine, type FieldType, rawKeys, type Remote, type SentinelRecord } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { memory, type MemoryBucket } from "@fixpoint/gateways/memory"
import { CrashDisk, SeededWorld, wrapGateway, wrapStore } from "@fixpoint/testkit"
import { secretOf } from "../engine/bench.ts"
import { parts } from "../engine/parts.ts"
import { Effects } from "./effects.ts"

/** Merge types of the fields of `docs`. */
const fields: Readonly<Record<string, FieldType>> = { count: "counter", tags: "set" }
const betweenLivesMs = 3_600_000

/** A device. */
export class Device {
  #disk = new CrashDisk()
  readonly #sentinels = new Map<string, SentinelRecord>()
  readonly #seed: number
  #lives = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Begins a life. */
  live(effects: Effects = new Effects()): Life {
    this.#lives++
    const world = new SeededWorld(this.#seed + 1000 * this.#lives)
    world.time.shiftWall(this.#lives * betweenLivesMs)
    return new Life(world, effects, { disk: this.#disk, sentinels: this.#sentinels })
  }

  /** Ends a life as its effects have ended. */
  after({ effects }: Life): void {
    effects.end()
    if (effects.isCut) this.#disk.cutPower(Number.POSITIVE_INFINITY)
    else this.#disk.kill()
  }

  /** Loses the disk, and what the platform remembers beside it not. */
  wipe(): void {
    this.#disk = new CrashDisk()
  }
}

/** The tabs of a device until it is killed. */
export class Life {
  readonly world: SeededWorld
  readonly effects: Effects
  readonly #left: { readonly disk: CrashDisk; readonly sentinels: Map<string, SentinelRecord> }

  constructor(
    world: SeededWorld,
    effects: Effects,
    left: { readonly disk: CrashDisk; readonly sentinels: Map<string, SentinelRecord> },
  ) {
    this.world = world
    this.effects = effects
    this.#left = left
  }

  /** Begins to open one more tab. */
  start({ recovers = false }: { readonly recovers?: boolean } = {}): Engine {
    const { disk, sentinels } = this.#left
    const { effects } = this
    return createEngine({
      name: "device",
      host: {
        ...this.world.host(),
        // Hosts answer for a sentinel that fails: it is as if there were none.
        sentinel: {
          read: (name) => effects.run("sentinel.read", async () => sentinels.get(name)).catch(() => undefined),
          write: (name, record) =>
            effects.run("sentinel.write", async () => void sentinels.set(name, record)).catch(() => undefined),
          remove: async (name) => void sentinels.delete(name),
        },
      },
      openStore: async () => {
        const store = wrapStore(disk.openStore(), ({ name }, run) => effects.run(`store.${name}`, run))
        return { ...store, persistence: "fs" }
      },
      destroyStorage: async () => undefined,
      keys: rawKeys(secretOf(1)),
      durability: "relaxed",
      collections: { docs: { fields } },
      parts,
      recovers,
    })
  }

  /** A bucket as this life reaches it. */
  remote(bucket: MemoryBucket): Remote {
    const gateway = wrapGateway(memory(bucket), ({ name }, run) => this.effects.run(`bucket.${name}`, run))
    const none = { get: 0, put: 0, list: 0, delete: 0 }
    return { gateway, usage: () => ({ requests: none, bytes: { in: 0, out: 0 }, cost: 0 }) }
  }

  /** What a call comes to, with as much time as it takes; a call that never ends is an error. */
  async outcome<T>(work: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
    let outcome: { readonly value: T } | { readonly error: unknown } | undefined
    void work.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error }),
    )
    for (let waits = 0; waits < waitsMax; waits++) {
      await this.world.advance(waits < 20 ? 0 : waits < 60 ? 500 : 60_000)
      if (outcome !== undefined) return outcome
    }
    // Nobody waits for a process that has ended.
    if (this.effects.hasEnded) return { error: new FixpointError("STORE_UNAVAILABLE") }
    throw new Error("a call never ends")
  }
}

const waitsMax = 100
