/**
 * The own history of this device, as a bucket tells it. Owns: what of it is certain, and when it is in doubt (R5, R6).
 * A device that was rolled back, copied or sealed finds packs of its own that it does not have, or a head of itself that is not
 * on its own chain. What is certain then is the longest beginning that both agree on.
 * Invariant: what counts as sure was in the bucket, and nothing that was there after it spoke against it.
 * Must not know what is done about doubt (machine.ts).
 */
import type { Listing, Look } from "./listing.ts"
import { clockOf, type RemoteNote, toJson, withSpan } from "./memory.ts"
import { noHash, type Pack } from "./objects.ts"
import type { Head, OutgoingPack, ReplicaState } from "./replica.ts"
import { isSameHead } from "./rules.ts"
import { type Moment, momentOf, outrun, selfOf, type Session } from "./session.ts"

/** What a look at the bucket says of the own history. */
export type Doubt = "none" | { readonly keep: Head | undefined }

/** An outgoing pack, and its head. */
export interface OwnPack {
  readonly outgoing: OutgoingPack
  readonly head: Head
}

/** The packs of the incarnation in force that wait, in order. */
export async function ownPacks(session: Session, state: ReplicaState): Promise<OwnPack[]> {
  const self = selfOf(state).actor
  const own = state.outbox.filter(({ actor }) => actor === self)
  return Promise.all(
    own.map(async (outgoing) => {
      const hash = outgoing.hash ?? (await hashIn(session, outgoing))
      return { outgoing, head: [outgoing.hi, hash] as const }
    }),
  )
}

async function hashIn({ bucket, replica }: Session, outgoing: OutgoingPack): Promise<string> {
  const content = await replica.contentOf(outgoing)
  if (content === undefined) throw outrun("a pack left the outbox")
  return (await bucket.codec.decodePack(content, outgoing)).hash
}

/** Compares the own history with what a bucket holds. What was sent before a clear look is sure when nothing speaks against it. */
export async function doubtIn(session: Session, moment: Moment, { listing, groups, isClear }: Look): Promise<Doubt> {
  const { state, memory, note } = moment
  const self = selfOf(state).actor
  // Where the first pack should be is one of another device, or of a try that this disk has forgotten: nothing begins there.
  if (note.actor !== self) return { keep: undefined }
  const own = await ownPacks(session, state)
  const found = groups.flatMap(({ group }) => (group.heads[self] === undefined ? [] : [group.heads[self]]))
  const vouched = new Set(Object.entries(memory.seen).flatMap(([by, seen]) => (by === self ? [] : [seen[self] ?? 0])))
  const verified = await verify(session, { self, note, own, listing, found, vouched })
  const chain = [note.sure ?? ([0, noHash] as const), ...own.map(({ head }) => head)]
  const isForeign = (head: Head): boolean => head[0] > clockOf(note.sure) && session.rules.contradicts(chain, head)
  const place = clockOf(verified.head)
  const isUnknown = (listing.packs.get(self) ?? []).some(
    ({ lo }) => lo >= place && !own.some(({ outgoing }) => outgoing.lo === lo),
  )
  if (verified.isDisputed || isUnknown || found.some(isForeign)) return { keep: verified.head }
  await settle(session, moment, verified.head, isClear ? note.sent : note.sure)
  return "none"
}

interface Evidence {
  readonly self: string
  readonly note: RemoteNote
  readonly own: readonly OwnPack[]
  readonly listing: Listing
  readonly found: readonly Head[]
  /** Ends of own packs that others have taken in, as far as is known here. */
  readonly vouched: ReadonlySet<number>
}

/** How far the own chain is there: pack by pack, or by the head of a run or a base. */
async function verify({ bucket }: Session, { self, note, own, listing, found, vouched }: Evidence) {
  // What others have built on counts, whatever became of the packs: their writes may stand in lives that began there.
  const last = own.findLast(({ head: [hlc] }) => vouched.has(hlc))?.head
  let head: Head | undefined = clockOf(last) > clockOf(note.sure) ? last : (note.sure ?? undefined)
  const isForeign = (one: Head): boolean => !own.some((mine) => isSameHead(mine.head, one))
  for (const { outgoing, head: next } of own) {
    const { lo } = outgoing
    if (lo !== clockOf(head)) continue
    const above = found.filter(([hlc]) => hlc > lo)
    // What a run or a base tells of outweighs the packs below it: a copy may have put one where ours was deleted.
    if (above.some((one) => !isForeign(one))) {
      head = next
      continue
    }
    if (above.length > 0) break
    const listed = (listing.packs.get(self) ?? []).filter((one) => one.lo === lo)
    const packs = await Promise.all(listed.map((one) => bucket.pack(one)))
    // Where a bucket cannot keep a second pack out, the smaller hash wins.
    const [winner] = packs.filter((pack): pack is Pack => pack !== undefined).sort((a, b) => (a.hash < b.hash ? -1 : 1))
    if (winner === undefined) break
    if (!isSameHead([winner.hi, winner.hash], next)) return { head, isDisputed: true }
    head = next
  }
  return { head, isDisputed: false }
}

/** Remembers what has come to be sent and sure, and lets go of packs that every remote has. */
async function settle(session: Session, { state, note }: Moment, verified: Head | undefined, sentBefore: Head | null) {
  const sent = verified !== undefined && verified[0] > clockOf(note.sent) ? verified : note.sent
  const sure = sentBefore
  const isMoved = sent?.[0] !== note.sent?.[0] || sure?.[0] !== note.sure?.[0]
  if (!isMoved) return
  const notes = { ...state.notes, [session.remote]: toJson({ ...note, sent, sure }) }
  const everywhere = Math.min(...Object.values(notes).map((one) => sureOf(one as unknown as RemoteNote, note.actor)))
  const delivered = state.outbox.filter(({ actor, hi }) => actor !== note.actor || hi <= everywhere)
  const outcome = await session.replica.remember(state.revision, {
    notes: { [session.remote]: toJson({ ...note, sent, sure }) },
    delivered: delivered.map(({ actor, lo }) => ({ actor, lo })),
  })
  if (outcome === "outrun") throw outrun("settling")
}

const sureOf = ({ actor, sure }: RemoteNote, self: string | null): number => (actor === self ? clockOf(sure) : 0)

/** Remembers a pack that was put. The first one of an actor makes the rest of the note about it. */
export async function markSent(session: Session, sent: Head, lo: number): Promise<void> {
  for (;;) {
    const { state, note } = await momentOf(session)
    const { actor } = selfOf(state)
    if (note.actor === actor && clockOf(note.sent) >= sent[0]) return
    const sure = note.actor === actor ? note.sure : null
    const next = withSpan({ ...note, actor, sent, sure }, actor, lo)
    if ((await session.replica.remember(state.revision, { notes: { [session.remote]: toJson(next) } })) === "done")
      return
  }
}
