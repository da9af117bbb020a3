/**
 * A device of a simulation: a disk, and tabs with an engine each that syncs with the bucket. Owns: how they begin and end, by a
 * close, a kill, a power cut, a wipe or a backup, and what a tab tells meanwhile.
 * Invariant: all tabs of a device share one disk and nothing else. Must not know what is written or checked.
 */
import {
  createEngine,
  createMemoryDisk,
  type Engine,
  type MemoryDisk,
  rawKeys,
  type RemoteLink,
  type SentinelRecord,
  type Store,
} from "@fixpoint/core"
import * as cells from "@fixpoint/core/cells"
import * as check from "@fixpoint/core/check"
import { type Code, FixpointError, isFixpointError } from "@fixpoint/core/errors"
import * as files from "@fixpoint/core/files"
import * as conflicts from "@fixpoint/core/conflicts"
import * as history from "@fixpoint/core/history"
import * as indexes from "@fixpoint/core/indexes"
import * as queries from "@fixpoint/core/queries"
import * as search from "@fixpoint/core/search"
import { type Machine, type MachineParts, startSync } from "@fixpoint/core/sync"
import * as text from "@fixpoint/core/text"
import * as yjs from "@fixpoint/core/yjs"
import * as transaction from "@fixpoint/core/transaction"
import * as undo from "@fixpoint/core/undo"
import * as upkeep from "@fixpoint/core/upkeep"
import { CrashDisk } from "../crash-disk.ts"
import type { SeededDevice, SeededTab } from "../seeded-device.ts"
import type { SeededWorld } from "../seeded-host.ts"
import { wrapStore } from "../wrapped-store.ts"
import type { SimulatedBucket } from "./simulated-bucket.ts"
import { essay } from "./typists.ts"

/** What devices of one simulation share. */
export interface Surroundings {
  readonly world: SeededWorld
  readonly bucket: SimulatedBucket
  readonly secret: Uint8Array
  readonly database: string
  /** A call of a store takes up to so long. */
  readonly storeMsMax: number
  /** The failure of a commit, if it is to fail, and whether it is stored all the same. */
  commitFault(): { readonly code: Code; readonly isApplied: boolean } | undefined
  /** A strict commit is about to be made; gives what is to be called once it is. */
  beforeBarrier(device: string): () => void
  /** The machine of a tab. */
  machineOf(parts: MachineParts): Machine
  /** A tab tells of an error, or a round of an alarm. */
  tell(code: Code): void
}

/** A tab at work. */
export interface EngineTab {
  readonly tab: SeededTab
  readonly engine: Engine
  /** Once the engine has one; never in one whose opening failed. */
  link: RemoteLink | undefined
  /** What drives the protocol, once there is a link. */
  machine: Machine | undefined
  /** Closed, killed, or of no more use. */
  isGone: boolean
}

/** A tab that syncs. */
export type LinkedTab = EngineTab & { readonly link: RemoteLink; readonly machine: Machine }

/** A disk and its sentinels, to come back to. */
export interface DeviceBackup {
  readonly disk: MemoryDisk
  readonly sentinels: ReadonlyMap<string, SentinelRecord>
}

/** A device. */
export class SimulatedEngineDevice {
  readonly name: string
  readonly seeded: SeededDevice
  readonly tabs: EngineTab[] = []
  /** What was once seen here of others, by actor. */
  readonly knownOthers: Map<string, number> = new Map()
  /** Actors that it was, whether it published as them or not: a copy begins as the original. */
  readonly selves: Set<string> = new Set()
  backup: DeviceBackup | undefined
  /** Gone for good. */
  isDead = false
  #disk: CrashDisk
  readonly #around: Surroundings

  constructor(name: string, around: Surroundings, from?: SimulatedEngineDevice) {
    this.name = name
    this.#around = around
    this.seeded = around.world.device()
    this.#disk = new CrashDisk(from?.stored)
    for (const [database, record] of from?.seeded.sentinels ?? []) this.seeded.sentinels.set(database, record)
  }

  /** What is on the disk. */
  get stored(): MemoryDisk {
    return this.#disk.disk
  }

  /** Commits that a power cut may take. */
  get unsure(): number {
    return this.#disk.unsure
  }

  /** Tabs that can be asked. */
  get open(): EngineTab[] {
    return this.tabs.filter(({ isGone }) => !isGone)
  }

  /** Opens one more tab, which syncs as soon as it can. */
  openTab(): EngineTab {
    const { world, bucket, secret, database, tell } = this.#around
    const tab = this.seeded.openTab()
    const engine = createEngine({
      name: database,
      host: tab.host,
      openStore: async () => this.#openStore(tab),
      destroyStorage: async () => undefined,
      keys: rawKeys(secret),
      durability: "relaxed",
      collections: { docs: { fields: { n: "counter", tags: "set", both: "mv", [essay.path]: "text" } } },
      parts: {
        cells: async () => cells,
        check: async () => check,
        indexes: async () => indexes,
        queries: async () => queries,
        transaction: async () => transaction,
        search: async () => search,
        text: async () => text,
        yjs: async () => yjs,
        files: async () => files,
        conflicts: async () => conflicts,
        history: async () => history,
        undo: async () => undo,
        upkeep: async () => upkeep,
        sync: async () => ({
          startSync: (parts) =>
            startSync({
              ...parts,
              makeRounds: (machine) => (one.machine = this.#around.machineOf(this.#noting(machine))),
            }),
        }),
      },
      recovers: true,
    })
    const one: EngineTab = { tab, engine, link: undefined, machine: undefined, isGone: false }
    engine.on((event) => {
      if (event.event === "error") tell(event.error.code)
    })
    const gateway = bucket.gateway(tab, this.seeded, this.name)
    const usage = () => ({ requests: { ...bucket.counts }, bytes: { in: 0, out: 0 }, cost: 0 })
    engine.sync().then(
      (sync) => (one.link = sync.attach({ gateway, usage }, () => undefined)),
      (error: unknown) => {
        // Its user loads it anew.
        this.killTab(one)
        if (!isFixpointError(error)) throw error
        world.time.after(0, () => tell(error.code))
      },
    )
    this.tabs.push(one)
    return one
  }

  /** Closes a tab as a user does. */
  async closeTab(one: EngineTab): Promise<void> {
    one.isGone = true
    await one.engine.close()
    one.tab.kill()
  }

  killTab(one: EngineTab): void {
    one.isGone = true
    one.tab.kill()
  }

  /** Ends all tabs at once; nothing that was stored is lost. */
  kill(): void {
    for (const one of this.open) this.killTab(one)
    this.#disk.kill()
  }

  /** Ends all tabs, and takes the last commits that no barrier had followed. */
  cutPower(lost: number): void {
    this.kill()
    if (lost > 0) this.knownOthers.clear()
    this.#disk.cutPower(lost)
  }

  /** Ends all tabs, and leaves nothing but the sentinel. */
  wipe(): void {
    this.kill()
    this.knownOthers.clear()
    this.#disk = new CrashDisk()
  }

  /** Keeps what is sure to be stored. */
  keepBackup(): void {
    this.backup = { disk: createMemoryDisk(this.stored), sentinels: new Map(this.seeded.sentinels) }
  }

  /** Ends all tabs, and puts the disk back, with the sentinel or without it. */
  restore({ disk, sentinels }: DeviceBackup, withSentinels: boolean): void {
    this.kill()
    this.knownOthers.clear()
    this.#disk = new CrashDisk(disk)
    if (!withSentinels) return
    this.seeded.sentinels.clear()
    for (const [database, record] of sentinels) this.seeded.sentinels.set(database, record)
  }

  /** What becomes of it is noted, also what is another before it has published anything. */
  #noting(parts: MachineParts): MachineParts {
    const { replica } = parts
    const replicaNoting: typeof replica = new Proxy(replica, {
      get: (target, name: keyof typeof replica) => {
        if (name !== "reincarnate") return target[name].bind(target as never)
        return (...[revision, next, keep]: Parameters<typeof replica.reincarnate>) => {
          this.selves.add(next.actor)
          return target.reincarnate(revision, next, keep)
        }
      },
    })
    return { ...parts, replica: replicaNoting }
  }

  /** The disk as a tab sees it: each call takes a while, and what a killed tab asks is never answered. */
  #openStore(tab: SeededTab): Store {
    const { world, storeMsMax, commitFault, beforeBarrier } = this.#around
    const wait = () => new Promise<void>((resolve) => world.time.after(world.dice.below(storeMsMax), resolve))
    const store = wrapStore(this.#disk.openStore(), async ({ name, parameters }, run) => {
      if (name === "commit") await wait()
      await tab.awake()
      const fault = name === "commit" ? commitFault() : undefined
      if (fault?.isApplied === false) throw new FixpointError(fault.code)
      const [change] = parameters as [{ readonly durability?: string } | undefined]
      const isStrict = name === "commit" && change?.durability === "strict"
      const onBarrier = isStrict ? beforeBarrier(this.name) : undefined
      const outcome = await run()
      if (outcome === "committed") onBarrier?.()
      await tab.awake()
      if (fault !== undefined) throw new FixpointError(fault.code)
      return outcome
    })
    return { ...store, persistence: "fs" }
  }
}
