/**
 * The simulation of the bucket protocol: devices of several tabs, one bucket, every fault that may be, from one seed. Owns: what can
 * happen, how often, and what must hold (I1 to I10, I14 of docs/bucket-protocol.md).
 * Invariant: a seed gives one run, bit for bit. Must not know what replicas are made of, but for the model's disks.
 */
import {
  type Alarm,
  type Key,
  Machine,
  nextHlc,
  type ObjectCodec,
  rowKey,
  type Rules,
  type State,
  StateDigest,
  viewState,
} from "@fixpoint/core/sync"
import { FixpointError, isFixpointError } from "@fixpoint/core/errors"
import { createDice, type Dice } from "../dice.ts"
import { nextTurn } from "../deliveries.ts"
import { startMs } from "../virtual-time.ts"
import { actorOfDisk, commit, copyDisk, type ModelDisk, newDisk, type UserWrite } from "./model-disk.ts"
import { modelReplica } from "./model-replica.ts"
import { plainCodec } from "./plain-codec.ts"
import { Published, Violation } from "./published.ts"
import { type Caller, SteppedBucket } from "./stepped-bucket.ts"

/** What a simulation is about. */
export interface SimulationOptions {
  readonly seed: number
  /** Turns before the faults end. */
  readonly steps: number
  /** Rules to try instead of the sound ones. */
  readonly rules?: Rules
  /** False tries R7: a cut that is not stored. */
  readonly storesCuts?: boolean
  /** A bucket without create-if-absent. */
  readonly createIfAbsent?: boolean
  /** Copies of devices that run at the same time as the original. */
  readonly clones?: boolean
  /** Another codec than the plain one; the oracle knows only that. */
  readonly codecOf?: (dice: Dice) => ObjectCodec
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
const tabsMax = 2
const devicesMax = 6
/** Everybody publishes, everybody takes that in, and what that begins (a seal, another incarnation) comes to its end. */
const settlingRounds = 9

/** Runs a seed. Throws a Violation when something is broken. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const world = new SimulatedWorld(options)
  await world.run()
  return { counts: world.counts, alarms: world.alarms }
}

/** One process of a device: its tabs end together. */
interface Process extends Caller {
  readonly machines: { readonly machine: Machine; isBusy: boolean }[]
}

/** A device of a simulation. */
export interface SimulatedDevice {
  readonly name: string
  skewMs: number
  disk: ModelDisk
  /** What a power cut leaves. */
  strict: ModelDisk
  backup: ModelDisk | undefined
  process: Process
  isDead: boolean
  asleepFor: number
}

/** Devices around one bucket. `simulate` lets the dice drive it; a directed schedule does so step by step. */
export class SimulatedWorld {
  readonly counts: Record<string, number> = {}
  readonly alarms: Record<string, number> = {}
  readonly dice: Dice
  readonly bucket: SteppedBucket
  readonly published: Published
  readonly devices: SimulatedDevice[] = []
  readonly #options: SimulationOptions
  /** Actors that somebody wants to end. */
  readonly #doomed = new Set<string>()
  /** What this seed does much of: one hot document or several, many compactions or few, much trouble or little. */
  readonly #swarm: Swarm
  #nowMs = startMs
  #failure: Error | undefined
  #values = 0

  constructor(options: SimulationOptions) {
    this.#options = options
    this.dice = createDice(options.seed)
    this.bucket = new SteppedBucket(this.dice, { perMille: 50, createIfAbsent: options.createIfAbsent ?? true })
    this.published = new Published(this.bucket.objects)
    this.#swarm = swarmOf(this.dice)
    if (options.codecOf === undefined) this.bucket.content.onPut = (key, bytes) => this.published.note(key, bytes)
  }

  async run(): Promise<void> {
    for (let i = 0; i < 3; i++) this.addDevice()
    for (let step = 0; step < this.#options.steps; step++) {
      this.#nowMs += this.dice.below(3_000)
      await this.#act(step)
      this.#stopOnFailure()
      if (step % 5 === 0) this.published.checkCoverage()
    }
    await this.settle()
    this.check("at the end")
    const late = this.addDevice()
    for (let i = 0; i < 3; i++) await this.finish(late, (machine) => machine.sync())
    this.check("with a late device")
  }

  /** Ends all faults, and lets everybody come to rest. */
  async settle(): Promise<void> {
    this.bucket.faults.perMille = 0
    while (await this.bucket.step()) this.#stopOnFailure()
    this.published.checkCoverage()
    for (let round = 0; round < settlingRounds; round++) {
      this.#nowMs += 1_000
      for (const device of this.living()) {
        for (const actor of new Set([...this.#doomed, ...this.published.fenced]))
          if (this.published.sealOf(actor) === undefined) await this.finish(device, (machine) => machine.evict(actor))
        await this.finish(device, lookAndSync)
      }
      const [keeper] = this.living()
      if (keeper === undefined) return
      if (round > 3 && this.#isAtRest()) return
      if (round === 1) await this.finish(keeper, (machine) => machine.maintain())
      if (round === 2) await this.finish(keeper, (machine) => machine.compact("base"))
      if (round === 3) await this.finish(keeper, (machine) => machine.collectGarbage())
      this.published.checkCoverage()
    }
  }

  #isAtRest(): boolean {
    const heads = new Set(this.living().map(({ disk }) => versionsOf(disk.heads)))
    return heads.size === 1 && this.living().every(({ disk }) => !disk.hasVoid)
  }

  living(): SimulatedDevice[] {
    return this.devices.filter(({ isDead }) => !isDead)
  }

  /** Runs one call of a device to its end. */
  async finish(device: SimulatedDevice, work: (machine: Machine) => Promise<void>): Promise<void> {
    const running = this.start(device, work)
    while (!running.isDone) {
      if (!(await this.bucket.step(device.process))) await nextTurn()
      this.#stopOnFailure()
    }
  }

  /** Begins a call of a device; it goes on by `stepUntil`, `finish` or the dice. */
  start(device: SimulatedDevice, work: (machine: Machine) => Promise<void>): { readonly isDone: boolean } {
    const running = { isDone: false }
    const { process } = device
    const [tab] = process.machines
    const end = (error?: unknown): void => {
      running.isDone = true
      if (error !== undefined && !process.isEnded) this.#failed(error)
    }
    work((tab as Process["machines"][number]).machine).then(() => end(), end)
    return running
  }

  /** Lets a device go on, request by request, until something holds. False when it has come to its end before. */
  async stepUntil(device: SimulatedDevice, holds: () => boolean): Promise<boolean> {
    for (let waits = 0; !holds(); ) {
      if (await this.bucket.step(device.process)) waits = 0
      else if (waits++ > 3) return false
      else await nextTurn()
      this.#stopOnFailure()
    }
    return true
  }

  /** Lets time pass. */
  advance(byMs: number): void {
    this.#nowMs += byMs
  }

  /** What must hold when all is at rest. */
  check(when: string): void {
    const expected = viewOf(this.published.fold())
    const digests = new Map<string, string>()
    for (const { name, disk } of this.living()) {
      const { incarnation, heads, hasVoid } = disk
      const isPublished = disk.lastCommit <= (heads[incarnation?.actor ?? ""]?.[0] ?? 0)
      if (hasVoid || !isPublished) throw new Violation(`I6: ${name} has not published everything, ${when}`)
      const shown = viewOf(disk.rows)
      if (shown !== expected) throw new Violation(`I4: ${name} differs ${when}\n${shown}\n${expected}`)
      const versions = versionsOf(heads)
      const digest = digestOf(disk.rows)
      if ((digests.get(versions) ?? digest) !== digest) throw new Violation(`I3: equal heads, other digests, ${when}`)
      digests.set(versions, digest)
      for (const [actor, [hlc]] of Object.entries(heads))
        if (hlc > (this.published.sealOf(actor) ?? Number.POSITIVE_INFINITY))
          throw new Violation(`I8: ${name} has gone beyond the seal of an actor`)
    }
  }

  addDevice(from?: SimulatedDevice): SimulatedDevice {
    const name = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".charAt(this.devices.length)
    const disk = from === undefined ? newDisk(this.#newLocal()) : copyDisk(from.disk)
    const device: SimulatedDevice = {
      name,
      skewMs: this.dice.below(20_000) - 10_000,
      disk,
      strict: copyDisk(disk),
      backup: undefined,
      process: { isEnded: false, machines: [] },
      isDead: false,
      asleepFor: 0,
    }
    this.devices.push(device)
    this.#start(device)
    return device
  }

  #newLocal(): string {
    return Array.from({ length: 16 }, () => this.dice.below(32).toString(32)).join("")
  }

  #start(device: SimulatedDevice): void {
    const process: Process = { isEnded: false, machines: [] }
    device.process = process
    const diskNow = (): ModelDisk => {
      if (process.isEnded) throw new FixpointError("CLOSED")
      return device.disk
    }
    const replica = modelReplica({
      disk: diskNow,
      nowHlc: () => nextHlc(0, this.#nowMs + device.skewMs),
      barrier: () => void (device.strict = copyDisk(device.disk)),
    })
    for (let tab = 0; tab < tabsMax; tab++)
      process.machines.push({
        isBusy: false,
        machine: new Machine({
          replica,
          gateway: this.bucket.gateway(process),
          codec: (this.#options.codecOf ?? ((dice) => plainCodec("space", dice)))(this.dice),
          host: {
            clock: { now: () => this.#nowMs + device.skewMs, monotonic: () => this.#nowMs },
            random: (byteCount) => this.dice.bytes(byteCount),
          },
          remote: "r",
          ...(this.#options.rules !== undefined && { rules: this.#options.rules }),
          tell: (alarm: Alarm) => this.#count(this.alarms, alarm.code),
        }),
      })
  }

  /** Puts a device back to a state of its disk: its tabs end, and begin anew. */
  restart(device: SimulatedDevice, disk: ModelDisk): void {
    this.#end(device)
    device.disk = copyDisk(disk)
    if (this.#options.storesCuts === false) forgetCuts(device.disk)
    device.strict = copyDisk(device.disk)
    this.#start(device)
  }

  /** A write of a user. */
  commit(device: SimulatedDevice, write: UserWrite): void {
    commit(device.disk, write, nextHlc(0, this.#nowMs + device.skewMs))
  }

  /** One thing that happens. */
  async #act(step: number): Promise<void> {
    const device = this.devices[this.dice.below(this.devices.length)] as SimulatedDevice
    if (device.isDead) return
    if (device.asleepFor > 0) {
      device.asleepFor--
      if (this.dice.below(10) === 0) this.write(device)
      return
    }
    const { write, sync, compact, collect, evict, strike } = this.#swarm
    const begin = (what: string, work: (machine: Machine) => Promise<void>) => () => this.#begin(device, what, work)
    const deeds: readonly (readonly [perMille: number, deed: () => void])[] = [
      [write, () => this.write(device)],
      [sync, begin("sync", (machine) => machine.sync())],
      [sync / 16, begin("look", lookAndSync)],
      [sync / 4, begin("announce", (machine) => machine.announce())],
      [compact, begin("base", (machine) => machine.compact("base"))],
      [compact, begin("run", (machine) => machine.compact("run"))],
      [collect, begin("gc", (machine) => machine.collectGarbage())],
      [evict, () => this.#evictSomebody(device)],
      [strike, () => this.#strike(device, step)],
    ]
    let chance = this.dice.below(1000)
    const deed = deeds.find(([perMille]) => (chance -= perMille) < 0)
    if (deed !== undefined) deed[1]()
    else for (let i = 0; i < 4; i++) await this.bucket.step()
  }

  write(device: SimulatedDevice): void {
    const pick = <T>(list: readonly T[]): T => list[this.dice.below(list.length)] as T
    const key = pick(documents.slice(0, this.#swarm.documents))
    const field = pick(fields)
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
    this.commit(device, pick(write))
    if (this.dice.below(3) === 0) device.strict = copyDisk(device.disk)
  }

  #begin(device: SimulatedDevice, what: string, work: (machine: Machine) => Promise<void>): void {
    const tab = device.process.machines.find(({ isBusy }) => !isBusy)
    if (tab === undefined) return
    tab.isBusy = true
    this.#count(this.counts, what)
    const { process } = device
    work(tab.machine).then(
      () => (tab.isBusy = false),
      (error: unknown) => {
        tab.isBusy = false
        if (!process.isEnded) this.#failed(error)
      },
    )
  }

  #evictSomebody(device: SimulatedDevice): void {
    const victim = this.devices[this.dice.below(this.devices.length)] as SimulatedDevice
    if (this.#doomed.size < 2 && victim !== device && victim.disk.incarnation !== undefined) {
      this.#doomed.add(actorOfDisk(victim.disk))
      if (this.dice.below(2) === 0 && this.living().length > 2) {
        victim.isDead = true
        this.#end(victim)
      }
    }
    for (const actor of this.#doomed) this.#begin(device, "evict", (machine) => machine.evict(actor))
  }

  /** Something bad happens to a device. */
  #strike(device: SimulatedDevice, step: number): void {
    switch (this.dice.below(8)) {
      case 0:
        this.#count(this.counts, "kill")
        return this.restart(device, device.disk)
      case 1:
        this.#count(this.counts, "power")
        return this.restart(device, device.strict)
      case 2:
        if (device.backup === undefined) return
        this.#count(this.counts, "restore")
        return this.restart(device, device.backup)
      case 3:
      case 4:
        device.backup = copyDisk(device.strict)
        return
      case 5:
        device.asleepFor = this.dice.below(60)
        return
      case 6:
        if (this.devices.length < devicesMax && step > 50) void this.addDevice()
        return
      default:
        if (this.#options.clones !== true || this.devices.length >= devicesMax) return
        this.#count(this.counts, "clone")
        void this.addDevice(device)
    }
  }

  #end({ process }: SimulatedDevice): void {
    process.isEnded = true
  }

  /** Failures of requests are the weather; anything else is a fault. */
  #failed(error: unknown): void {
    if (isFixpointError(error, "REMOTE_TIMEOUT")) return
    if (isFixpointError(error, "CONFLICT")) return this.#count(this.counts, "outrun")
    this.#failure ??= error instanceof Error ? error : new Violation(String(error))
  }

  #stopOnFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #count(counts: Record<string, number>, what: string): void {
    counts[what] = (counts[what] ?? 0) + 1
  }
}

/** What a disk would be if cuts were not stored with it (R7). */
function forgetCuts(disk: ModelDisk): void {
  const actor = actorOfDisk(disk)
  const [first] = disk.outbox.filter((pack) => pack.actor === actor)
  if (first === undefined) return
  const { [actor]: _, ...heads } = disk.heads
  const note = Object.values(disk.notes)[0] as { readonly sent?: ModelDisk["heads"][string] | null } | undefined
  disk.heads = note?.sent === undefined || note.sent === null ? heads : { ...heads, [actor]: note.sent }
  disk.outbox = disk.outbox.filter((pack) => pack.actor !== actor || pack.hi <= (note?.sent?.[0] ?? 0))
}

/** Heads as text. */
function versionsOf(heads: ModelDisk["heads"]): string {
  const texts = Object.entries(heads).map(([actor, head]) => `${actor}@${head.join("/")}`)
  return texts.sort((a, b) => (a < b ? -1 : 1)).join(" ")
}

async function lookAndSync(machine: Machine): Promise<void> {
  machine.lookAgain()
  await machine.sync()
}

/** What users see, in one form. */
function viewOf(rows: ReadonlyMap<string, State>): string {
  const shown = [...rows].flatMap(([key, state]) => {
    const view = viewState(state)
    return view === undefined ? [] : [[key, Object.entries(view.document).sort(([a], [b]) => (a < b ? -1 : 1))]]
  })
  return JSON.stringify(shown.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)))
}

function digestOf(rows: ReadonlyMap<string, State>): string {
  const digest = new StateDigest()
  for (const [key, state] of rows) digest.add(key, state)
  return digest.text
}
