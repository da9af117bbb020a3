/**
 * When what is replaced in a bucket may go. Owns: since when runs and bases have been seen there.
 * Invariant: a pack is deleted only when everybody who is awake has listed the bucket since what covers it was there. A copy of a
 * device that has not heard of its original would find the place free, publish there, and be taken for it by who reads by hints.
 * Must not know what covers what (rules.ts).
 */
import type { PresentGroup } from "./listing.ts"
import { toJson } from "./memory.ts"
import { momentOf, type Session } from "./session.ts"

/** The runs and bases that have been there for long enough, as far as this device has seen. */
export async function longThere(session: Session, groups: readonly PresentGroup[]): Promise<PresentGroup[]> {
  const { bucket, replica, remote, packRetentionMs } = session
  const nowMs = bucket.nowMs()
  for (;;) {
    const { state, note } = await momentOf(session)
    const { groups: known = {} } = note
    // A clock that was set back begins anew.
    const since = ({ listed: { id } }: PresentGroup): number => Math.min(known[id] ?? nowMs, nowMs)
    const isOld = (one: PresentGroup): boolean => nowMs - since(one) >= packRetentionMs
    const old = groups.filter(isOld)
    if (groups.every((one) => isOld(one) || known[one.listed.id] === since(one))) return old
    const next = { ...note, groups: Object.fromEntries(groups.map((one) => [one.listed.id, since(one)])) }
    if ((await replica.remember(state.revision, { notes: { [remote]: toJson(next) } })) === "done") return old
  }
}
