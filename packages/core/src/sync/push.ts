/**
 * Publishing what this device wrote. Owns: the cut into packs, their way into the bucket, registration, and the doorbell.
 * Invariant: a pack is durable here before it is put, and put under a name that only one content can have; that an answer was
 * lost makes no difference, as the same content is put again. The doorbell is rung when the pack is there.
 * Must not know what others wrote.
 */
import { toHex } from "../base/bytes.ts"
import { doorbellPacksMax } from "../base/limits.ts"
import { ownPacks, markSent, type OwnPack } from "./history.ts"
import { clockOf } from "./memory.ts"
import { doorbellName, packName, pieceName } from "./names.ts"
import { type Doorbell, noHash } from "./objects.ts"
import type { CutPart, Heads } from "./replica.ts"
import { isSameHead } from "./rules.ts"
import { momentOf, outrun, type Recollection, selfOf, type Session, tellOnce } from "./session.ts"

const nonceBytes = 4

/** Puts what was written since the last cut into the outbox, even when it is nothing. Gives whether there is more of it. */
export async function cut({ replica, bucket, known }: Session): Promise<boolean> {
  const state = await replica.read()
  const self = selfOf(state).actor
  const { lastCut } = known
  let cutNow: Recollection["lastCut"]
  let isMore = false
  const outcome = await replica.cut(state.revision, async (part: CutPart) => {
    const { lo, hi, heads, actors, rows, isPartial = false } = part
    isMore = isPartial
    const previous = heads[self]?.[1] ?? noHash
    // What was told in the pack before needs no telling again; what another session told is not known here.
    const told: Heads = lastCut?.hash === previous ? lastCut.heads : {}
    const isFull = lastCut?.hash !== previous || lo === 0
    const others = Object.entries(heads).filter(([actor]) => actor !== self)
    const seen: Heads = Object.fromEntries(others.filter(([actor, [hlc]]) => hlc > clockOf(told[actor])))
    const encoded = await bucket.codec.encodePack({ actor: self, lo, hi, seen, isFull, actors, rows }, previous)
    cutNow = { hash: encoded.hash, heads }
    return encoded
  })
  if (outcome === "outrun") throw outrun("cutting")
  known.lastCut = cutNow
  return isMore
}

/** Registers the incarnation in force: its first pack, before anything is listed (R1). */
export async function register(session: Session): Promise<"done" | "doubt"> {
  const { state, note } = await momentOf(session)
  const self = selfOf(state).actor
  if (note.actor === self) return "done"
  if (!state.outbox.some(({ actor, lo }) => actor === self && lo === 0)) await cut(session)
  const [first] = await ownPacks(session, (await momentOf(session)).state)
  if (first === undefined) throw outrun("registering")
  // While writes wait to be made again, the first pack is empty, and nobody has to wait for files.
  return state.hasVoid ? publish(session, first) : publishAll(session, [first])
}

/** Publishes everything that was written, and rings. */
export async function push(session: Session): Promise<"done" | "doubt"> {
  for (let isMore = (await momentOf(session)).state.hasUncut; isMore; ) isMore = await cut(session)
  const { state, note } = await momentOf(session)
  const waiting = (await ownPacks(session, state)).filter(({ head }) => head[0] > clockOf(note.sent))
  if ((await publishAll(session, waiting)) === "doubt") return "doubt"
  const news = waiting.length > 0 ? hintsOf(waiting) : unheard(session)
  if (news.length > 0) await ring(session, news)
  return "done"
}

/** Publishes packs, after the files that they may name. */
async function publishAll(session: Session, packs: readonly OwnPack[]): Promise<"done" | "doubt"> {
  if (packs.length > 0) await sendFiles(session)
  for (const own of packs) if ((await publish(session, own)) === "doubt") return "doubt"
  return "done"
}

/** Sends the files that are only here. A damaged piece is told, and does not hold up all the rest. */
export async function sendFiles(session: Session): Promise<void> {
  const { files, bucket } = session
  if (files === undefined) return
  const { copies = false } = await bucket.capabilities()
  const damage = await files.send({
    copies,
    put: (file, chunk, bytes) => bucket.put(pieceName(file, chunk), bytes),
    count: async (file) => (await bucket.listPieces(file)).get(file)?.length ?? 0,
  })
  if (damage !== undefined) tellOnce(session, damage.code)
}

async function publish(session: Session, { outgoing, head }: OwnPack): Promise<"done" | "doubt"> {
  const { replica, bucket } = session
  const { actor, lo } = outgoing
  const author = selfOf((await momentOf(session)).state)
  const content = await replica.contentOf(outgoing)
  if (author.actor !== actor || content === undefined) throw outrun("publishing")
  await replica.barrier()
  const { createIfAbsent } = await bucket.capabilities()
  const nonce = createIfAbsent ? undefined : toHex(session.host.random(nonceBytes))
  const name = packName(actor, lo, nonce)
  const bytes = await bucket.codec.sealPack(name, content, author)
  const result = await bucket.putNew(name, bytes)
  session.known.looseBytes += bytes.length
  if (result.kind === "exists") {
    const there = await bucket.pack({ name, actor, lo })
    // What is there and cannot be read is not ours to judge; what went was covered, and is put again.
    if (there === undefined && !bucket.isBad(name)) throw outrun("a pack went")
    if (there === undefined || !isSameHead([there.hi, there.hash], head)) return "doubt"
  }
  await markSent(session, head, lo)
  return "done"
}

type Recent = Doorbell["recent"]

/** What tells of packs, the newest first. */
const hintsOf = (packs: readonly OwnPack[]): Recent =>
  packs.map(({ outgoing: { actor, lo }, head: [hi] }) => [actor, lo, hi] as const).reverse()

/** What was rung for last, where the doorbell as last read lacks the newest of it: another device rang at the same time. */
function unheard({ known: { rung = [], bell } }: Session): Recent {
  const isTold = ([actor, , hi]: Recent[number]): boolean =>
    bell === undefined || bell.content.recent.some((one) => one[0] === actor && one[2] >= hi)
  return rung.slice(0, 1).every(isTold) ? [] : rung
}

async function ring({ bucket, control, known }: Session, mine: Recent): Promise<void> {
  const others = (known.bell?.content.recent ?? []).filter(
    ([actor, lo]) => !mine.some((one) => one[0] === actor && one[1] === lo),
  )
  const recent = [...mine, ...others].slice(0, doorbellPacksMax)
  await bucket.put(doorbellName, await bucket.codec.sealDoorbell(doorbellName, { recent, control: control.count }))
  known.rung = mine
}
