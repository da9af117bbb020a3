/**
 * Reads documents, and runs plain queries over the rows of an LSM. Owns: the run of a plan.
 * Invariant: a run sees one moment of the database. Must not know writes, tabs or listeners.
 */
import type { DocumentLines, VersionedText } from "../api/document-text.ts"
import type { QueryResult, QuerySpec, QueryStats } from "../api/query.ts"
import { isFixpointError } from "../base/errors.ts"
import type { JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { collectionRange, idOfRowKey, type Key, rowKey } from "../codec/key.ts"
import { liveVersion, rowView } from "../crdt/row-view.ts"
import type { Entry } from "../query/ordering.ts"
import { type Plan, planQuery } from "../query/plan.ts"
import { Arrangement } from "./arrangement.ts"
import { openCandidates } from "./candidates.ts"
import type { PointReads } from "./point-reads.ts"
import { type Found, type Matches, noRead, type Read, type ReaderParts } from "./reading.ts"
import { rowOf } from "./stored-row.ts"

/** Reads something of documents by id, in the order of `ids`; undefined where there is none. */
export type ReadByIds<T> = (
  from: { readonly reads: PointReads },
  collection: string,
  ids: readonly string[],
) => Promise<(T | undefined)[]>

const readLines: ReadByIds<string> = ({ reads }, collection, ids) =>
  reads.getMany(ids.map((id) => rowKey(collection, id)))

/** Documents with the versions by which they can be replaced. */
export const readDocuments: ReadByIds<VersionedText> = async (from, collection, ids) =>
  (await readLines(from, collection, ids)).map((line, i) => versionedText(ids[i] ?? "", rowOf(line)))

/** Texts alone: a version costs more than the read of a document that is in memory. */
export const readTexts: ReadByIds<string> = async (...wanted) =>
  (await readLines(...wanted)).map((line) => rowView(rowOf(line)))

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

const foundNothing = (): Matches => ({ entries: [], ...noRead() })

/** A query whose documents change under it so often is answered by a scan, which stands on one moment whatever is written. */
const attemptsMax = 3

/** Does `read` by indexes, and anew when a commit has overtaken it. */
export async function steadied<T>(read: (byRows: boolean) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read(attempt > attemptsMax)
    } catch (error) {
      if (attempt > attemptsMax || !isFixpointError(error, "CONFLICT")) throw error
    }
  }
}

/** The matches of a plan in result order, cut to `limit`; ends early once unwanted. */
export function scanPlan(
  parts: ReaderParts,
  plan: Plan,
  limit: number,
  isWanted: () => boolean = () => true,
): Promise<Matches> {
  return steadied((byRows) => scanOnce(parts, plan, { limit, byRows, isWanted }))
}

interface Run {
  readonly limit: number
  readonly byRows: boolean
  isWanted(): boolean
}

async function scanOnce(parts: ReaderParts, plan: Plan, { limit, byRows, isWanted }: Run): Promise<Matches> {
  if (limit === 0) return foundNothing()
  const { batches, order, index, isFull, work } = await openCandidates(parts, { plan, limit, byRows })
  const found = new Arrangement(plan.ordering, order, limit)
  let rowsRead = 0
  let isComplete = false
  for await (const rows of batches) {
    if (isComplete || !isWanted()) break
    for (const [key, line, group, isCertain] of rows) {
      rowsRead++
      const entry = judged(plan, key, line, isCertain)
      if (entry === undefined) continue
      isComplete = found.add(entry, group)
      if (isComplete) break
    }
    if (isComplete) break
  }
  return { entries: found.finish(), rowsRead, index, fullScan: isFull && !isComplete, work }
}

/** The entry of a row, where it matches. */
export function judged(plan: Plan, key: Key, line: string, isCertain = false): Entry | undefined {
  const text = rowView(rowOf(line))
  if (text === undefined) return undefined
  const parse = () => JSON.parse(text) as JsonObject
  return isCertain ? plan.matchCertain(idOfRowKey(key), text, parse) : plan.match(idOfRowKey(key), text, parse)
}

/** The result of a query, with what it took. */
export async function measured(
  { clock }: Pick<ReaderParts, "clock">,
  find: () => Promise<Found>,
): Promise<QueryResult> {
  const started = clock.monotonic()
  const { documents, next, ...read } = await find()
  return { documents, next, stats: statsOf(read, documents.length, clock.monotonic() - started) }
}

/** Runs a plain query. */
export async function findPlain(parts: ReaderParts, spec: QuerySpec): Promise<Found> {
  const plan = planQuery(spec)
  const { entries, ...read } = await scanPlan(parts, plan, plan.limit)
  return { documents: entries.map(({ id, text }) => ({ id, text })), ...read }
}

/** What a run tells of itself. */
export function statsOf({ rowsRead, index, fullScan, work }: Read, count: number, ms: number): QueryStats {
  const warning = fullScan && rowsRead > limits.scanWarnRows ? "FULL_SCAN" : undefined
  const { entriesRead, blocksRead } = work
  return { index, rowsRead, entriesRead, rowsReturned: count, blocksRead, ms, fullScan, warning }
}
