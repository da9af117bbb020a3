/**
 * Packs on their way into the replica. Owns: which of them can be taken now, in which order, and why others cannot.
 * Invariant: a pack is taken when it continues the chain of its actor, its hash says that it does, everything that its author
 * had seen is here, the control log lets it, and its time has come. Nothing else of its actor is taken before it.
 * Must not know how packs are fetched.
 */
import type { ActorId } from "../clock/stamp.ts"
import type { VersionVector } from "../clock/version-vector.ts"
import { hlcToMs } from "../clock/hlc.ts"
import { clockAheadMsMax } from "../base/limits.ts"
import type { Control } from "./control.ts"
import { afterPack, clockOf, type Memory, type RemoteNote, vectorOf, withSpan } from "./memory.ts"
import { noHash, type ObjectCodec, type Pack } from "./objects.ts"
import type { AbsorbStep, Head, Heads } from "./replica.ts"
import { isSameHead, type Rules } from "./rules.ts"

/** What packs are judged by. */
export interface Intake {
  readonly heads: Heads
  readonly memory: Memory
  readonly note: RemoteNote
  readonly control: Control
  readonly rules: Rules
  readonly codec: ObjectCodec
  readonly nowMs: number
}

/** Packs to take, in order, and what is remembered after them. */
export interface Taken {
  readonly steps: readonly AbsorbStep[]
  readonly heads: Heads
  readonly moved: Heads
  readonly memory: Memory
  readonly note: RemoteNote
  /** Actors whose next pack is of another chain than the one known here. */
  readonly forked: ReadonlySet<ActorId>
  /** Actors whose next pack has seen what is not here. */
  readonly waiting: ReadonlySet<ActorId>
  /** Actors whose next pack is dated too far ahead. */
  readonly ahead: ReadonlySet<ActorId>
}

type Verdict = "take" | "skip" | "forked" | "waiting" | "ahead" | "fenced"

/** The packs that can be taken now; `candidates` by actor, ascending. */
export async function takePacks(intake: Intake, candidates: ReadonlyMap<ActorId, readonly Pack[]>): Promise<Taken> {
  const taken = new Taking(intake)
  const queues = new Map([...candidates].map(([actor, packs]) => [actor, [...packs]]))
  for (let isMoving = true; isMoving; ) {
    isMoving = false
    for (const [actor, queue] of queues)
      for (let next = queue[0]; next !== undefined; next = queue[0]) {
        const verdict = await taken.judge(next)
        taken.note(actor, verdict)
        if (verdict !== "take" && verdict !== "skip") break
        queue.shift()
        if (verdict === "take") isMoving = true
      }
  }
  return taken.result()
}

class Taking {
  readonly #intake: Intake
  readonly #steps: AbsorbStep[] = []
  readonly #verdicts = new Map<ActorId, Verdict>()
  /** Of whom an author has seen another chain than the one here. */
  readonly #disputed = new Set<ActorId>()
  #heads: Record<ActorId, Head>
  #moved: Record<ActorId, Head> = {}
  #memory: Memory
  #note: RemoteNote

  constructor(intake: Intake) {
    this.#intake = intake
    this.#heads = { ...intake.heads }
    this.#memory = intake.memory
    this.#note = intake.note
  }

  note(actor: ActorId, verdict: Verdict): void {
    this.#verdicts.set(actor, verdict)
  }

  async judge(pack: Pack): Promise<Verdict> {
    const { codec, control, nowMs } = this.#intake
    const [hlc, hash] = this.#heads[pack.actor] ?? [0, noHash]
    if (pack.hi <= hlc) return "skip"
    // Of one place there can be two: the first that continues the chain is taken.
    if (pack.lo !== hlc) return pack.lo < hlc ? "skip" : "waiting"
    if ((await codec.hashOf(pack, hash)) !== pack.hash) return "forked"
    const isFenced = control.fenced.has(pack.actor) || control.seals.has(pack.actor)
    if (isFenced && pack.hi > clockOf(control.seals.get(pack.actor))) return "fenced"
    if (hlcToMs(pack.hi) > nowMs + clockAheadMsMax) return "ahead"
    const isKnown = ([actor, [seen]]: readonly [string, Head]): boolean => seen <= clockOf(this.#heads[actor])
    if (!Object.entries(pack.seen).every(isKnown)) return "waiting"
    for (const disputed of disagreements(pack.seen, this.#heads)) this.#disputed.add(disputed)
    this.#take(pack)
    return "take"
  }

  #take(pack: Pack): void {
    const { actor, actors, rows, lo, hi, hash } = pack
    const known = vectorOf(this.#heads)
    this.#memory = afterPack(this.#memory, pack)
    const told = this.#memory.seen[actor] as VersionVector
    if (rows.length > 0)
      this.#steps.push({ kind: "pack", actors, rows, ...this.#intake.rules.absorbWhole({ known, told }) })
    this.#heads[actor] = this.#moved[actor] = [hi, hash]
    this.#note = withSpan(this.#note, actor, lo)
  }

  result(): Taken {
    const of = (verdict: Verdict) =>
      new Set([...this.#verdicts].filter(([, one]) => one === verdict).map(([actor]) => actor))
    return {
      steps: this.#steps,
      heads: this.#heads,
      moved: this.#moved,
      memory: this.#memory,
      note: this.#note,
      forked: new Set([...of("forked"), ...this.#disputed]),
      waiting: of("waiting"),
      ahead: of("ahead"),
    }
  }
}

/** Actors that two sets of heads put at one clock, and on different chains. */
export function disagreements(a: Heads, b: Heads): ActorId[] {
  return Object.entries(a)
    .filter(([actor, head]) => b[actor]?.[0] === head[0] && !isSameHead(head, b[actor]))
    .map(([actor]) => actor)
}
