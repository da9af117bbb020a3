// What is chosen at a time of packs that several wrote in answer to each other.
import fc from "fast-check"
import { expect, test } from "vitest"
import type { ListedPack } from "./listing.ts"
import { packName } from "./names.ts"
import { portionOf } from "./portion.ts"

const actors = ["0123456789abcdef", "vvvvvvvvvvvvvvvv", "aaaaaaaaaaaaaaaa"] as const
const none: ReadonlySet<string> = new Set()

/** Packs that end one after the other, each by one of three: its author has seen all of them so far. */
function answersOf(authors: readonly number[], byteCount = 10) {
  const listed = new Map<string, ListedPack[]>()
  const ends = new Map<string, number>()
  for (const [i, author] of authors.entries()) {
    const actor = actors[author] as string
    const lo = ends.get(actor) ?? 0
    listed.set(actor, [...(listed.get(actor) ?? []), { name: packName(actor, lo), actor, lo, byteCount }])
    ends.set(actor, i + 1)
  }
  return { listed, ends }
}

test("what is chosen can be taken without what is not, but for each one's next and last", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 60 }), fc.nat(700), (authors, room) => {
      const { listed, ends } = answersOf(authors)
      const { packs, isPartial } = portionOf(listed, room, none)
      const chosen = [...packs.values()].flat()
      expect(isPartial).toBe(chosen.length < authors.length)
      expect(chosen.length).toBeGreaterThanOrEqual(Math.min(authors.length, Math.floor(room / 10)))
      const endOf = ({ actor, lo }: ListedPack) =>
        listed.get(actor)?.find((one) => one.lo > lo)?.lo ?? (ends.get(actor) as number)
      for (const [actor, list] of packs) {
        expect(list).toEqual(listed.get(actor)?.slice(0, list.length))
        const last = list.at(-1) as ListedPack
        if (list.length === 1 || list.length === listed.get(actor)?.length) continue
        // All that ended before it is there, but for a last pack: where that ends, a list does not say.
        const before = [...listed.values()].flatMap((all) => all.slice(0, -1).filter((one) => endOf(one) < endOf(last)))
        expect(before.filter((one) => !chosen.includes(one))).toEqual([])
      }
    }),
  )
})

test("of one of whom nothing can be taken there is the next pack alone, and others have the room", () => {
  const { listed } = answersOf([0, 0, 0, 0, 1, 1, 1, 1])
  const { packs, isPartial } = portionOf(listed, 50, new Set([actors[0]]))
  expect([packs.get(actors[0])?.length, packs.get(actors[1])?.length, isPartial]).toEqual([1, 4, true])
})

test("packs of one place are chosen together", () => {
  const actor = actors[0]
  const pack = (lo: number, salt?: string) => ({ name: packName(actor, lo, salt), actor, lo, byteCount: 10 })
  const listed = new Map([[actor, [pack(0, "a"), pack(0, "b"), pack(3, "a"), pack(3, "b"), pack(5)]]])
  expect(
    portionOf(listed, 0, none)
      .packs.get(actor)
      ?.map(({ lo }) => lo),
  ).toEqual([0, 0])
  expect(
    portionOf(listed, 39, none)
      .packs.get(actor)
      ?.map(({ lo }) => lo),
  ).toEqual([0, 0])
  expect(
    portionOf(listed, 40, none)
      .packs.get(actor)
      ?.map(({ lo }) => lo),
  ).toEqual([0, 0, 3, 3])
})
