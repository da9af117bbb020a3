/**
 * A look at all that a bucket holds. Owns: when what was seen is enough to judge by.
 * Invariant: a device tells others of its own head, in a run, a base or a decision that rests on its sight, only when a look that
 * came after its last PUT spoke against nothing of it (R5): a copy publishes where packs of its original were deleted, and a base
 * that told of them would take the place of the original's. Must not know what is told.
 */
import { doubtIn } from "./history.ts"
import type { Look } from "./listing.ts"
import { headerName } from "./names.ts"
import { momentOf, type Session } from "./session.ts"

/** What may have been damaged on its way is fetched so many times before it counts as not there. */
const looksMax = 3

/** A look at the bucket; undefined when it changed meanwhile. */
export async function look({ bucket }: Session): Promise<Look | undefined> {
  const listing = await bucket.list()
  const groups = await bucket.groupsOf(listing)
  return (
    groups && { listing, groups, isClear: !listing.groups.some(({ kind, id }) => bucket.isBad(headerName(kind, id))) }
  )
}

/** A look before others are told of this device; undefined when the bucket changed meanwhile, or there is doubt for the next round. */
export async function lookBeforeTelling(session: Session): Promise<Look | undefined> {
  let found = await look(session)
  for (let looks = 1; found?.isClear === false && looks < looksMax; looks++) found = await look(session)
  if (found === undefined) return undefined
  if ((await doubtIn(session, await momentOf(session), { ...found, isClear: true })) === "none") return found
  session.known.listedAtMs = undefined
  return undefined
}
