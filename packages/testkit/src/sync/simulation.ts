/**
 * A simulation of the bucket protocol, from one seed. Owns: what can happen in a world, and how often.
 * Invariant: a seed gives one run, bit for bit. Must not know what must hold.
 */
import { type Key, type Machine, rowKey } from "@fixpoint/core/sync"
import { type Dice, pick } from "../dice.ts"
import { actorOfDisk, copyDisk, type UserWrite } from "./model-disk.ts"
import { lookAndSync, type SimulatedDevice, SimulatedWorld, type WorldOptions } from "./simulated-world.ts"

/** What a simulation is about. */
export interface SimulationOptions extends WorldOptions {
  /** Turns before the faults end. */
  readonly steps: number
  /** Copies of devices that run at the same time as the original. */
  readonly clones?: boolean
}

/** What has happened: a simulation that never meets a case shows nothing of it. */
export interface SimulationReport {
  readonly counts: Readonly<Record<string, number>>
  readonly alarms: Readonly<Record<string, number>>
}

const documents: readonly Key[] = ["a", "b", "c"].map((id) => rowKey("docs", id))

/** How often, in a thousand turns, and on how many documents. */
interface Swarm {
  readonly documents: number
  readonly write: number
  readonly sync: number
  readonly compact: number
  readonly collect: number
  readonly evict: number
  readonly strike: number
}

function swarmOf(dice: Dice): Swarm {
  const between = (low: number, high: number): number => low + dice.below(high - low)
  return {
    documents: between(1, documents.length + 1),
    write: between(60, 160),
    sync: between(80, 160),
    compact: between(5, 40),
    collect: between(5, 30),
    evict: between(0, 16),
    strike: between(0, 40),
  }
}
const fields = ["x", "y"]
const devicesMax = 6

/** Runs a seed. Throws a Violation when something is broken. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const driven = new DrivenWorld(options)
  await driven.run()
  const { counts, world } = driven
  return { counts: { ...counts, ...(world.outruns > 0 && { outrun: world.outruns }) }, alarms: world.alarms }
}

/** A world that dice drive. */
class DrivenWorld {
  readonly counts: Record<string, number> = {}
  readonly world: SimulatedWorld
  readonly #options: SimulationOptions
  /** What this seed does much of: one hot document or several, many compactions or few, much trouble or little. */
  readonly #swarm: Swarm
  /** Actors that somebody wants to end. */
  readonly #doomed = new Set<string>()
  #values = 0

  constructor(options: SimulationOptions) {
    this.#options = options
    this.world = new SimulatedWorld(options)
    this.#swarm = swarmOf(this.world.dice)
  }

  async run(): Promise<void> {
    const { world } = this
    for (let i = 0; i < 3; i++) world.addDevice()
    for (let step = 0; step < this.#options.steps; step++) {
      world.advance(world.dice.below(3_000))
      await this.#act(step)
      world.stopOnFailure()
      if (step % 5 === 0) world.published.checkCoverage()
    }
    await world.settle(this.#doomed)
    world.check("at the end")
    const late = world.addDevice()
    for (let i = 0; i < 3; i++) await world.finish(late, (machine) => machine.sync())
    world.check("with a late device")
  }

  /** One thing that happens. */
  async #act(step: number): Promise<void> {
    const device = this.world.devices[this.world.dice.below(this.world.devices.length)] as SimulatedDevice
    if (device.isDead) return
    if (device.asleepFor > 0) {
      device.asleepFor--
      if (this.world.dice.below(10) === 0) this.#write(device)
      return
    }
    const { write, sync, compact, collect, evict, strike } = this.#swarm
    const begin = (what: string, work: (machine: Machine) => Promise<void>) => () => this.#begin(device, what, work)
    const deeds: readonly (readonly [perMille: number, deed: () => void])[] = [
      [write, () => this.#write(device)],
      [sync, begin("sync", (machine) => machine.sync())],
      [sync / 16, begin("look", lookAndSync)],
      [sync / 4, begin("announce", (machine) => machine.announce())],
      [compact, begin("base", (machine) => machine.compact("base"))],
      [compact, begin("run", (machine) => machine.compact("run"))],
      [collect, begin("gc", (machine) => machine.collectGarbage())],
      [evict, () => this.#evictSomebody(device)],
      [strike, () => this.#strike(device, step)],
    ]
    let chance = this.world.dice.below(1000)
    const deed = deeds.find(([perMille]) => (chance -= perMille) < 0)
    if (deed !== undefined) deed[1]()
    else for (let i = 0; i < 4; i++) await this.world.bucket.step()
  }

  /** A write of a user. */
  #write(device: SimulatedDevice): void {
    const key = pick(this.world.dice, documents.slice(0, this.#swarm.documents))
    const field = pick(this.world.dice, fields)
    const value = `v${this.#values++}`
    const write: UserWrite[] = [
      { op: "put", key, field, value },
      { op: "insert", key, field, value },
      { op: "set", key, field, value },
      { op: "set", key, field, value },
      { op: "set", key, field, value: undefined },
      { op: "add", key, field: "n", by: 1 },
      { op: "delete", key },
    ]
    this.world.commit(device, pick(this.world.dice, write))
    if (this.world.dice.below(3) === 0) device.strict = copyDisk(device.disk)
  }

  #begin(device: SimulatedDevice, what: string, work: (machine: Machine) => Promise<void>): void {
    const tab = device.process.machines.find(({ isBusy }) => !isBusy)
    if (tab === undefined) return
    tab.isBusy = true
    this.#count(what)
    const { process } = device
    work(tab.machine).then(
      () => (tab.isBusy = false),
      (error: unknown) => {
        tab.isBusy = false
        if (!process.isEnded) this.world.failed(error)
      },
    )
  }

  #evictSomebody(device: SimulatedDevice): void {
    const victim = this.world.devices[this.world.dice.below(this.world.devices.length)] as SimulatedDevice
    if (this.#doomed.size < 2 && victim !== device && victim.disk.incarnation !== undefined) {
      this.#doomed.add(actorOfDisk(victim.disk))
      if (this.world.dice.below(2) === 0 && this.world.living().length > 2) {
        victim.isDead = true
        this.world.end(victim)
      }
    }
    for (const actor of this.#doomed) this.#begin(device, "evict", (machine) => machine.evict(actor))
  }

  /** Something bad happens to a device. */
  #strike(device: SimulatedDevice, step: number): void {
    switch (this.world.dice.below(8)) {
      case 0:
        this.#count("kill")
        return this.world.restart(device, device.disk)
      case 1:
        this.#count("power")
        return this.world.restart(device, device.strict)
      case 2:
        if (device.backup === undefined) return
        this.#count("restore")
        return this.world.restart(device, device.backup)
      case 3:
      case 4:
        device.backup = copyDisk(device.strict)
        return
      case 5:
        device.asleepFor = this.world.dice.below(60)
        return
      case 6:
        if (this.world.devices.length < devicesMax && step > 50) void this.world.addDevice()
        return
      default:
        if (this.#options.clones !== true || this.world.devices.length >= devicesMax) return
        this.#count("clone")
        void this.world.addDevice(device)
    }
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
}
