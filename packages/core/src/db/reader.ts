/**
 * Reads documents and runs queries over the rows of an LSM. Owns: the run of a plan.
 * Invariant: a run sees one moment of the database. Must not know writes, tabs or listeners.
 */
import { isFixpointError } from "../base/errors.ts"
import type { Clock } from "../base/host.ts"
import type { JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { collectionRange, idOfRowKey, type Key, rowKey } from "../codec/key.ts"
import { liveVersion, rowView } from "../crdt/row-edit.ts"
import type { ActorTable } from "../crdt/row.ts"
import type { DocumentLines, DocumentText, QueryResult, QuerySpec, QueryStats, VersionedText } from "../engine-api.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { RunPlan } from "../query/live.ts"
import { readJoined } from "../query/live-spec.ts"
import type { Entry } from "../query/ordering.ts"
import { cutPage } from "../query/page.ts"
import { type Plan, planQuery } from "../query/plan.ts"
import { viewOf } from "../query/row-delta.ts"
import { Arrangement } from "./arrangement.ts"
import { type Catalog, countCandidates, noWork, openCandidates, type ReadWork } from "./candidates.ts"
import type { PointReads } from "./point-reads.ts"
import { rowOf } from "./stored-row.ts"

/** What a reader reads from. */
export interface ReaderParts {
  readonly lsm: Lsm
  readonly actors: ActorTable
  readonly clock: Clock
  readonly catalog: Catalog
}

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

/** What was read. */
export interface Read {
  readonly rowsRead: number
  readonly index: string | undefined
  readonly fullScan: boolean
  readonly work: ReadWork
}

/** The matches of a plan, and what was read for them. */
export interface Matches extends Read {
  readonly entries: Entry[]
}

/** What is told where nothing is read. */
export const noRead = (): Read => ({ rowsRead: 0, index: undefined, fullScan: false, work: noWork() })

const foundNothing = (): Matches => ({ entries: [], ...noRead() })

/** A query whose documents change under it so often is answered by a scan, which stands on one moment whatever is written. */
const attemptsMax = 3

/** Does `read` by indexes, and anew when a commit has overtaken it. */
async function steadied<T>(read: (byRows: boolean) => Promise<T>): Promise<T> {
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

async function scanOnce({ lsm, catalog }: ReaderParts, plan: Plan, { limit, byRows, isWanted }: Run): Promise<Matches> {
  if (limit === 0) return foundNothing()
  const { batches, order, index, isFull, work } = await openCandidates(lsm, catalog, { plan, limit, byRows })
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

function judged(plan: Plan, key: Key, line: string, isCertain = false): Entry | undefined {
  const text = rowView(rowOf(line))
  if (text === undefined) return undefined
  const parse = () => JSON.parse(text) as JsonObject
  return isCertain ? plan.matchCertain(idOfRowKey(key), text, parse) : plan.match(idOfRowKey(key), text, parse)
}

/** What a query has found, and what was read for it. */
export interface Found extends Read {
  readonly documents: readonly DocumentText[]
  readonly next?: string | undefined
}

/** The result of a query, with what it took. */
export async function measured({ clock }: ReaderParts, find: () => Promise<Found>): Promise<QueryResult> {
  const started = clock.monotonic()
  const { documents, next, ...read } = await find()
  return { documents, next, stats: statsOf(read, documents.length, clock.monotonic() - started) }
}

/** Runs a query that asks for documents. */
export function findDocuments(parts: ReaderParts, spec: QuerySpec): Promise<Found> {
  return foundBy(planQuery(spec), spec, (...wanted) => scanPlan(parts, ...wanted))
}

/** What a query gives, read by `scan`; of several reads, the work is added up, and the first one tells the index. */
export async function foundBy(
  plan: Plan,
  spec: QuerySpec,
  scan: (...wanted: Parameters<RunPlan>) => Promise<Matches>,
): Promise<Found> {
  const reads: Matches[] = []
  const run: RunPlan = async (...wanted) => {
    const found = await scan(...wanted)
    reads.push(found)
    return found.entries
  }
  const { entries, next } = cutPage(spec, plan.after, await run(plan, plan.limit, () => true))
  const documents =
    spec.include === undefined
      ? entries.map(({ id, text }) => ({ id, text }))
      : await readJoined(plan, spec.include, async (...wanted) => (wanted[0] === plan ? entries : await run(...wanted)))
  return { documents, next, ...summed(reads) }
}

function summed(reads: readonly Read[]): Read {
  const sum = noRead()
  for (const { work } of reads) {
    sum.work.blocksRead += work.blocksRead
    sum.work.entriesRead += work.entriesRead
  }
  const rowsRead = reads.reduce((rows, read) => rows + read.rowsRead, 0)
  return { ...sum, rowsRead, index: reads[0]?.index, fullScan: reads[0]?.fullScan ?? false }
}

/** What a run tells of itself. */
export function statsOf({ rowsRead, index, fullScan, work }: Read, count: number, ms: number): QueryStats {
  const warning = fullScan && rowsRead > limits.scanWarnRows ? "FULL_SCAN" : undefined
  const { entriesRead, blocksRead } = work
  return { index, rowsRead, entriesRead, rowsReturned: count, blocksRead, ms, fullScan, warning }
}

/** Counts the matches of a plan, whatever its limit; by entries alone where these say all that the filter asks. */
export function countMatches({ lsm, catalog }: ReaderParts, plan: Plan): Promise<Read & { count: number }> {
  return steadied(async (byRows) => {
    const matches = (key: Key, line: string): boolean => judged(plan, key, line) !== undefined
    const { isFull, ...counted } = await countCandidates(lsm, catalog, { plan, byRows }, matches)
    return { ...counted, fullScan: isFull }
  })
}

/** Calls `visit` with each match of a plan, in no order, whatever its limit; gives what was read for it. */
export async function visitMatches(
  { lsm, catalog }: ReaderParts,
  plan: Plan,
  visit: (id: string, document: JsonObject) => void,
  isWanted: () => boolean = () => true,
): Promise<Read> {
  const matches: [id: string, document: JsonObject][] = []
  const found = await steadied(async (byRows) => {
    matches.length = 0
    const all = { plan, limit: Number.POSITIVE_INFINITY, byRows }
    const { batches, index, isFull, work } = await openCandidates(lsm, catalog, all)
    let rowsRead = 0
    for await (const rows of batches) {
      if (!isWanted()) break
      for (const [key, line] of rows) {
        rowsRead++
        const view = viewOf(rowView(rowOf(line)))
        const id = idOfRowKey(key)
        if (view === undefined || plan.match(id, view.text, view.parse) === undefined) continue
        // Rows that an index led to may turn out to be overtaken: nothing is told before all are known.
        if (index === undefined) visit(id, view.parse())
        else matches.push([id, view.parse()])
      }
    }
    return { rowsRead, index, fullScan: isFull, work }
  })
  for (const [id, document] of matches) visit(id, document)
  return found
}
