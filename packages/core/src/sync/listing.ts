/**
 * What a bucket holds of a space, at one look. Owns: how names become packs and groups, and what these cover together.
 * Invariant: a group without its header, or with a part missing, does not exist. What is covered is judged by present objects
 * alone. Pure. Must not know how objects are fetched.
 */
import type { Hlc } from "../clock/hlc.ts"
import type { ActorId } from "../clock/stamp.ts"
import { coversAll } from "../clock/version-vector.ts"
import { vectorOf } from "./memory.ts"
import { groupFolder, parseDataName } from "./names.ts"
import type { Group } from "./objects.ts"
import type { Head } from "./replica.ts"

/** A pack by its name. Where a bucket cannot keep a second one out, one place can have several. */
export interface ListedPack {
  readonly name: string
  readonly actor: ActorId
  readonly lo: Hlc
  /** As the list tells it: good enough to guess by. */
  readonly byteCount: number
}

/** A run or a base by its names. */
export interface ListedGroup {
  readonly kind: Group["kind"]
  readonly id: string
  readonly maker: ActorId
  readonly hasHeader: boolean
  readonly parts: readonly number[]
}

/** A run or a base whose header was read. */
export interface PresentGroup {
  readonly listed: ListedGroup
  readonly group: Group
}

/** What is in a bucket. */
export interface Look {
  readonly listing: Listing
  /** Those that are whole. */
  readonly groups: readonly PresentGroup[]
  /** Whether every header could be read: one that was damaged on its way may tell more. */
  readonly isClear: boolean
}

/** The names of a space, understood. */
export interface Listing {
  /** By actor, ascending by lo. */
  readonly packs: ReadonlyMap<ActorId, readonly ListedPack[]>
  readonly groups: readonly ListedGroup[]
  readonly count: number
}

/** An object of a list, named below the space. */
export interface NamedObject {
  readonly name: string
  readonly size: number
}

/** The listing of names. */
export function readNames(names: readonly NamedObject[]): Listing {
  const packs = new Map<ActorId, ListedPack[]>()
  const groups = new Map<string, ListedGroup & { hasHeader: boolean; parts: number[] }>()
  let count = 0
  for (const { name: text, size } of names) {
    const data = parseDataName(text)
    if (data === undefined) continue
    count++
    if (data.kind === "pack") {
      const { name, actor, lo } = data
      const list = packs.get(actor)
      const pack = { name, actor, lo, byteCount: size }
      if (list === undefined) packs.set(actor, [pack])
      else list.push(pack)
      continue
    }
    const { kind, id, maker, part } = data
    const key = groupFolder(kind, id)
    const group = groups.get(key) ?? { kind, id, maker, hasHeader: false, parts: [] }
    if (part === undefined) group.hasHeader = true
    else group.parts.push(part)
    groups.set(key, group)
  }
  for (const list of packs.values()) list.sort((a, b) => a.lo - b.lo || (a.name < b.name ? -1 : 1))
  return { packs, groups: [...groups.values()], count }
}

/** Whether all parts of a group are there. */
export function isWhole({ listed, group }: PresentGroup): boolean {
  return group.parts.every((_, i) => listed.parts.includes(i))
}

/** Bytes of the parts of a run or a base. */
export function bytesOf({ parts }: Group): number {
  return parts.reduce((sum, { byteCount }) => sum + byteCount, 0)
}

/** The runs that can be taken by who begins with nothing, by way of present bases and other such runs; and all bases. */
export function reachable(groups: readonly PresentGroup[]): PresentGroup[] {
  const reached = groups.filter(({ group }) => group.kind === "base" || Object.keys(group.lo).length === 0)
  for (let isMoving = true; isMoving; ) {
    isMoving = false
    for (const one of groups)
      if (!reached.includes(one) && reached.some(({ group }) => coversAll(vectorOf(group.heads), one.group.lo))) {
        reached.push(one)
        isMoving = true
      }
  }
  return reached
}

/** How far runs and bases that can be taken tell of each actor. */
export function groupReach(groups: readonly PresentGroup[]): Map<ActorId, Head> {
  const reach = new Map<ActorId, Head>()
  for (const { group } of reachable(groups))
    for (const [actor, head] of Object.entries(group.heads))
      if (head[0] > (reach.get(actor)?.[0] ?? 0)) reach.set(actor, head)
  return reach
}

/** All heads of one actor in runs and bases. */
export function boundariesOf(groups: readonly PresentGroup[], actor: ActorId): Head[] {
  return groups.flatMap(({ group }) => (group.heads[actor] === undefined ? [] : [group.heads[actor]]))
}
