/**
 * Devices of several tabs around one bucket, with every fault that may be, driven step by step. Owns: time, the bucket, devices with
 * their processes, and which failures are the weather.
 * Invariant: what is done in the same order gives the same run, bit for bit. Must not know what happens next, nor what replicas are
 * made of, but for the model's disks.
 */
import { FixpointError, isFixpointError } from "@fixpoint/core/errors"
import { type Alarm, Machine, nextHlc, type ObjectCodec, type Replica, type Rules } from "@fixpoint/core/sync"
import { nextTurn } from "../deliveries.ts"
import { createDice, type Dice } from "../dice.ts"
import { startMs } from "../virtual-time.ts"
import { actorOfDisk, commit, copyDisk, type ModelDisk, newDisk, type UserWrite } from "./model-disk.ts"
import { modelReplica } from "./model-replica.ts"
import { plainCodec } from "./plain-codec.ts"
import { Published, Violation } from "./published.ts"
import { checkRest, versionsOf } from "./rest-checks.ts"
import { type Caller, SteppedBucket } from "./stepped-bucket.ts"

/** What a world is made of. */
export interface WorldOptions {
  readonly seed: number
  /** Rules to try instead of the sound ones. */
  readonly rules?: Rules
  /** False tries R7: a cut that is not stored. */
  readonly storesCuts?: boolean
  /** A bucket without create-if-absent. */
  readonly createIfAbsent?: boolean
  /** Another codec than the plain one; the oracle knows only that. */
  readonly codecOf?: (dice: Dice) => ObjectCodec
  /** How long what is replaced stays in the bucket; it goes at once where nothing is said. */
  readonly packRetentionMs?: number
  /** What stands between the tabs and their replica: another tab that is quicker. */
  readonly replicaOf?: (replica: Replica) => Replica
}

const tabsMax = 2
/** Everybody publishes, everybody takes that in, and what that begins (a seal, another incarnation) comes to its end. */
const settlingRounds = 9

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

/** Devices around one bucket. */
export class SimulatedWorld {
  /** How often machines have told of something. */
  readonly alarms: Record<string, number> = {}
  /** How often a call of one tab was overtaken by another tab's. */
  outruns = 0
  readonly dice: Dice
  readonly bucket: SteppedBucket
  readonly published: Published
  readonly devices: SimulatedDevice[] = []
  readonly #options: WorldOptions
  #nowMs = startMs
  #failure: Error | undefined

  constructor(options: WorldOptions) {
    this.#options = options
    this.dice = createDice(options.seed)
    this.bucket = new SteppedBucket(this.dice, { perMille: 50, createIfAbsent: options.createIfAbsent ?? true })
    this.published = new Published(this.bucket.objects)
    if (options.codecOf === undefined) this.bucket.content.onPut = (key, bytes) => this.published.note(key, bytes)
  }

  /** Ends all faults, and lets everybody come to rest; everybody helps to end the actors that somebody wants to end. */
  async settle(doomed: ReadonlySet<string> = new Set()): Promise<void> {
    this.bucket.faults.perMille = 0
    while (await this.bucket.step()) this.stopOnFailure()
    this.published.checkCoverage()
    for (let round = 0; round < settlingRounds; round++) {
      this.#nowMs += 1_000
      for (const device of this.living()) {
        for (const actor of new Set([...doomed, ...this.published.fenced]))
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
      this.stopOnFailure()
    }
  }

  /** Begins a call of a device; it goes on by `stepUntil`, `finish` or the dice. */
  start(device: SimulatedDevice, work: (machine: Machine) => Promise<void>): { readonly isDone: boolean } {
    const running = { isDone: false }
    const { process } = device
    const [tab] = process.machines
    const end = (error?: unknown): void => {
      running.isDone = true
      if (error !== undefined && !process.isEnded) this.failed(error)
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
      this.stopOnFailure()
    }
    return true
  }

  /** Lets time pass. */
  advance(byMs: number): void {
    this.#nowMs += byMs
  }

  /** What must hold when all is at rest. */
  check(when: string): void {
    checkRest(this.published, this.living(), when)
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
    const model = modelReplica({
      disk: diskNow,
      nowHlc: () => nextHlc(0, this.#nowMs + device.skewMs),
      barrier: () => void (device.strict = copyDisk(device.disk)),
    })
    const replica = this.#options.replicaOf?.(model) ?? model
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
          packRetentionMs: this.#options.packRetentionMs ?? 0,
          ...(this.#options.rules !== undefined && { rules: this.#options.rules }),
          tell: (alarm: Alarm) => void (this.alarms[alarm.code] = (this.alarms[alarm.code] ?? 0) + 1),
        }),
      })
  }

  /** Puts a device back to a state of its disk: its tabs end, and begin anew. */
  restart(device: SimulatedDevice, disk: ModelDisk): void {
    this.end(device)
    device.disk = copyDisk(disk)
    if (this.#options.storesCuts === false) forgetCuts(device.disk)
    device.strict = copyDisk(device.disk)
    this.#start(device)
  }

  /** A write of a user. */
  commit(device: SimulatedDevice, write: UserWrite): void {
    commit(device.disk, write, nextHlc(0, this.#nowMs + device.skewMs))
  }

  /** Ends the tabs of a device. */
  end({ process }: SimulatedDevice): void {
    process.isEnded = true
  }

  /** Failures of requests are the weather; anything else is a fault. */
  failed(error: unknown): void {
    if (isFixpointError(error, "REMOTE_TIMEOUT") || isFixpointError(error, "REMOTE_GAP")) return
    if (isFixpointError(error, "CONFLICT")) return void this.outruns++
    this.#failure ??= error instanceof Error ? error : new Violation(String(error))
  }

  stopOnFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
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

/** A round, whatever the doorbell says. */
export async function lookAndSync(machine: Machine): Promise<void> {
  machine.lookAgain()
  await machine.sync()
}
