/**
 * What an absorption changes of the conflicts that a database keeps. Owns: which rows of theirs are looked at, and the sweep of
 * those that have become too old.
 * Invariant: they change in the record of the absorption itself, so that every tab and the next session have them. Documents that
 * are new here cost no look. Must not know packs.
 */
import type { Hlc } from "../clock/hlc.ts"
import { type Key, prefixRange } from "../codec/key.ts"
import { lossesGathered } from "../crdt/gathered-losses.ts"
import { lossesOf, type StoredLosses } from "../crdt/losses-form.ts"
import { isNothing, lossesAfter, lossesSince, noLosses } from "../crdt/losses.ts"
import type { ActorTable } from "../crdt/row.ts"
import { rowState } from "../crdt/row-state.ts"
import type { Entry } from "../lsm/wal.ts"
import type { Absorbed } from "./absorb-rows.ts"
import { conflictKey, conflictPrefix, formatConflicts, readConflicts } from "./conflict-rows.ts"
import type { Moment } from "./line-job.ts"
import type { ChangedRow } from "./record.ts"

/** What an absorption's record is made with. */
export interface AbsorbedParts {
  /** The clock after the record. */
  readonly hlc: Hlc
  readonly actors: ActorTable
  /** Whether it is time to look for what is kept no more. */
  readonly toSweep: boolean
}

/** The rows of conflicts that go with an absorption; `stored` are the documents' rows before it. */
export async function absorbedConflicts(
  at: Moment,
  absorbed: Absorbed,
  { stored, ...parts }: AbsorbedParts & { readonly stored: ReadonlyMap<Key, string | undefined> },
): Promise<Entry[]> {
  const { rows, meetings, gathered } = absorbed
  const entries = new Map<Key, string | null>(parts.toSweep ? await outdatedRows(at) : [])
  const changed = rows.filter(({ key, before }) => before !== undefined || meetings.has(key) || gathered.has(key))
  const touched = new Set(changed.map(({ key }) => key))
  const kept = [...gathered.keys()].flatMap((key): Pair[] => {
    const row = stored.get(key)
    return touched.has(key) || row === undefined ? [] : [{ key, before: row, after: row }]
  })
  const all: readonly Pair[] = [...changed, ...kept]
  const lines = await at.read(all.map(({ key }) => conflictKey(key)))
  all.forEach((pair, i) => {
    const line = lines[i]
    if (line === undefined && !meetings.has(pair.key) && !gathered.has(pair.key)) return
    const text = textAfter(line, pair, absorbed, { ...parts, nowMs: at.nowMs })
    if (text !== line) entries.set(conflictKey(pair.key), text ?? null)
  })
  return [...entries]
}

type Pair = Pick<ChangedRow, "key" | "before" | "after">

/** The removal of rows that hold nothing any more which is kept. */
async function outdatedRows({ nowMs, scan }: Moment): Promise<Entry[]> {
  const outdated: Entry[] = []
  for await (const batch of scan(prefixRange(conflictPrefix)))
    for (const [key, line] of batch) if (isNothing(readConflicts(line, nowMs).losses)) outdated.push([key, null])
  return outdated
}

function textAfter(
  line: string | undefined,
  { key, before, after }: Pair,
  { meetings, gathered }: Absorbed,
  { nowMs, hlc, actors }: AbsorbedParts & { readonly nowMs: number },
): string | undefined {
  if (after === "") return undefined
  const met = meetings.get(key) ?? []
  const group = gathered.get(key)
  let losses = noLosses(met[0]?.local.life ?? group?.local?.life ?? 0)
  if (line !== undefined && before !== undefined) {
    const kept = readConflicts(line, nowMs)
    losses = lossesSince(kept.losses, rowState(before, actors), kept.hlc)
  }
  // Others refuse what is no whole number, and a clock may give more.
  const metMs = Math.floor(nowMs)
  for (const meeting of met) losses = lossesAfter(losses, { ...meeting, metMs })
  const state = rowState(after, actors)
  if (group !== undefined) {
    const theirs = group.theirs === undefined ? undefined : lossesOf(JSON.parse(group.theirs) as StoredLosses)
    losses = lossesGathered(losses, { ...group, theirs, after: state, metMs })
  }
  // Where a base has taken the document's place, its life may be another one.
  losses = lossesSince(losses, state, hlc)
  return formatConflicts({ hlc, losses }, nowMs)
}
