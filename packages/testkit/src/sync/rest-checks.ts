/**
 * What must hold of the model's devices when all is at rest (I3, I4, I6, I8 of docs/bucket-protocol.md). Owns: the comparison of what
 * devices show with the pure merge of all that was published. Must not change anything.
 */
import { type State, StateDigest, viewState } from "@fixpoint/core/sync"
import type { ModelDisk } from "./model-disk.ts"
import { type Published, Violation } from "./published.ts"

/** A device, as far as it is checked. */
export interface AtRest {
  readonly name: string
  readonly disk: ModelDisk
}

/** Throws a Violation where something does not hold. */
export function checkRest(published: Published, living: readonly AtRest[], when: string): void {
  const expected = viewOf(published.fold())
  const digests = new Map<string, string>()
  for (const { name, disk } of living) {
    const { incarnation, heads, hasVoid } = disk
    const isPublished = disk.lastCommit <= (heads[incarnation?.actor ?? ""]?.[0] ?? 0)
    if (hasVoid || !isPublished) throw new Violation(`I6: ${name} has not published everything, ${when}`)
    const shown = viewOf(disk.rows)
    if (shown !== expected) throw new Violation(`I4: ${name} differs ${when}\n${shown}\n${expected}`)
    const versions = versionsOf(heads)
    const digest = digestOf(disk.rows)
    if ((digests.get(versions) ?? digest) !== digest) throw new Violation(`I3: equal heads, other digests, ${when}`)
    digests.set(versions, digest)
    for (const [actor, [hlc]] of Object.entries(heads))
      if (hlc > (published.sealOf(actor) ?? Number.POSITIVE_INFINITY))
        throw new Violation(`I8: ${name} has gone beyond the seal of an actor`)
  }
}

/** Heads as text. */
export function versionsOf(heads: ModelDisk["heads"]): string {
  const texts = Object.entries(heads).map(([actor, head]) => `${actor}@${head.join("/")}`)
  return texts.sort((a, b) => (a < b ? -1 : 1)).join(" ")
}

/** What users see, in one form. */
function viewOf(rows: ReadonlyMap<string, State>): string {
  const shown = [...rows].flatMap(([key, state]) => {
    const view = viewState(state)
    return view === undefined ? [] : [[key, Object.entries(view.document).sort(([a], [b]) => (a < b ? -1 : 1))]]
  })
  return JSON.stringify(shown.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)))
}

function digestOf(rows: ReadonlyMap<string, State>): string {
  const digest = new StateDigest()
  for (const [key, state] of rows) digest.add(key, state)
  return digest.text
}
