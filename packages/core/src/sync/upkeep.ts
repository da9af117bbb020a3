/**
 * Keeping a bucket small and whole. Owns: making runs and bases, deleting what they replace, and the end of devices that are gone.
 * Invariant: between any two requests the bucket is one that every device can read: what is made is there, header last, before
 * anything goes, and what goes goes header first. Anybody may do any of it at any time, as often as they like.
 * Must not know when it is time (machine.ts).
 */
import { type Bytes, toHex } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import { basePartBytes } from "../base/limits.ts"
import type { ActorId } from "../clock/stamp.ts"
import { covers, coversAll, type VersionVector } from "../clock/version-vector.ts"
import { collect } from "../crdt/absorb.ts"
import type { State } from "../crdt/cells.ts"
import { lossesOf, type StoredLosses } from "../crdt/losses-form.ts"
import type { ActorTable } from "../crdt/row.ts"
import { rowState, stateRow } from "../crdt/row-state.ts"
import type { Bucket } from "./bucket.ts"
import type { Control } from "./control.ts"
import { StateDigest } from "./digest.ts"
import { bytesOf, groupReach, type Look, type PresentGroup } from "./listing.ts"
import { look } from "./look.ts"
import { vectorOf } from "./memory.ts"
import { groupFolder, groupId, headerName } from "./names.ts"
import { type Group, type GroupPart, noHash } from "./objects.ts"
import type { Head, PackedRows } from "./replica.ts"
import { actorTable } from "./row-form.ts"
import { longThere } from "./replaced.ts"
import { type Moment, momentOf, rememberControl, selfOf, type Session } from "./session.ts"

const nonceBytes = 4

/** What of a bucket a compaction would replace. */
export interface Weight {
  /** Packs that no run and no base has, and runs that no base has. */
  readonly packs: number
  readonly packBytes: number
  readonly runs: number
  /** Whether they come to half of the largest base: then one of its size is worth more than another run on top of it. */
  readonly isBaseOutgrown: boolean
}

/** Weighs what is in no base. Where nothing is deleted, what is replaced stays and does not count. */
export function weigh({ listing, groups }: Look): Weight {
  const reach = groupReach(groups)
  const packs = [...listing.packs.values()].flat().filter(({ actor, lo }) => lo >= (reach.get(actor)?.[0] ?? 0))
  const packBytes = packs.reduce((sum, { byteCount }) => sum + byteCount, 0)
  const bases = groups.filter(({ group }) => group.kind === "base")
  const isReplaced = ({ group }: PresentGroup): boolean =>
    bases.some((base) => coversAll(vectorOf(base.group.heads), vectorOf(group.heads)))
  const runs = groups.filter((one) => one.group.kind === "run" && !isReplaced(one))
  const runBytes = runs.reduce((sum, { group }) => sum + bytesOf(group), 0)
  const baseBytes = Math.max(0, ...bases.map(({ group }) => bytesOf(group)))
  return { packs: packs.length, packBytes, runs: runs.length, isBaseOutgrown: 2 * (packBytes + runBytes) >= baseBytes }
}

/** Whether this device may tell the others what it has: all that it knows is published beyond doubt, and nobody has ended it. */
export function mayTell({ state, note }: Moment, { fenced }: Control): boolean {
  const { incarnation, hasUncut, hasVoid, heads } = state
  if (incarnation === undefined || hasUncut || hasVoid || note.actor !== incarnation.actor) return false
  return note.sure?.[0] === heads[incarnation.actor]?.[0] && !fenced.has(incarnation.actor)
}

/** What is to take the place of packs is read as others will read it, before any of them goes. */
async function checkReadable(
  { codec }: Bucket,
  name: string,
  { bytes, cid }: { readonly bytes: Bytes; readonly cid: string },
): Promise<void> {
  try {
    await codec.openPart(name, bytes, cid)
  } catch (cause) {
    throw new FixpointError("INTERNAL", "What was to replace packs cannot be read.", { cause })
  }
}

/**
 * Makes a run above `below`, or a base; undefined when this device may not now, or was written to meanwhile. Of a bucket that has
 * lost something it is not known who had registered there: a base that heals it collects nothing.
 */
export async function makeGroup(
  session: Session,
  below: VersionVector | undefined,
  isHealing = false,
): Promise<"made" | undefined> {
  const { replica, bucket, rules, control, host } = session
  const says = await control.read()
  const moment = await momentOf(session)
  if (!mayTell(moment, says)) return undefined
  const { state } = moment
  const self = selfOf(state)
  const pages = await replica.scan(state.revision)
  if (pages === undefined) return undefined
  const horizon = horizonOf(session, moment, says)
  const kind: Group["kind"] = below === undefined ? "base" : "run"
  const hi = Math.max(0, ...Object.values(state.heads).map(([hlc]) => hlc))
  const id = groupId(hi, self.actor, toHex(host.random(nonceBytes)))
  const [folder, header] = [groupFolder(kind, id), headerName(kind, id)]
  const digest = new StateDigest()
  const parts: GroupPart[] = []
  const change: Change = (key, whole) => {
    if (kind === "base") digest.add(key, whole)
    const part = below === undefined ? whole : beyond(whole, below)
    return part && !isHealing && rules.collects(kind) ? collect(part, horizon) : part
  }
  for await (const rows of partsOf(pages, change, (losses) => below === undefined || losesBeyond(losses, below))) {
    const name = `${folder}/${parts.length}`
    const { bytes, cid } = await bucket.codec.sealPart(name, rows)
    await checkReadable(bucket, name, { bytes, cid })
    await bucket.put(name, bytes)
    parts.push({ cid, byteCount: bytes.length, rowCount: rows.rows.length, first: firstOf(rows) })
  }
  await replica.barrier()
  const group: Group = {
    kind,
    maker: self.actor,
    lo: below ?? {},
    heads: state.heads,
    horizon,
    parts,
    digest: kind === "base" ? digest.text : "",
  }
  await bucket.put(header, await bucket.codec.sealGroup(header, group, self))
  return "made"
}

/** Deletes what is replaced (R8), and what this device has begun and not ended: only one step of upkeep runs at a time. */
export async function collectGarbage(session: Session, { listing, groups }: Look, own: boolean): Promise<void> {
  const { bucket, rules } = session
  // A list that is behind can show a base that is gone: nothing is deleted on its word.
  if (!(await bucket.capabilities()).strongList) return
  const packs = [...listing.packs.values()].flat()
  const deletable = rules.deletable({ packs, groups: await longThere(session, groups) })
  for (const { name } of deletable.packs) await bucket.delete(name)
  for (const { listed, group } of deletable.groups) {
    const folder = groupFolder(listed.kind, listed.id)
    await bucket.delete(headerName(listed.kind, listed.id))
    for (const i of group.parts.keys()) await bucket.delete(`${folder}/${i}`)
  }
  const self = (await momentOf(session)).state.incarnation?.actor
  for (const { kind, id, maker, hasHeader, parts } of own ? listing.groups : [])
    if (maker === self && !hasHeader) for (const i of parts) await bucket.delete(`${groupFolder(kind, id)}/${i}`)
}

/** Ends an actor (R11): a fence, then a seal at the last that is there. Harmless when somebody else does it too. */
export async function evict(session: Session, actor: ActorId): Promise<void> {
  const { bucket, control, rules } = session
  const { createIfAbsent, strongList } = await bucket.capabilities()
  if (!createIfAbsent || !strongList) return
  const self = selfOf((await momentOf(session)).state)
  const says = await control.read()
  // Who is fenced ends nobody, but may be the one who finishes what was begun against it.
  if ((says.fenced.has(self.actor) && actor !== self.actor) || says.seals.has(actor)) return
  await rules.fenceThenSeal(
    async () => {
      await control.append({ type: "fence", actor }, self, ({ fenced }) => fenced.has(actor))
      await rememberControl(session)
    },
    async () => {
      const end = await endOf(session, actor)
      if (end === "unknown") return
      await control.append({ type: "seal", actor, head: end }, self, ({ seals }) => seals.has(actor))
      await rememberControl(session)
    },
  )
}

/** A seal is for ever: what may have been damaged on its way is fetched so many times before it counts as not there. */
const sealLooksMax = 3

/** The last head of an actor that can be read; null when there is none, "unknown" when the bucket changed meanwhile. */
async function endOf(session: Session, actor: ActorId): Promise<Head | null | "unknown"> {
  let head: Head | null = null
  for (let looksLeft = sealLooksMax; looksLeft > 0; ) {
    const seen = await endSeen(session, actor, head)
    if (seen === "unknown") return seen
    if (!seen.isDoubtful) return seen.head
    // What lies after what was read has been fetched once so far.
    const isFarther = (seen.head?.[0] ?? 0) > (head?.[0] ?? 0)
    looksLeft = isFarther ? sealLooksMax : looksLeft - 1
    head = seen.head
  }
  return head
}

/** The last head that one look shows, from one on that was read before. */
async function endSeen(
  session: Session,
  actor: ActorId,
  from: Head | null,
): Promise<{ readonly head: Head | null; readonly isDoubtful: boolean } | "unknown"> {
  const { bucket } = session
  const found = await look(session)
  if (found === undefined) return "unknown"
  let isDoubtful = !found.isClear
  const reach = groupReach(found.groups).get(actor) ?? null
  let end = (reach?.[0] ?? 0) > (from?.[0] ?? 0) ? reach : from
  for (const listed of found.listing.packs.get(actor) ?? []) {
    if (listed.lo !== (end?.[0] ?? 0)) continue
    const pack = await bucket.pack(listed)
    const isBad = pack === undefined && bucket.isBad(listed.name)
    if (pack === undefined && !isBad) return "unknown"
    isDoubtful ||= isBad
    if (pack !== undefined && (await bucket.codec.hashOf(pack, end?.[1] ?? noHash)) === pack.hash)
      end = [pack.hi, pack.hash]
  }
  return { head: end, isDoubtful }
}

/** What everybody has seen. Actors that are sealed, and known here up to their seal, hold it up no more. */
export function horizonOf({ rules }: Session, { state, memory }: Moment, { seals }: Control): VersionVector {
  const { heads } = state
  const settled = new Set(
    [...seals].filter(([actor, head]) => (heads[actor]?.[0] ?? 0) >= (head?.[0] ?? 0)).map(([actor]) => actor),
  )
  return rules.horizon({ heads, seen: memory.seen, settled, self: selfOf(state).actor })
}

/** Heads of a run or a base that a new run can begin at. */
export function runStart({ rules }: Session, { state, memory }: Moment, { groups }: Look): VersionVector | undefined {
  const known = vectorOf(state.heads)
  const starts = groups
    .map(({ group }) => vectorOf(group.heads))
    .filter((heads) => coversAll(known, heads) && !coversAll(heads, known) && rules.mayBeginRun(heads, memory.floor))
  const sum = (vector: VersionVector): number => Object.values(vector).reduce((all, hlc) => all + hlc, 0)
  return starts.sort((a, b) => sum(b) - sum(a))[0]
}

/** What of a document was written after a vector. */
function beyond({ life, dead, cells }: State, below: VersionVector): State | undefined {
  if (dead !== undefined) return covers(below, dead) ? undefined : { life, dead, cells: new Map() }
  const newer = new Map([...cells].filter(([, { stamp }]) => !covers(below, stamp)))
  return newer.size === 0 ? undefined : { life, cells: newer }
}

/** Whether something of what gave way was written after a vector. */
function losesBeyond(text: string, below: VersionVector): boolean {
  const { registers, documents } = lossesOf(JSON.parse(text) as StoredLosses)
  const cells = [...registers.map(({ cell }) => cell), ...documents.flatMap(({ lost }) => [...lost.values()])]
  return cells.some(({ stamp }) => !covers(below, stamp))
}

type Change = (key: string, state: State) => State | undefined

/** Pages of rows as parts of a bounded size, each under a table of actors of its own. `isNews`: what is told though its document is not. */
async function* partsOf(
  pages: AsyncIterable<PackedRows>,
  change: Change,
  isNews: (losses: string) => boolean,
): AsyncIterable<PackedRows> {
  let rows: (readonly [string, string])[] = []
  let losses: (readonly [string, string])[] = []
  let actors = growingTable()
  let chars = 0
  for await (const page of pages) {
    const from = actorTable(page.actors)
    const lost = new Map(page.losses)
    for (const [key, row] of page.rows) {
      const state = change(key, rowState(row, from))
      const gaveWay = lost.get(key)
      if (state !== undefined) {
        const text = stateRow(state, actors)
        rows.push([key, text])
        chars += text.length
      }
      if (gaveWay !== undefined && (state !== undefined || isNews(gaveWay))) {
        losses.push([key, gaveWay])
        chars += gaveWay.length
      }
      if (chars < basePartBytes) continue
      yield partOf()
      rows = []
      losses = []
      actors = growingTable()
      chars = 0
    }
  }
  if (chars > 0) yield partOf()

  function partOf(): PackedRows {
    return { actors: actors.list, rows, ...(losses.length > 0 && { losses }) }
  }
}

function firstOf({ rows, losses = [] }: PackedRows): string {
  const [first, other] = [rows[0]?.[0], losses[0]?.[0]]
  return first === undefined || (other !== undefined && other < first) ? (other as string) : first
}

function growingTable(): ActorTable & { readonly list: readonly ActorId[] } {
  const list: ActorId[] = []
  const indexes = new Map<ActorId, number>()
  return {
    list,
    actorAt: (index) => list[index] as ActorId,
    indexOf(actor) {
      const index = indexes.get(actor) ?? list.push(actor) - 1
      indexes.set(actor, index)
      return index
    },
  }
}
