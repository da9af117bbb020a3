/**
 * Reads documents and runs queries over the rows of an LSM. Owns: the scan.
 * Invariant: a run sees one moment of the database. Must not know writes, tabs or listeners.
 */
import type { Clock } from "../base/host.ts"
import type { JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { collectionRange, idOfRowKey, rowKey } from "../codec/key.ts"
import { liveVersion, rowView } from "../crdt/row-edit.ts"
import type { ActorTable } from "../crdt/row.ts"
import type { DocumentLines, DocumentText, QueryResult, QuerySpec, QueryStats, VersionedText } from "../engine-api.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { RowBatch } from "../lsm/scan-rows.ts"
import type { RunPlan } from "../query/live.ts"
import { readJoined } from "../query/live-spec.ts"
import type { Entry } from "../query/ordering.ts"
import { type Plan, planQuery } from "../query/plan.ts"
import { viewOf } from "../query/row-delta.ts"
import type { PointReads } from "./point-reads.ts"
import { rowOf } from "./stored-row.ts"

/** What a reader reads from. */
export interface ReaderParts {
  readonly lsm: Lsm
  readonly actors: ActorTable
  readonly clock: Clock
}

/** Documents by id, in the order of `ids`; undefined where there is none. */
export async function readDocuments(
  { reads }: { readonly reads: PointReads },
  collection: string,
  ids: readonly string[],
): Promise<(VersionedText | undefined)[]> {
  const lines = await reads.getMany(ids.map((id) => rowKey(collection, id)))
  return lines.map((line, i) => versionedText(ids[i] ?? "", rowOf(line)))
}

/** Documents from an id on, as many as a message should carry. */
export async function readAhead({ lsm }: ReaderParts, collection: string, from: string): Promise<DocumentLines> {
  const ids: string[] = []
  const texts: string[] = []
  let chars = 0
  let next: string | undefined
  for await (const rows of lsm.scan({ from: rowKey(collection, from), to: collectionRange(collection).to })) {
    for (const [key, line] of rows) {
      const id = idOfRowKey(key)
      const text = rowView(rowOf(line))
      if (text === undefined || id.includes("\n")) continue
      ids.push(id)
      texts.push(text)
      chars += text.length
    }
    if (chars < limits.readAheadChars) continue
    next = `${ids.at(-1) ?? ""}\0`
    break
  }
  return { ids: ids.join("\n"), texts: texts.join("\n"), next }
}

/** What callers get of a row; undefined where there is no document. */
export function versionedText(id: string, row: string | undefined): VersionedText | undefined {
  const text = rowView(row)
  const version = liveVersion(row)
  return text === undefined || version === undefined ? undefined : { id, text, version }
}

/** How many candidates beyond the limit are kept before they are sorted and cut. */
const slack = 1024

/** The rows that can match a plan, in the order of their ids. */
async function* candidates(lsm: Lsm, { collection, ids }: Plan): AsyncGenerator<RowBatch> {
  if (ids === undefined) return yield* lsm.scan(collectionRange(collection))
  const keys = ids.map((id) => rowKey(collection, id))
  const lines = await lsm.getMany(keys)
  yield keys.flatMap((key, i): RowBatch => (lines[i] === undefined ? [] : [[key, lines[i]]]))
}

/** The matches of a plan in result order, cut to `limit`, and how many rows were read for it; ends early once unwanted. */
export async function scanPlan(
  { lsm }: ReaderParts,
  plan: Plan,
  limit: number,
  isWanted: () => boolean = () => true,
): Promise<{ entries: Entry[]; rowsRead: number }> {
  let entries: Entry[] = []
  let rowsRead = 0
  if (limit === 0) return { entries, rowsRead }
  const { byId, compare } = plan.ordering
  for await (const rows of candidates(lsm, plan)) {
    if (!isWanted()) break
    for (const [key, line] of rows) {
      rowsRead++
      const text = rowView(rowOf(line))
      if (text === undefined) continue
      const entry = plan.match(idOfRowKey(key), text, () => JSON.parse(text) as JsonObject)
      if (entry === undefined) continue
      entries.push(entry)
      if (byId && entries.length >= limit) return { entries, rowsRead }
    }
    if (!byId && entries.length > limit + slack) entries = entries.sort(compare).slice(0, limit)
  }
  if (!byId) entries.sort(compare)
  if (entries.length > limit) entries.length = limit
  return { entries, rowsRead }
}

/** What a query has found, and what was read for it. */
export type Found = Pick<QueryResult, "documents"> & Pick<QueryStats, "rowsRead" | "fullScan">

/** The result of a query, with what it took. */
export async function measured({ lsm, clock }: ReaderParts, find: () => Promise<Found>): Promise<QueryResult> {
  const started = clock.monotonic()
  const blocksBefore = lsm.stats().blocksRead
  const { documents, ...found } = await find()
  const stats: QueryStats = {
    index: undefined,
    ...found,
    rowsReturned: documents.length,
    blocksRead: lsm.stats().blocksRead - blocksBefore,
    ms: clock.monotonic() - started,
  }
  return { documents, stats }
}

/** Runs a query that asks for documents. */
export async function findDocuments(parts: ReaderParts, spec: QuerySpec): Promise<Found> {
  const plan = planQuery(spec)
  let rowsRead = 0
  const run: RunPlan = async (...wanted) => {
    const found = await scanPlan(parts, ...wanted)
    rowsRead += found.rowsRead
    return found.entries
  }
  const documents = await documentsOf(plan, spec, run)
  const fullScan = plan.ids === undefined && !(plan.ordering.byId && documents.length >= plan.limit)
  return { documents, rowsRead, fullScan }
}

/** The documents that a query gives, read by `run`. */
export async function documentsOf(plan: Plan, { include }: QuerySpec, run: RunPlan): Promise<readonly DocumentText[]> {
  if (include !== undefined) return await readJoined(plan, include, run)
  return (await run(plan, plan.limit, () => true)).map(({ id, text }) => ({ id, text }))
}

/** Calls `visit` with each match of a plan, in no order, whatever its limit; gives how many rows were read for it. */
export async function visitMatches(
  { lsm }: ReaderParts,
  plan: Plan,
  visit: (id: string, document: JsonObject) => void,
  isWanted: () => boolean = () => true,
): Promise<number> {
  let rowsRead = 0
  for await (const rows of candidates(lsm, plan)) {
    if (!isWanted()) break
    for (const [key, line] of rows) {
      rowsRead++
      const view = viewOf(rowView(rowOf(line)))
      const id = idOfRowKey(key)
      if (view !== undefined && plan.match(id, view.text, view.parse)) visit(id, view.parse())
    }
  }
  return rowsRead
}
