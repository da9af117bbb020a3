/**
 * The simulation of whole engines: devices of several tabs around one bucket, everything that may go wrong, from one seed. Owns:
 * what happens, step by step.
 * Invariant: a seed gives one run, bit for bit; everything that engines do goes through their hosts. Must not know what must hold
 * (engine-checks.ts).
 */
import type { Code } from "@fixpoint/core/errors"
import type { Machine, MachineParts, Replica, Rules } from "@fixpoint/core/sync"
import { fairWeather } from "../bucket-weather.ts"
import { type Dice, pick } from "../dice.ts"
import { SeededWorld } from "../seeded-host.ts"
import { Violation } from "../sync/published.ts"
import { checkAtRest } from "./engine-checks.ts"
import { Honesty } from "./honesty.ts"
import { playCompression, playCrypto } from "./play-crypto.ts"
import { closeAll, settle } from "./settling.ts"
import { SimulatedBucket } from "./simulated-bucket.ts"
import { type EngineTab, type LinkedTab, SimulatedEngineDevice } from "./simulated-device.ts"
import { Strikes } from "./strikes.ts"
import { drawSwarm, type Swarm, type Theme, type Trouble } from "./swarm.ts"
import { TokenBook } from "./token-book.ts"
import { essay } from "./typists.ts"
import { UpkeepMachine } from "./upkeep-machine.ts"
import { Users } from "./users.ts"

/** What a simulation of engines is about. */
export interface EngineSimulationOptions {
  readonly seed: number
  /** Steps before the trouble ends. */
  readonly steps: number
  /** Rules to try instead of the sound ones. */
  readonly rules?: Rules
  /** What machines work with instead of an engine's own replica. */
  readonly replicaOf?: (replica: Replica) => Replica
  /** A bucket without create-if-absent. */
  readonly createIfAbsent?: boolean
  /** Kinds of trouble that are left out. */
  readonly without?: readonly (keyof Trouble)[]
  /** What happens above all; nothing does where it is left out. */
  readonly about?: Theme
  /** Something that is broken on purpose, before the checks at rest. */
  readonly sabotage?: (simulation: EngineSimulation) => void | Promise<void>
}

/** What has happened: a simulation that never meets a case shows nothing of it. */
export interface EngineSimulationReport {
  readonly counts: Readonly<Record<string, number>>
  /** What all devices show in the end. */
  readonly digest: string
}

const secret = new Uint8Array(32).fill(7)
const database = "simulated"
/** Nothing takes longer once the trouble is over. */
const patienceMs = 20 * 60_000

/** What a run has failed with, and what had happened before. */
export class SimulationFailure extends Error {
  readonly trace: readonly string[]

  constructor({ message, cause }: { readonly message: string; readonly cause: unknown }, trace: readonly string[]) {
    super(message, { cause })
    this.trace = trace
  }
}

/** Runs a seed. Throws a SimulationFailure when something is broken. */
export async function simulateEngines(options: EngineSimulationOptions): Promise<EngineSimulationReport> {
  const simulation = new EngineSimulation(options)
  const digest = await simulation.run().catch((cause: unknown) => {
    throw new SimulationFailure({ message: cause instanceof Error ? cause.message : "", cause }, simulation.trace)
  })
  const { deletedPieces } = simulation.bucket
  return { counts: { ...simulation.counts, "pieces deleted": deletedPieces }, digest }
}

/** Engines around one bucket. */
export class EngineSimulation {
  readonly counts: Record<string, number> = {}
  /** What has happened, a line each: when, in which step and to which device. */
  readonly trace: string[] = []
  readonly world: SeededWorld
  readonly bucket: SimulatedBucket
  readonly devices: SimulatedEngineDevice[] = []
  readonly tokens: TokenBook = new TokenBook()
  readonly swarm: Swarm
  readonly honesty: Honesty
  readonly #options: EngineSimulationOptions
  readonly #dice: Dice
  readonly #users: Users
  readonly #strikes: Strikes
  #isCalm = false
  #step = 0
  #acting = ""

  constructor(options: EngineSimulationOptions) {
    this.#options = options
    const instant = { crypto: playCrypto, compression: playCompression }
    this.world = new SeededWorld(options.seed, { instant, keepsLogs: false })
    this.#dice = this.world.dice
    const { without = [], about } = options
    this.swarm = drawSwarm(this.#dice, { without, about })
    const { weather, latencyMsMax, strongList } = this.swarm
    const createIfAbsent = options.createIfAbsent ?? true
    if (!strongList) this.count("lists that are behind")
    const bucket = { weather, latencyMsMax, strongList, createIfAbsent }
    this.bucket = new SimulatedBucket({ world: this.world, secret, database, ...bucket })
    this.honesty = new Honesty(this)
    this.#strikes = new Strikes(this, this.#dice)
    this.#users = new Users({
      dice: this.#dice,
      tokens: this.tokens,
      bucket: this.bucket,
      count: (what) => this.count(what),
      background: (work) => this.honesty.background(work),
    })
  }

  /** What devices are still there. */
  get living(): SimulatedEngineDevice[] {
    return this.devices.filter(({ isDead }) => !isDead)
  }

  async run(): Promise<string> {
    await this.#begin()
    for (let step = 0; step < this.#options.steps; step++) {
      await this.world.advance(this.#dice.below(this.swarm.pauseMsMax))
      this.#step = step
      await this.#act()
      this.stopOnViolation()
      if (step % 8 === 0) this.checkCoverage()
    }
    this.#isCalm = true
    this.#acting = ""
    await settle(this)
    await this.#options.sabotage?.(this)
    if (this.isSplit) return "split"
    const digest = await checkAtRest(this, "at the end")
    const late = this.addDevice()
    for (let round = 0; round < 3; round++) await this.syncOf(late)
    await checkAtRest(this, "with a late device")
    await closeAll(this)
    return digest
  }

  /** Waits for something that comes by itself, letting time pass. */
  async until<T>(work: Promise<T>): Promise<T> {
    const outcome: { value?: () => T } = {}
    work.then(
      (value) => (outcome.value = () => value),
      (error: unknown) =>
        (outcome.value = () => {
          throw error
        }),
    )
    for (let waitedMs = 0; ; waitedMs += 100) {
      await this.world.settled()
      if (outcome.value !== undefined) return outcome.value()
      if (waitedMs > patienceMs) throw new Violation("O10: a call is never answered")
      await this.world.advance(100)
      this.stopOnViolation()
    }
  }

  /** A round of a device, whatever the doorbell says. */
  async syncOf(device: SimulatedEngineDevice): Promise<Code | undefined> {
    const { link, machine } = await this.tabOf(device)
    machine.lookAgain()
    try {
      await this.until(link.sync())
      return undefined
    } catch (error) {
      const code = this.honesty.codeOf(error)
      this.stopOnViolation()
      return code
    }
  }

  /** A tab of a device with a link; opened when there is none. */
  async tabOf(device: SimulatedEngineDevice): Promise<LinkedTab> {
    for (let attempt = 0; attempt < 10; attempt++) {
      const one = device.open.find(({ engine }) => engine.status().state !== "failed") ?? device.openTab()
      for (let waitedMs = 0; one.link === undefined && !one.isGone && waitedMs < 10_000; waitedMs += 50)
        await this.world.advance(50)
      if (one.link !== undefined && !one.isGone) return one as LinkedTab
      device.killTab(one)
    }
    throw new Violation(`O10: ${device.name} does not open`)
  }

  addDevice(from?: SimulatedEngineDevice): SimulatedEngineDevice {
    const name = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".charAt(this.devices.length)
    const { world, bucket, swarm } = this
    const device = new SimulatedEngineDevice(
      name,
      {
        world,
        bucket,
        secret,
        database,
        storeMsMax: swarm.storeMsMax,
        commitFault: () => this.#commitFault(),
        beforeBarrier: (of) => this.tokens.beforeBarrier(of),
        machineOf: (parts) => this.#machineOf(parts),
        tell: (code) => this.count(code),
      },
      from,
    )
    if (!swarm.isQuiet) device.seeded.skewMs = this.#dice.below(20_000) - 10_000
    this.devices.push(device)
    device.openTab()
    return device
  }

  /** I1, where the bucket itself has lost nothing: what it has lost is put back as a base. */
  checkCoverage(): void {
    if (!this.hasLostObjects) this.bucket.published.checkCoverage()
  }

  /**
   * Whether a bucket that was emptied was begun anew by a device that knew nothing of it, before any other had put it back: then
   * those who knew it refuse it, and that is how it stays.
   */
  get isSplit(): boolean {
    return (this.counts["told REMOTE_LOST"] ?? 0) > 0
  }

  /** Whether bytes are damaged on their way. */
  get damages(): boolean {
    return this.swarm.weather.damaged > 0
  }

  /** Whether the bucket has lost anything that was put into it. */
  get hasLostObjects(): boolean {
    return (this.counts["bucketLoss"] ?? 0) > 0
  }

  async #begin(): Promise<void> {
    const first = this.addDevice()
    const { weather } = this.bucket
    this.bucket.weather = fairWeather
    this.#isCalm = true
    const { engine } = await this.tabOf(first)
    const text = "{}"
    await this.until(
      engine.write([
        { op: "put", collection: "docs", id: "book", text },
        { op: "put", collection: "docs", id: "names", text },
        { op: "put", collection: essay.collection, id: essay.id, text },
      ]),
    )
    await this.syncOf(first)
    for (let i = 1; i < this.swarm.devices; i++) await this.syncOf(this.addDevice())
    await this.syncOf(first)
    for (const device of this.devices) device.keepBackup()
    this.#isCalm = false
    this.bucket.weather = weather
  }

  /** One thing that happens. */
  async #act(): Promise<void> {
    const device = pick(this.#dice, this.living)
    this.#acting = device.name
    const { trouble } = this.swarm
    let chance = this.#dice.below(1000)
    const kind = (Object.keys(trouble) as (keyof Trouble)[]).find((one) => (chance -= trouble[one]) < 0)
    if (kind !== undefined) {
      this.count(kind)
      return this.#strikes.strike(kind, device)
    }
    const one = pick<EngineTab | undefined>(
      this.#dice,
      device.open.filter(({ tab }) => !tab.isFrozen),
    )
    if (one === undefined) return void device.openTab()
    const deed = this.#dice.below(100)
    const { attaches, lending, returns, joins, changes, devicesMax } = this.swarm
    if (deed < returns) return this.#reconnect(device)
    if (deed < returns + joins && this.devices.length < devicesMax) return void this.addDevice()
    if (deed < returns + joins + changes) return this.#users.change(one)
    if (deed < 8) return this.#users.mark(device, one, attaches && deed < 5)
    if (deed >= 30 && deed < 30 + lending) return this.#users.lend(one)
    if (deed < 16 && this.swarm.types) return this.#users.type(device, one)
    if (deed < 30) return this.#users.writeToken(device, one)
    if (deed < 60) return this.#users.write(one)
    if (deed < 80) return this.#users.look(device, one)
    if (deed < 84) return this.#users.awaitSynced(device, one)
    if (deed < 88 && device.open.length < this.swarm.tabsMax) return void device.openTab()
    if (deed < 91) return this.honesty.background(device.closeTab(one))
    if (deed < 93) return device.keepBackup()
    if (deed < 95) return device.open.forEach(({ tab }) => tab.thaw())
    if (deed < 97) return this.#reconnect(device)
    if (deed < 98) device.seeded.losesMessages = !device.seeded.losesMessages
    else if (deed < 99 && this.devices.length < devicesMax) this.addDevice()
  }

  /** A user sees to it that a device reaches its bucket. */
  #reconnect(device: SimulatedEngineDevice): void {
    device.seeded.setOnline(true)
    if (!this.bucket.obstacles.delete(device.name)) return
    for (const { link } of device.open) link?.resume()
  }

  #machineOf(parts: MachineParts): Machine {
    const { rules, replicaOf = (replica) => replica } = this.#options
    const replica = replicaOf(parts.replica)
    const { fileRetentionMs } = this.swarm
    // A run takes seconds of its world's time: what is replaced goes at once, and copies meet what comes of that.
    const machine = { ...parts, replica, fileRetentionMs, packRetentionMs: 0, ...(rules !== undefined && { rules }) }
    return new UpkeepMachine(machine, (of) => this.#upkeep(of))
  }

  /** What is done after some rounds, besides what the engine does of itself. */
  async #upkeep(machine: Machine): Promise<void> {
    if (this.#isCalm) return
    if (this.swarm.attaches && this.#dice.below(2) === 0) {
      this.count("files tended")
      const one = this.living.flatMap(({ open }) => open).find((tab) => tab.machine === machine)
      if (one !== undefined) this.#users.letGo(one)
      await machine.tendFiles("now")
    }
    const { announces, looks } = this.swarm
    if (looks > 0 && this.#dice.below(100) < looks) machine.lookAgain()
    if (announces > 0 && this.#dice.below(100) < announces) await machine.announce()
    if (this.#dice.below(1000) >= this.swarm.upkeep) return
    const chance = this.#dice.below(4)
    this.count(["base", "run", "collected", "maintained"][chance] as string)
    if (chance === 0) await machine.compact("base")
    if (chance === 1) await machine.compact("run")
    if (chance === 2) await machine.collectGarbage()
    if (chance === 3) await machine.maintain()
    for (const actor of this.#strikes.doomed) await machine.evict(actor)
  }

  #commitFault() {
    if (this.#isCalm || this.#dice.below(1000) >= this.swarm.commitFaults) return undefined
    this.count("commit fault")
    const isApplied = this.#dice.below(2) === 0
    return isApplied || this.#dice.below(2) === 0
      ? ({ code: "STORE_TIMEOUT", isApplied } as const)
      : ({ code: "QUOTA", isApplied } as const)
  }

  stopOnViolation(): void {
    const violation = this.honesty.violation ?? this.bucket.violation
    if (violation !== undefined) throw violation
  }

  count(what: string): void {
    const seconds = (this.world.time.monotonic() / 1000).toFixed(3)
    const when = this.#isCalm ? "calm" : `step ${this.#step}`
    this.trace.push(`${seconds.padStart(9)} s  ${when.padEnd(8)}  ${this.#acting}  ${what}`)
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
}
