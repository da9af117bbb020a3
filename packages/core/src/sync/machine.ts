/**
 * The machine of FPB/1: what one tab does with one remote, step by step (docs/bucket-protocol.md). Owns: the order of the steps
 * of a round. It drives a Replica and a Gateway through a Host's clock and dice, and has no other effects.
 * Invariant: a round can end anywhere, by a failure, a crash or another tab, and the next one goes on: all that matters is in
 * the replica and the bucket, and each step leaves both so that every rule holds.
 * Must not know timers, retries, nor who asks: the caller decides when a round is due, and runs one at a time.
 */
import { utf8Encode } from "../base/bytes.ts"
import { FixpointError, isFixpointError } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import type { ActorId } from "../clock/stamp.ts"
import { type Alarm, Bucket } from "./bucket.ts"
import { ControlLog } from "./control.ts"
import type { Gateway } from "./gateway.ts"
import { doubtIn, ownPacks } from "./history.ts"
import { look, lookBeforeTelling } from "./look.ts"
import { begunOf, memoryOf, noteAnew, toJson } from "./memory.ts"
import { markerName } from "./names.ts"
import type { ObjectCodec } from "./objects.ts"
import { tendPieces } from "./pieces.ts"
import { pull } from "./pull.ts"
import { cut, push, register, sendFiles } from "./push.ts"
import type { Head, Replica } from "./replica.ts"
import { isSameHead, type Rules, soundRules } from "./rules.ts"
import {
  type IntakeProgress,
  type Moment,
  momentOf,
  newRecollection,
  outrun,
  rememberControl,
  selfOf,
  type Session,
  type SessionFiles,
} from "./session.ts"
import { collectGarbage, evict, makeGroup, runStart, weigh } from "./upkeep.ts"

/** What a machine is made of. */
export interface MachineParts {
  readonly replica: Replica
  readonly gateway: Gateway
  readonly codec: ObjectCodec
  readonly host: Pick<Host, "clock" | "random">
  /** Tells remotes of one database apart: the same for the same bucket, whenever it is attached. */
  readonly remote: string
  readonly rules?: Rules
  readonly files?: SessionFiles
  /** How long files that nothing names stay in the bucket. */
  readonly fileRetentionMs?: number
  /** How long what is replaced stays there. */
  readonly packRetentionMs?: number
  tell?(alarm: Alarm): void
  onProgress?(progress: IntakeProgress): void
}

/** A round that is outrun by another tab begins again, so many times. */
const attemptsMax = 8
const marker = utf8Encode('{"fixpoint":1,"suite":1}')

/** One remote of one database, as one tab works with it. */
export class Machine {
  readonly #session: Session
  #isOpen = false
  /** Which beginning with the remote this is. */
  #begun = 0

  constructor(parts: MachineParts) {
    const { replica, gateway, codec, host, remote, rules = soundRules, files, tell, onProgress } = parts
    const { fileRetentionMs = limits.bucketFileRetentionMs, packRetentionMs = limits.packRetentionMs } = parts
    const bucket = new Bucket({ gateway, codec, clock: host.clock, tell: (alarm) => tell?.(alarm) })
    const control = new ControlLog(bucket)
    const known = newRecollection()
    const own = { replica, bucket, control, rules, remote, host, files, fileRetentionMs, packRetentionMs, known }
    this.#session = { ...own, ...(onProgress && { onProgress }) }
  }

  /** Takes in what is new, and publishes what was written. One request when there is neither. */
  async sync(): Promise<void> {
    this.#session.known.intake = { done: 0, total: 0 }
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#round()
      } catch (error) {
        if (!isFixpointError(error, "CONFLICT") || attempt >= attemptsMax) throw error
      }
    }
  }

  /**
   * Forgets what the remote was to this device, in every tab: the next round meets it as one that nobody here has known. What of
   * its control log nobody can read any more goes.
   */
  async adopt(): Promise<void> {
    const { replica, remote, files, control } = this.#session
    // Where the bucket cannot be asked now, the next round takes the log up again from what is remembered of it.
    this.#isOpen = false
    control.forget()
    await control.deleteUnreadable()
    await files?.forget()
    for (;;) {
      const { state, note } = await momentOf(this.#session)
      const notes = { [remote]: toJson(noteAnew(note)) }
      if ((await replica.remember(state.revision, { notes })) === "done") return
    }
  }

  /** Publishes even when nothing was written: what this device has seen, and that it is there. */
  async announce(): Promise<void> {
    const { state } = await momentOf(this.#session)
    if (this.#isOpen && !state.hasVoid && !state.hasUncut) await cut(this.#session)
    await this.sync()
  }

  /** Looks at all of the bucket at the next round, whatever the doorbell says. */
  lookAgain(): void {
    this.#session.known.listedAtMs = undefined
  }

  /** Whether so much was published from here that the bucket should be compacted now. */
  get isHeavy(): boolean {
    return this.#session.known.looseBytes >= limits.loosePackBytesMax
  }

  /** Makes runs and bases when it is time, deletes what they replace, and ends what this device has been. */
  async maintain(): Promise<void> {
    const session = this.#session
    if (!this.#isOpen) return
    session.known.looseBytes = 0
    for (const actor of memoryOf((await momentOf(session)).state).retired) await this.#retire(actor)
    const { fenced, seals } = await session.control.read()
    for (const actor of fenced) if (!seals.has(actor)) await evict(session, actor)
    const found = await lookBeforeTelling(session)
    if (found === undefined) return
    const moment = await momentOf(session)
    const { packs, packBytes, runs, isBaseOutgrown } = weigh(found)
    if (packs < limits.loosePacksMax && packBytes < limits.loosePackBytesMax && runs < limits.runsMax)
      return collectGarbage(session, found, true)
    const below = runs < limits.runsMax && !isBaseOutgrown ? runStart(session, moment, found) : undefined
    await makeGroup(session, below)
    const after = await look(session)
    if (after !== undefined) await collectGarbage(session, after, true)
  }

  /** Makes a base, or a run where `kind` says so and there is something to begin it at. */
  async compact(kind: "run" | "base"): Promise<void> {
    const session = this.#session
    if (!this.#isOpen) return
    const found = await lookBeforeTelling(session)
    if (found === undefined) return
    const below = kind === "run" ? runStart(session, await momentOf(session), found) : undefined
    if (kind === "base" || below !== undefined) await makeGroup(session, below)
  }

  /** Deletes what is replaced. */
  async collectGarbage(): Promise<void> {
    const found = await look(this.#session)
    if (found !== undefined) await collectGarbage(this.#session, found, false)
  }

  /** Looks after the files of the bucket, at once or when a day has passed since somebody here has. */
  async tendFiles(when: "now" | "daily"): Promise<void> {
    if (this.#isOpen) await tendPieces(this.#session, when)
  }

  /** Ends an actor that is lost: what it has published stays, what it has not is its own to publish again. */
  async evict(actor: ActorId): Promise<void> {
    if (this.#isOpen) await evict(this.#session, actor)
  }

  async #round(): Promise<void> {
    const session = this.#session
    await this.#open()
    const first = await momentOf(session)
    if (await this.#isEnded(first)) return
    const isRegistered = first.note.actor === selfOf(first.state).actor
    let isDoubted = false
    const step = async (work: () => Promise<"done" | "doubt">): Promise<void> => {
      if (!isDoubted && (await work()) === "doubt") isDoubted = true
    }
    const list = () => step(() => this.#pull())
    if (isRegistered) await list()
    else await session.rules.registerThenList(() => step(() => register(session)), list)
    await step(() => this.#publish())
    if (isDoubted) await this.#answerDoubt()
    if (session.known.lacksControl) await this.#restoreControl()
    if (session.known.needsHealing) await this.#heal()
  }

  async #pull(): Promise<"done" | "doubt"> {
    const pulled = await pull(this.#session)
    return typeof pulled === "string" ? "done" : "doubt"
  }

  async #publish(): Promise<"done" | "doubt"> {
    const { replica } = this.#session
    const { state } = await momentOf(this.#session)
    if (state.hasVoid) {
      if (!(await this.#hasWholePast())) return "done"
      if ((await replica.reissue(state.revision)) === "outrun") throw outrun("reissuing")
    }
    return push(this.#session)
  }

  /**
   * Whether all is taken in that a copy of this device may have published under the name of both: what both wrote before is said
   * once. While that name is fenced and not sealed, nothing of it is taken (R3): the end that was begun is finished first.
   */
  async #hasWholePast(): Promise<boolean> {
    const session = this.#session
    const { control, known } = session
    const { retired } = memoryOf((await momentOf(session)).state)
    const half = retired.find((actor) => control.says.fenced.has(actor) && !control.says.seals.has(actor))
    if (half === undefined) return true
    await evict(session, half)
    if (!control.says.seals.has(half)) return false
    known.listedAtMs = undefined
    throw outrun("sealed")
  }

  /** An actor from the first round on, and the log that says which database this is. */
  async #open(): Promise<void> {
    const { replica, bucket, control, known } = this.#session
    const { state, note } = await momentOf(this.#session)
    if (state.incarnation === undefined) {
      // A device that was put back has another name by now. What it had cut under the old one may be in the bucket or not.
      const isNoted = state.outbox.every(({ actor }) => actor === note.actor)
      await this.#reincarnate((isNoted && note.sent) || undefined)
    }
    if (this.#begun !== begunOf(note)) {
      // This tab or another one has adopted what the remote has become.
      control.forget()
      Object.assign(known, newRecollection())
      this.#begun = begunOf(note)
      this.#isOpen = false
    }
    if (this.#isOpen) return
    await control.resume(note.control)
    if (control.count > 0) known.lacksControl = !(await control.verify(0))
    await control.read()
    // Where two could both create the first entry, there is no control log, and nobody can be ended.
    if (control.count === 0 && (await bucket.capabilities()).createIfAbsent) {
      // Where there is data, there was a beginning, which whoever knows it puts back. Another one would part all who know it from here.
      const isStranger = note.actor === null && begunOf(note) === 0
      if (isStranger && (await bucket.list()).count > 0) {
        await control.read()
        if (control.count === 0) throw new FixpointError("REMOTE_GAP", undefined, { details: { entry: 0 } })
      }
      await bucket.putNew(markerName, marker)
      const self = selfOf(await replica.read())
      await control.append({ type: "genesis", at: bucket.nowMs() }, self, () => control.count > 0)
    }
    await rememberControl(this.#session)
    this.#isOpen = true
  }

  /** Whether others have ended this actor: once it is sealed, the device goes on as another one. */
  async #isEnded({ state }: Moment): Promise<boolean> {
    const { control } = this.#session
    const self = selfOf(state).actor
    if (!control.says.fenced.has(self) && !control.says.seals.has(self)) return false
    // Who has begun this may be gone: anybody may finish it, this device too.
    if (!(await control.read()).seals.has(self)) await evict(this.#session, self)
    const seal = control.says.seals.get(self)
    if (seal === undefined) return true
    await this.#reincarnate(await certainBelow(this.#session, seal))
    throw outrun("sealed")
  }

  async #answerDoubt(): Promise<void> {
    const session = this.#session
    const found = await look(session)
    if (found === undefined) throw outrun("looking")
    const doubt = await doubtIn(session, await momentOf(session), found)
    if (doubt === "none") return
    await session.rules.answerDoubt(async () => {
      await this.#reincarnate(doubt.keep)
      throw outrun("another incarnation")
    })
  }

  async #reincarnate(keep: Head | undefined): Promise<void> {
    const { replica, bucket, known } = this.#session
    const { state } = await momentOf(this.#session)
    const next = await bucket.codec.newIncarnation()
    // Nothing of an actor whose writes are still void was published but its being there.
    const kept = state.hasVoid ? undefined : keep
    if ((await replica.reincarnate(state.revision, next, kept)) === "outrun") throw outrun("reincarnating")
    known.listedAtMs = known.lastCut = known.rung = undefined
    const old = state.incarnation?.actor
    if (old !== undefined) await this.#rememberRetired((retired) => [...retired, old])
  }

  /** An own actor of earlier would hold up the horizon for ever. */
  async #retire(actor: ActorId): Promise<void> {
    await evict(this.#session, actor)
    if (this.#session.control.says.seals.has(actor))
      await this.#rememberRetired((retired) => retired.filter((one) => one !== actor))
  }

  async #rememberRetired(change: (retired: readonly ActorId[]) => readonly ActorId[]): Promise<void> {
    const { state, memory } = await momentOf(this.#session)
    const next = { ...memory, retired: change(memory.retired) }
    await this.#session.replica.remember(state.revision, { memory: toJson(next) })
  }

  /** Puts back the entries that the bucket has lost: nobody could come to it before. */
  async #restoreControl(): Promise<void> {
    const { bucket, control, known } = this.#session
    await bucket.putNew(markerName, marker)
    await control.restore()
    known.lacksControl = false
  }

  /** Puts back what the bucket has lost. */
  async #heal(): Promise<void> {
    const session = this.#session
    if (session.control.count > 0 && !(await session.control.verify(0))) await this.#restoreControl()
    await session.files?.forget()
    // With nothing to publish there is no pack that they would go before.
    await sendFiles(session)
    if ((await lookBeforeTelling(session)) === undefined) return
    if ((await makeGroup(session, undefined, true)) === "made") session.known.needsHealing = false
  }
}

/** What is certain of the own history when it is sealed: what is both at or below the seal and on the own chain. */
async function certainBelow(session: Session, seal: Head | null): Promise<Head | undefined> {
  const { state, note } = await momentOf(session)
  if (seal === null || note.actor !== selfOf(state).actor) return undefined
  const own = (await ownPacks(session, state)).map(({ head }) => head)
  const known = [...(note.sure === null ? [] : [note.sure]), ...own]
  if (seal[0] < (note.sure?.[0] ?? 0) || known.some((head) => isSameHead(head, seal))) return seal
  return note.sure ?? undefined
}
