/**
 * The rules of FPB/1 that keep data safe (docs/bucket-protocol.md), each where the machine decides by it.
 * Owns: R1 to R12 as functions. The machine is composed with them; a test that replaces one shows what it is for.
 * Invariant: each is pure but for the steps it is handed. Must not know the bucket.
 */
import type { Hlc } from "../clock/hlc.ts"
import type { ActorId } from "../clock/stamp.ts"
import { coversAll, type VersionVector } from "../clock/version-vector.ts"
import { type ListedPack, type PresentGroup, reachable } from "./listing.ts"
import { vectorOf } from "./memory.ts"
import type { Group } from "./objects.ts"
import type { Head, Heads } from "./replica.ts"

type Step = () => Promise<void>

/** What R2 says of a step that takes remote rows in. */
export interface Knowledge {
  readonly known: VersionVector
  readonly told: VersionVector
}

/** What R10 is found from. */
export interface HorizonParts {
  readonly heads: Heads
  readonly seen: Readonly<Record<ActorId, VersionVector>>
  /** Actors that are sealed, and known here up to their seal. */
  readonly settled: ReadonlySet<ActorId>
  readonly self: ActorId
}

/** What is in the bucket, for R8. */
export interface Present {
  readonly packs: readonly ListedPack[]
  readonly groups: readonly PresentGroup[]
}

/** The rules. */
export interface Rules {
  /** R1: a new actor is registered before it lists what there is. */
  registerThenList(register: Step, list: Step): Promise<void>
  /** R2: what a base knows of and lacks was collected, and is not kept or brought back. */
  absorbWhole(knowledge: Knowledge): Knowledge
  /** R3: what is fenced is judged by a control log that was read after the packs. */
  controlAfterPacks<T>(before: T, readAfter: () => Promise<T>): Promise<T>
  /** R4: a chain of packs counts only if it runs through the heads that runs and bases tell of. */
  reachesBoundaries(chain: readonly Head[], boundaries: readonly Head[]): boolean
  /** R5: a head of this device in the bucket that is not on its own chain means that it was cloned or rolled back. */
  contradicts(chain: readonly Head[], found: Head): boolean
  /** R6: doubt about the own history means another actor. */
  answerDoubt(reincarnate: Step): Promise<void>
  /** R8: what may be deleted, since what is present and strictly greater covers it alone. */
  deletable(present: Present): { readonly packs: readonly ListedPack[]; readonly groups: readonly PresentGroup[] }
  /** R9: only bases collect, and a run begins at or above what bases may have collected. */
  collects(kind: Group["kind"]): boolean
  mayBeginRun(lo: VersionVector, floor: VersionVector): boolean
  /** R10: what every actor had seen that may still write. */
  horizon(parts: HorizonParts): VersionVector
  /** R11: an actor is fenced before its end is looked for. */
  fenceThenSeal(fence: Step, seal: Step): Promise<void>
  /** R12: a file that nothing names goes when all who may still write have told that they have seen what its finder had. */
  mayForget(seen: VersionVector, horizon: VersionVector): boolean
}

/** The rules as they must be. R7, that a pack is never cut again, is the replica's: its outbox is stored with the cut. */
export const soundRules: Rules = {
  async registerThenList(register, list) {
    await register()
    await list()
  },
  absorbWhole: (knowledge) => knowledge,
  controlAfterPacks: (_, readAfter) => readAfter(),
  reachesBoundaries,
  contradicts: (chain, found) => !chain.some((head) => isSameHead(head, found)),
  answerDoubt: (reincarnate) => reincarnate(),
  deletable,
  collects: (kind) => kind === "base",
  mayBeginRun: (lo, floor) => coversAll(lo, floor),
  horizon,
  async fenceThenSeal(fence, seal) {
    await fence()
    await seal()
  },
  mayForget: (seen, horizon) => coversAll(horizon, seen),
}

/** Whether two heads are the same place of one chain. */
export function isSameHead(a: Head, b: Head): boolean {
  return a[0] === b[0] && a[1] === b[1]
}

function reachesBoundaries(chain: readonly Head[], boundaries: readonly Head[]): boolean {
  return boundaries.every((boundary) => chain.some((head) => isSameHead(head, boundary)))
}

/**
 * A head is the end of a pack, so one that is greater than a pack's lo is not smaller than its hi. Two bases of one vector
 * are told apart by their ids.
 */
function deletable({ packs, groups }: Present) {
  const bases = groups.filter(({ group }) => group.kind === "base")
  const runs = reachable(groups).filter(({ group }) => group.kind === "run")
  const isCovered = ({ actor, lo }: ListedPack): boolean =>
    bases.some(({ group }) => hlcOf(group.heads, actor) > lo) ||
    runs.some(({ group }) => (group.lo[actor] ?? 0) <= lo && hlcOf(group.heads, actor) > lo)
  const isReplaced = (one: PresentGroup): boolean =>
    bases.some((base) => base !== one && (one.group.kind === "run" ? isAtLeast(base, one) : isGreater(base, one)))
  return { packs: packs.filter(isCovered), groups: groups.filter(isReplaced) }
}

const hlcOf = (heads: Heads, actor: ActorId): Hlc => heads[actor]?.[0] ?? 0

const isAtLeast = (a: PresentGroup, b: PresentGroup): boolean =>
  coversAll(vectorOf(a.group.heads), vectorOf(b.group.heads))

const isGreater = (a: PresentGroup, b: PresentGroup): boolean =>
  isAtLeast(a, b) && (!isAtLeast(b, a) || a.listed.id > b.listed.id)

function horizon({ heads, seen, settled, self }: HorizonParts): VersionVector {
  const own = vectorOf(heads)
  const active = Object.keys(heads).filter((actor) => !settled.has(actor))
  const sees = (actor: ActorId, of: ActorId): Hlc => (actor === self ? own : (seen[actor] ?? {}))[of] ?? 0
  return Object.fromEntries(
    Object.keys(heads).map((of) => [of, Math.min(...active.map((actor) => sees(actor, of)), hlcOf(heads, of))]),
  )
}
