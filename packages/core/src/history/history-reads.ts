/**
 * Reads what is known of documents' past. Owns: which entries a read needs, and from which moment on all is known.
 * Invariant: a document's row is read before its entries, so that what a commit meanwhile supersedes is in one of them.
 * Must not know what is made of what was read.
 */
import { FixpointError } from "../base/errors.ts"
import { type Hlc, hlcToMs } from "../clock/hlc.ts"
import { derivedPrefix, type Key, keySpaces, prefixRange, rowKey } from "../codec/key.ts"
import type { State } from "../crdt/cells.ts"
import { rowState } from "../crdt/row-state.ts"
import { historyClock, historyPrefix } from "../db/history-keys.ts"
import { historyBy } from "../db/kept-history.ts"
import type { PartContext } from "../db/doors.ts"
import { journalTally } from "../db/plugin.ts"
import { readSteadily } from "../db/steady-read.ts"
import { rowOf } from "../db/stored-row.ts"
import { readEntry } from "./journal.ts"
import type { Moment } from "./moment.ts"
import { Timeline } from "./timeline.ts"

/** What is known of a document. */
export interface Known {
  readonly row: string | undefined
  readonly timeline: Timeline
  /** Every write of a greater clock is in the timeline. */
  readonly since: Hlc
}

/** The journal of a collection: what its keys begin with, and since when it has everything. */
export function journalOf(
  { ledger, horizon }: PartContext,
  collection: string,
): { readonly prefix: Key; readonly since: Hlc } | undefined {
  const kept = ledger.derived.list(collection).findLast(({ definition }) => definition.by === historyBy)
  if (kept === undefined) return undefined
  const since = Math.max(kept.tallies[journalTally] ?? 0, horizon(collection))
  return { prefix: derivedPrefix(keySpaces.history, kept.id), since }
}

/** Reads all that is known of a document. */
export async function readKnown(context: PartContext, collection: string, id: string): Promise<Known> {
  const { lsm, ledger, writer } = context
  const key = rowKey(collection, id)
  const read = async (): Promise<Known> => {
    const [line] = await lsm.getMany([key])
    const row = rowOf(line)
    const states: State[] = row === undefined || row === "" ? [] : [rowState(row, ledger)]
    const journal = journalOf(context, collection)
    if (journal !== undefined) {
      const own = prefixRange(journal.prefix + historyPrefix(key))
      for await (const batch of lsm.scan({ from: own.from + historyClock(journal.since), to: own.to }))
        for (const [entry, value] of batch)
          if (!entry.includes("\0", own.from.length)) states.push(...readEntry(value, ledger))
    }
    return { row, timeline: new Timeline(states), since: journal?.since ?? Number.POSITIVE_INFINITY }
  }
  return await readSteadily(read, () => writer.catchUp())
}

/** Refuses a moment of which not everything is known. */
export function checkKnown(moment: Moment, since: Hlc): void {
  if (moment.hlc >= since || since === 0) return
  const details = Number.isFinite(since) ? { since: new Date(hlcToMs(since)).toISOString() } : {}
  throw new FixpointError("HISTORY_GONE", undefined, { details })
}
