/**
 * Taking in what others wrote. Owns: the two ways to find it, by the doorbell's hints and by a list of the bucket, and the
 * order in which bases, runs and packs are taken.
 * Invariant: what is taken in is decided on one state of the replica, and stored with what is remembered of it in one step. The
 * doorbell is only a hint: whatever it does not tell is found by the next list.
 * Must not know how packs are judged (chain.ts), nor own history (history.ts).
 */
import { clockAheadMsMax, gapToleranceMs, intakeBytesMax, listIntervalMs } from "../base/limits.ts"
import { hlcToMs } from "../clock/hlc.ts"
import type { ActorId } from "../clock/stamp.ts"
import { coversAll, type VersionVector } from "../clock/version-vector.ts"
import { type KeyRange, rowsRange } from "../codec/key.ts"
import { type Intake, type Taken, takePacks } from "./chain.ts"
import type { Control } from "./control.ts"
import { doubtIn } from "./history.ts"
import { cut } from "./push.ts"
import { boundariesOf, bytesOf, groupReach, type ListedPack, type Listing, type PresentGroup } from "./listing.ts"
import { look } from "./look.ts"
import { afterGroup, clockOf, type RemoteNote, toJson, vectorOf } from "./memory.ts"
import { doorbellName, groupFolder, packName } from "./names.ts"
import { type Doorbell, type GroupPart, noHash, type Pack } from "./objects.ts"
import type { Absorption, AbsorbStep, Head, Heads, PackedRows } from "./replica.ts"
import { isSameHead } from "./rules.ts"
import { fetchedAhead } from "./fetch-ahead.ts"
import { portionOf } from "./portion.ts"
import { foundMore, type Moment, momentOf, outrun, selfOf, type Session, tellOnce, tookIn } from "./session.ts"

/** A list that changes under the reader is read again so many times. */
const looksMax = 5

/** What a look at the bucket came to. */
export type Pulled =
  /** The doorbell has not been rung. */
  | "quiet"
  /** Everything that was found was taken in, as far as it could be. */
  | "taken"
  /** The own history is in doubt: `keep` is what is certain of it. */
  | { readonly doubt: Head | undefined }

/** Looks for what is new, and takes it in. Costs one request when there is nothing. */
export async function pull(session: Session): Promise<Pulled> {
  const { bucket, known, host } = session
  const { listedAtMs } = known
  const isListDue = listedAtMs === undefined || host.clock.monotonic() - listedAtMs >= listIntervalMs
  const found = await bucket.getTagged(doorbellName, isListDue ? undefined : known.bell?.etag)
  if (found.kind === "notModified" || (found.kind === "notFound" && !isListDue)) return "quiet"
  const content =
    found.kind === "found"
      ? await bucket.opened(doorbellName, () => bucket.codec.openDoorbell(doorbellName, found.body))
      : undefined
  const outcome = isListDue || content === undefined ? "list" : await pullByHints(session, content)
  const pulled = outcome === "list" ? await pullByList(session) : "taken"
  if (typeof pulled === "string" && found.kind === "found")
    known.bell = { etag: found.etag, content: content ?? { recent: [], control: 0 } }
  return pulled
}

async function pullByHints(session: Session, { recent, control: entries }: Doorbell): Promise<"taken" | "list"> {
  const { bucket, control, rules } = session
  if (entries > control.count) await control.read()
  const moment = await momentOf(session)
  const controlBefore = control.says
  const ends = new Map<ActorId, number>()
  const candidates = new Map<ActorId, Pack[]>()
  for (const [actor, lo, hi] of [...recent].sort((a, b) => a[1] - b[1])) {
    const end = ends.get(actor) ?? clockOf(moment.state.heads[actor])
    if (hi <= end) continue
    // A pack of this device's own that it does not have is looked into by a list.
    if (lo !== end || actor === moment.state.incarnation?.actor) return "list"
    const pack = await bucket.pack({ name: packName(actor, lo), actor, lo })
    if (pack === undefined || pack.hi !== hi) return "list"
    candidates.set(actor, [...(candidates.get(actor) ?? []), pack])
    ends.set(actor, hi)
  }
  if (candidates.size === 0) return "taken"
  const read = await rules.controlAfterPacks(controlBefore, () => control.read())
  const taken = await takePacks(intakeOf(session, moment, read), candidates)
  if (taken.forked.size + taken.waiting.size > 0) return "list"
  await absorbTaken(session, moment, taken)
  return "taken"
}

/** Looks at everything that the bucket holds. */
export async function pullByList(session: Session): Promise<Pulled> {
  const { control, known, host } = session
  for (let looks = 0; looks < looksMax; looks++) {
    const listedAtMs = host.clock.monotonic()
    const before = await momentOf(session)
    const found = await look(session)
    if (found === undefined) continue
    const { listing, groups } = found
    const doubt = await doubtIn(session, before, found)
    if (doubt !== "none") return { doubt: doubt.keep }
    checkBucket(session, before, listing, groups)
    known.lacksControl = (await control.look()) === "lacking"
    const outcome = await takeAll(session, listing, groups)
    if (outcome === "again") continue
    known.listedAtMs = listedAtMs
    return "taken"
  }
  throw outrun("the bucket changes faster than it can be read")
}

/** Takes groups while packs alone do not reach, then packs. */
async function takeAll(session: Session, listing: Listing, groups: readonly PresentGroup[]): Promise<"done" | "again"> {
  const { control, rules } = session
  const refused = new Set<PresentGroup>()
  let stalled: ReadonlySet<ActorId> = new Set()
  for (;;) {
    const moment = await momentOf(session)
    const { heads } = moment.state
    const self = selfOf(moment.state).actor
    const news = groups.filter((one) => isNews(one, heads) && !isAhead(session, one))
    const eligible = news.filter((one) => !refused.has(one))
    const controlBefore = control.says
    // Who knows nobody begins with a base: it comes in parts, and packs are taken as a whole.
    const isNew = isAlone(heads) && eligible.some(({ group }) => group.kind === "base")
    const isCutOff = isNew || (eligible.length > 0 && !startsEverywhere(listing, eligible, heads))
    const fetched = isCutOff ? undefined : await fetchChains(session, listing, { heads, self, news, stalled })
    if (fetched === "gone") return "again"
    const chains = fetched?.chains ?? noChains
    const sound = soundChains(session, chains, news)
    if (isCutOff || (eligible.length > 0 && sound.size < chains.size)) {
      const group = nextGroup(eligible, heads)
      const outcome = group === undefined ? "refused" : await takeGroup(session, group)
      if (outcome === "gone") return "again"
      if (outcome === "refused") for (const one of group === undefined ? eligible : [group]) refused.add(one)
      continue
    }
    const read = await rules.controlAfterPacks(controlBefore, () => control.read())
    const candidates = new Map([...sound].map(([actor, { packs }]) => [actor, packs]))
    const taken = await takePacks(intakeOf(session, moment, read), candidates)
    await absorbTaken(session, moment, taken)
    // Where nothing of each one's next pack could be taken, nothing of what follows can.
    if (fetched?.isPartial && Object.keys(taken.moved).length > 0) {
      stalled = new Set([...chains.keys()].filter((actor) => taken.moved[actor] === undefined))
      continue
    }
    await tellFindings(session, listing, taken)
    return "done"
  }
}

/** The packs of an actor that continue what is known of it, and the heads that they run through. */
interface Chain {
  readonly packs: readonly Pack[]
  readonly heads: readonly Head[]
}

/** What chains are fetched for. */
interface Wanted {
  readonly heads: Heads
  readonly self: ActorId
  /** Runs and bases that tell of more: a chain that has to run through their heads is fetched whole. */
  readonly news: readonly PresentGroup[]
  /** Actors of whom nothing could be taken the last time. */
  readonly stalled: ReadonlySet<ActorId>
}

/** Chains, and whether there is more of them than should be taken in at a time. */
interface Chains {
  readonly chains: ReadonlyMap<ActorId, Chain>
  readonly isPartial: boolean
}

const noChains: Chains["chains"] = new Map()

/** Fetches what continues the known heads. "gone" when a pack went meanwhile: something greater has come. */
async function fetchChains(session: Session, listing: Listing, wanted: Wanted): Promise<Chains | "gone"> {
  const { bucket } = session
  const { heads, self, news, stalled } = wanted
  const bound = new Map<ActorId, readonly ListedPack[]>()
  const free = new Map<ActorId, readonly ListedPack[]>()
  for (const [actor, listed] of listing.packs) {
    const from = clockOf(heads[actor])
    const all = listed.filter(({ lo }) => lo >= from)
    if (actor === self || all[0]?.lo !== from) continue
    const isBound = boundariesOf(news, actor).some(([hlc]) => hlc > from)
    ;(isBound ? bound : free).set(actor, all)
  }
  const room = intakeBytesMax - byteCountOf([...bound.values()].flat())
  const portion = portionOf(free, room, stalled)
  const chains = new Map<ActorId, Chain>()
  for (const [actor, ahead] of [...bound, ...portion.packs]) {
    const known = heads[actor] ?? ([0, noHash] as const)
    const packs: Pack[] = []
    const run: Head[] = [known]
    foundMore(session, byteCountOf(ahead))
    for await (const [one, pack] of fetchedAhead(ahead, (one) => bucket.pack(one))) {
      tookIn(session, one.byteCount)
      if (pack === undefined && !bucket.isBad(one.name)) return "gone"
      if (pack === undefined) continue
      const last = packs.at(-1)
      const [hlc, hash] = last?.lo === pack.lo ? (run.at(-2) as Head) : (run.at(-1) as Head)
      if (pack.lo !== hlc) continue
      // Two packs of one place, where the bucket could not keep the second out: the smaller hash counts.
      if (last?.lo === pack.lo && last.hash <= pack.hash) continue
      if (last?.lo === pack.lo) {
        packs.pop()
        run.pop()
      }
      packs.push(pack)
      run.push((await bucket.codec.hashOf(pack, hash)) === pack.hash ? [pack.hi, pack.hash] : [pack.hi, noHash])
    }
    chains.set(actor, { packs, heads: run })
  }
  return { chains, isPartial: portion.isPartial }
}

const byteCountOf = (packs: readonly ListedPack[]): number => packs.reduce((sum, { byteCount }) => sum + byteCount, 0)

/** The chains that run through all heads that groups tell of (R4). */
function soundChains(
  { rules }: Session,
  chains: ReadonlyMap<ActorId, Chain>,
  news: readonly PresentGroup[],
): Map<ActorId, Chain> {
  return new Map(
    [...chains].filter(([actor, { heads }]) => {
      const [from] = heads[0] as Head
      const boundaries = boundariesOf(news, actor).filter(([hlc]) => hlc > from)
      return rules.reachesBoundaries(heads, boundaries)
    }),
  )
}

/** Whether every actor of whom groups know more has a pack that begins where its known head is. */
function startsEverywhere(listing: Listing, groups: readonly PresentGroup[], heads: Heads): boolean {
  return groups.every(({ group }) =>
    Object.entries(group.heads).every(([actor, [hlc]]) => {
      const known = clockOf(heads[actor])
      return hlc <= known || (listing.packs.get(actor) ?? []).some(({ lo }) => lo === known)
    }),
  )
}

/** Who has nothing takes a base, who is behind a run where one fits. */
function nextGroup(groups: readonly PresentGroup[], heads: Heads): PresentGroup | undefined {
  const known = vectorOf(heads)
  const sum = ({ group }: PresentGroup): number => Object.values(group.heads).reduce((all, [hlc]) => all + hlc, 0)
  const fitting = groups
    .filter(({ group }) => coversAll(known, group.lo))
    .sort((a, b) => sum(b) - sum(a) || (a.listed.id < b.listed.id ? -1 : 1))
  const of = (kind: string) => fitting.find(({ group }) => group.kind === kind)
  return isAlone(heads) ? (of("base") ?? of("run")) : (of("run") ?? of("base"))
}

/** Whether nobody but this device is known. */
const isAlone = (heads: Heads): boolean => Object.keys(heads).length <= 1

/** Takes a run or a base, part by part; its heads move with the last, so that what is known is never said too early. */
async function takeGroup(session: Session, { listed, group }: PresentGroup): Promise<"taken" | "gone" | "refused"> {
  const { bucket, rules } = session
  const start = vectorOf((await momentOf(session)).state.heads)
  const folder = groupFolder(listed.kind, listed.id)
  const parts = group.parts.map((part, i) => ({ ...part, i, name: `${folder}/${i}` }))
  foundMore(session, bytesOf(group))
  if (parts.length === 0) await take({ actors: [], rows: [] }, 0)
  for await (const [{ name, i, cid, byteCount }, bytes] of fetchedAhead(parts, ({ name }) => bucket.get(name))) {
    if (bytes === undefined) return "gone"
    const rows = await bucket.opened(name, () => bucket.codec.openPart(name, bytes, cid))
    if (rows === undefined) return "refused"
    await take(rows, i)
    tookIn(session, byteCount)
  }
  return "taken"

  function take(rows: PackedRows, i: number): Promise<void> {
    const isLast = i >= parts.length - 1
    return absorb(session, ({ state, memory, note }) => {
      if (!coversAll(start, othersOf(state.heads, state.incarnation?.actor))) throw outrun("another tab was first")
      const step: AbsorbStep = {
        ...rows,
        kind: group.kind,
        ...(group.kind === "base" && { range: rangeOf(group.parts, i) }),
        ...rules.absorbWhole({ known: start, told: vectorOf(group.heads) }),
      }
      if (!isLast) return { steps: [step], heads: {} }
      return {
        steps: [step],
        heads: newer(group.heads, state.heads),
        memory: toJson(afterGroup(memory, group, state.heads)),
        notes: { [session.remote]: toJson(note) },
      }
    })
  }
}

/** Keys of part `i`: from its first, and the first part from the beginning, to the next one's first. */
function rangeOf(parts: readonly GroupPart[], i: number): KeyRange {
  return { from: i === 0 ? rowsRange.from : (parts[i] as GroupPart).first, to: parts[i + 1]?.first ?? rowsRange.to }
}

function othersOf(heads: Heads, self: ActorId | undefined) {
  return Object.fromEntries(Object.entries(vectorOf(heads)).filter(([actor]) => actor !== self))
}

function newer(heads: Heads, than: Heads): Heads {
  return Object.fromEntries(Object.entries(heads).filter(([actor, [hlc]]) => hlc > clockOf(than[actor])))
}

async function absorbTaken(session: Session, moment: Moment, taken: Taken): Promise<void> {
  if (Object.keys(taken.moved).length === 0) return
  const note: RemoteNote = { ...taken.note, control: session.control.stored }
  const absorption = {
    steps: taken.steps,
    heads: taken.moved,
    memory: toJson(taken.memory),
    notes: { [session.remote]: toJson(note) },
  }
  await absorb(session, () => absorption, moment)
}

/**
 * Absorbs what is built on the state now, or was built on `from`, which then must be the state still. Own writes that it
 * would beat are cut first.
 */
async function absorb(session: Session, build: (moment: Moment) => Absorption, from?: Moment): Promise<void> {
  for (let moment = from ?? (await momentOf(session)); ; ) {
    const absorption = build(moment)
    const steps = absorption.steps.map((step) => ({ ...step, told: toldTo(moment, step.told) }))
    const outcome = await session.replica.absorb(moment.state.revision, { ...absorption, steps })
    if (outcome === "done") return
    if (outcome === "outrun") throw outrun("absorbing")
    const before = rememberedIn(moment)
    await cut(session)
    moment = await momentOf(session)
    // Another tab may have done more than that cut: what was built on the old memory would undo it.
    if (rememberedIn(moment) !== before) throw outrun("another tab was first")
  }
}

const rememberedIn = ({ memory, note }: Moment): string => JSON.stringify([memory, note])

/** Void writes stand at times before the own registration: nobody was told of them, whatever vectors say. */
function toldTo({ state: { hasVoid, incarnation } }: Moment, told: VersionVector): VersionVector {
  return hasVoid ? Object.fromEntries(Object.entries(told).filter(([actor]) => actor !== incarnation?.actor)) : told
}

function intakeOf(session: Session, { state, memory, note }: Moment, control: Control): Intake {
  const { bucket, rules } = session
  return { heads: state.heads, memory, note, control, rules, codec: bucket.codec, nowMs: bucket.nowMs() }
}

const isNews = ({ group }: PresentGroup, heads: Heads): boolean => !coversAll(vectorOf(heads), vectorOf(group.heads))

function isAhead({ bucket }: Session, { group }: PresentGroup): boolean {
  const newest = Math.max(0, ...Object.values(group.heads).map(([hlc]) => hlc))
  return hlcToMs(newest) > bucket.nowMs() + clockAheadMsMax
}

/** Tells what was found out about others, and for how long something has been missing. */
async function tellFindings(session: Session, listing: Listing, { forked, waiting, ahead, heads, note }: Taken) {
  const { known, host } = session
  for (const actor of forked) tellOnce(session, "FORK_DETECTED", actor)
  for (const actor of ahead) tellOnce(session, "CLOCK_AHEAD", actor)
  const cutOff = [...listing.packs].filter(([actor, packs]) => {
    const head = clockOf(heads[actor])
    return packs.some(({ lo }) => lo > head) && !packs.some(({ lo }) => lo === head)
  })
  // A pack that begins inside of one that was taken is of another chain too.
  const split = [...listing.packs].filter(([actor, packs]) => {
    const last = note.spans[actor]?.at(-1)
    const head = clockOf(heads[actor])
    return last !== undefined && packs.some(({ lo }) => lo > last && lo < head)
  })
  for (const [actor, packs] of [...cutOff, ...split]) {
    const last = packs.find(({ lo }) => lo === note.spans[actor]?.at(-1))
    if (last !== undefined && (await isAnotherChain(session, last, heads[actor])))
      tellOnce(session, "FORK_DETECTED", actor)
  }
  if (waiting.size === 0 && cutOff.length === 0) {
    known.gapSinceMs = undefined
    known.told.delete("REMOTE_GAP/")
    return
  }
  const nowMs = host.clock.monotonic()
  known.gapSinceMs ??= nowMs
  if (nowMs - known.gapSinceMs >= gapToleranceMs) tellOnce(session, "REMOTE_GAP")
}

/** Whether the pack that led to a known head is another one now. */
async function isAnotherChain({ bucket }: Session, last: ListedPack, head: Head | undefined): Promise<boolean> {
  const pack = await bucket.pack(last)
  return pack !== undefined && head !== undefined && !isSameHead([pack.hi, pack.hash], head)
}

/** Whether the bucket still has all that was once found there, or put there; if not, a device with everything puts it back. */
function checkBucket(session: Session, { state, note }: Moment, listing: Listing, groups: readonly PresentGroup[]) {
  const reach = groupReach(groups)
  let isLost = false
  let isMissing = false
  for (const [actor, [head]] of Object.entries(state.heads)) {
    // The note is about the own actor by now: else there is doubt.
    const target = actor === state.incarnation?.actor ? clockOf(note.sent) : head
    const reached = clockOf(reach.get(actor))
    if (target <= reached) continue
    const los = (note.spans[actor] ?? []).filter((lo) => lo >= reached && lo < target)
    const isThere = (lo: number) => (listing.packs.get(actor) ?? []).some((pack) => pack.lo === lo)
    if (los.includes(reached) && los.every(isThere)) continue
    isMissing = true
    if (los.length > 0 || Object.keys(state.notes).length <= 1) isLost = true
  }
  session.known.needsHealing = isMissing
  if (isLost) tellOnce(session, "REMOTE_ROLLBACK")
  else session.known.told.delete("REMOTE_ROLLBACK/")
}
