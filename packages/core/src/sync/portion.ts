/**
 * Which packs are fetched at a time, where there are more than should be taken in at once. Owns: their choice.
 * Invariant: a pack comes after all that its author can have seen, so that what is chosen can be taken without what is not. Of each
 * actor the next place is chosen in any case: whoever waits for another one can go on when that has come. Packs of one place are
 * chosen together. Pure.
 */
import type { Hlc } from "../clock/hlc.ts"
import type { ActorId } from "../clock/stamp.ts"
import type { ListedPack } from "./listing.ts"

/** Packs by actor, ascending. */
type Packs = ReadonlyMap<ActorId, readonly ListedPack[]>

/** What is chosen, and whether anything was left. */
export interface Portion {
  readonly packs: Packs
  readonly isPartial: boolean
}

/**
 * Chooses by the clocks at which packs end, which are later than those of all that their authors had seen.
 * @param listed What each actor's known history goes on with.
 * @param room Bytes.
 * @param stalled Actors of whom nothing could be taken the last time: what follows their next place would take the room of others.
 */
export function portionOf(listed: Packs, room: number, stalled: ReadonlySet<ActorId>): Portion {
  const places = new Map([...listed].map(([actor, packs]) => [actor, placesOf(packs)]))
  const next = [...places.values()].flatMap((all) => all.slice(0, 1))
  const later = [...places].flatMap(([actor, all]) => (stalled.has(actor) ? [] : all.slice(1)))
  later.sort((a, b) => (a.end < b.end ? -1 : 1))
  const chosen = new Set(next)
  let left = room - next.reduce((sum, { byteCount }) => sum + byteCount, 0)
  for (const place of later) {
    left -= place.byteCount
    if (left < 0) break
    chosen.add(place)
  }
  const isChosen = (place: Place): boolean => chosen.has(place)
  const packs = [...places].map(
    ([actor, all]) => [actor, all.filter(isChosen).flatMap((place) => place.packs)] as const,
  )
  return { packs: new Map(packs), isPartial: [...places.values()].some((all) => !all.every(isChosen)) }
}

/** The packs of one place: several where a bucket could not keep the second out. */
interface Place {
  readonly lo: Hlc
  /** Where the next place begins; nobody knows where the last one ends. */
  end: Hlc
  readonly packs: ListedPack[]
  byteCount: number
}

function placesOf(packs: readonly ListedPack[]): Place[] {
  const places: Place[] = []
  for (const pack of packs) {
    const { lo, byteCount } = pack
    const last = places.at(-1)
    if (last?.lo === lo) {
      last.packs.push(pack)
      last.byteCount += byteCount
      continue
    }
    if (last !== undefined) last.end = lo
    places.push({ lo, end: Number.POSITIVE_INFINITY, packs: [pack], byteCount })
  }
  return places
}
