/**
 * The past as the page asks for it. Owns: its verbs, and the check of what they are asked.
 * Invariant: what is given is known: a step or a document of a moment of which not everything is known any more is not made up.
 * Must not know how entries are stored or found.
 */
import type { Authorship } from "../api/authorship.ts"
import type { HistoryStep } from "../api/history.ts"
import type { QuerySpec } from "../api/query.ts"
import { FixpointError } from "../base/errors.ts"
import type { JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { hlcToMs } from "../clock/hlc.ts"
import { compareStamps, formatStamp, parseStamp, type Stamp } from "../clock/stamp.ts"
import { userPath } from "../codec/user-path.ts"
import { checkCollection, checkId } from "../codec/value.ts"
import { rootPath, splitCellKey } from "../crdt/cell-key.ts"
import { changesBetween } from "../crdt/changes.ts"
import { rowState } from "../crdt/row-state.ts"
import type { Door, PartContext } from "../db/doors.ts"
import { checkKnown, type Known, readKnown } from "./history-reads.ts"
import { type Moment, momentOf } from "./moment.ts"
import { queryPast } from "./past-query.ts"
import type { Step } from "./timeline.ts"

/**
 * Verbs: history(collection, id, { limit, before }), asOf(collection, id, when), blame(collection, id), last(collection, id),
 * query(spec, when). A moment is a stamp or milliseconds; documents are text.
 */
export function openHistory(context: PartContext): Door {
  return {
    async call(verb, [first, second, third]) {
      if (verb === "query") return await queryPast(context, checkedSpec(first), checkedMoment(second))
      const known = await readKnown(context, checkCollection(first), checkId(second))
      if (verb === "history") return historyOf(known, third)
      if (verb === "asOf") return textOf(documentAt(known, checkedMoment(third)))
      if (verb === "blame") return blameOf(known, context)
      if (verb === "last") return textOf(known.timeline.lastLife())
      throw refused("verb")
    },
  }
}

const textOf = (document: JsonObject | undefined): string | undefined => document && JSON.stringify(document)

/** Steps that show something, newest first. */
function historyOf({ timeline, since }: Known, options: unknown): HistoryStep[] {
  const { limit = limits.historyStepsMax, before } = (options ?? {}) as {
    readonly limit?: unknown
    readonly before?: unknown
  }
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > limits.historyStepsMax)
    throw refused("limit")
  const end = before === undefined ? undefined : parseStamp(typeof before === "string" ? before : "")
  if (before !== undefined && end === undefined) throw refused("before")
  const isWanted = (stamp: Stamp) => stamp.hlc > since && (end === undefined || compareStamps(stamp, end) < 0)
  return [...timeline.steps(limit, isWanted)].flatMap(stepsOf).toReversed()
}

/** The step as it is told; none where it shows nothing. */
function stepsOf({ stamp, before, after, isBareEnd }: Step): HistoryStep[] {
  const { changes } = changesBetween(before ?? {}, after ?? {})
  const exists = after !== undefined
  if (changes.length === 0 && exists === (before !== undefined) && !isBareEnd) return []
  const sorted = changes.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const told = sorted.map((change) => ({ path: userPath(change.path), before: change.before, after: change.after }))
  return [{ ...authorship(stamp), exists, changes: told }]
}

/** A moment before all that is known of a document, none of which is older than what is known for sure, had no document. */
function documentAt({ timeline, since }: Known, moment: Moment): JsonObject | undefined {
  const { stamps } = timeline
  const [oldest, newest] = [stamps[0], stamps.at(-1)]
  if (oldest === undefined || newest === undefined) return undefined
  if (!moment.isPast(newest) && oldest.hlc <= since) checkKnown(moment, since)
  return timeline.documentAt(moment.isPast)
}

/** The newest write of each field that is there. */
function blameOf({ row }: Known, { ledger }: PartContext): Record<string, Authorship> {
  const newest = new Map<string, Stamp>()
  if (row === undefined || row === "") return {}
  for (const [key, { stamp, value }] of rowState(row, ledger).cells) {
    const { path, kind } = splitCellKey(key)
    const known = newest.get(path)
    const isShown = path !== rootPath && kind !== "y" && (kind !== "" || value !== undefined)
    if (isShown && (known === undefined || compareStamps(stamp, known) > 0)) newest.set(path, stamp)
  }
  return Object.fromEntries([...newest].map(([path, stamp]) => [userPath(path), authorship(stamp)]))
}

function authorship(stamp: Stamp): Authorship {
  return { stamp: formatStamp(stamp), atMs: hlcToMs(stamp.hlc), actor: stamp.actor }
}

function checkedMoment(when: unknown): Moment {
  const moment = momentOf(when)
  if (moment === undefined) throw refused("when")
  return moment
}

function checkedSpec(given: unknown): QuerySpec {
  const spec = given as QuerySpec | undefined
  checkCollection(spec?.collection)
  if (spec?.aggregate !== undefined) throw refused("aggregate")
  return spec as QuerySpec
}

function refused(path: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", `History was asked without a valid ${path}.`, { details: { path } })
}
