/**
 * A query over documents as they were. Owns: the scan that finds them, along rows and entries, which are in one order.
 * Invariant: rows and entries are of one moment of the database; a document that did not change since the past moment is its row
 * as it stands. Every document of the collection is looked at: indexes tell of now alone.
 * Must not know filters or orders.
 */
import type { QuerySpec } from "../api/query.ts"
import type { JsonObject } from "../base/json.ts"
import { collectionRange, idOfRowKey, type Key, prefixRange } from "../codec/key.ts"
import { type ActorTable, newestOf } from "../crdt/row.ts"
import { rowView } from "../crdt/row-view.ts"
import { rowState } from "../crdt/row-state.ts"
import { Arrangement } from "../db/arrangement.ts"
import type { PartContext } from "../db/doors.ts"
import { historyPrefix, idOfHistoryPrefix, splitHistoryKey } from "../db/history-keys.ts"
import { type Found, type Matches, noRead } from "../db/reading.ts"
import { readSteadily } from "../db/steady-read.ts"
import { rowOf } from "../db/stored-row.ts"
import type { RowBatch } from "../lsm/scan-rows.ts"
import type { Plan } from "../query/plan.ts"
import { checkKnown, journalOf } from "./history-reads.ts"
import { readEntry } from "./journal.ts"
import type { Moment } from "./moment.ts"
import { Timeline } from "./timeline.ts"

/** What a query would have given at a moment. */
export async function queryPast(context: PartContext, spec: QuerySpec, moment: Moment): Promise<Found> {
  const { writer, queries } = context
  const { findBy } = await queries()
  return await readSteadily(
    () => findBy(spec, (plan, limit) => scanPast(context, { plan, limit, moment })),
    () => writer.catchUp(),
  )
}

interface PastScan {
  readonly plan: Plan
  readonly limit: number
  readonly moment: Moment
}

async function scanPast(context: PartContext, { plan, limit, moment }: PastScan): Promise<Matches> {
  const found = new Arrangement(plan.ordering, undefined, limit)
  let rowsRead = 0
  for await (const { id, text } of documentsAt(context, plan.collection, moment)) {
    rowsRead++
    const entry = plan.match(id, text, () => JSON.parse(text) as JsonObject)
    if (entry !== undefined) found.add(entry, undefined)
  }
  return { entries: found.finish(), ...noRead(), rowsRead, fullScan: true }
}

async function* documentsAt(
  context: PartContext,
  collection: string,
  moment: Moment,
): AsyncGenerator<{ readonly id: string; readonly text: string }> {
  const { lsm, ledger } = context
  const journal = journalOf(context, collection)
  checkKnown(moment, journal?.since ?? Number.POSITIVE_INFINITY)
  // Both scans are asked for in one turn: they are of one moment.
  const rows = lsm.scan(collectionRange(collection), { isSteady: true })
  const entries = journal && lsm.scan(prefixRange(journal.prefix), { isSteady: true })
  const groups = new Groups(entries, journal?.prefix.length ?? 0, moment)
  for await (const batch of rows)
    for (const [key, line] of batch) {
      const prefix = historyPrefix(key)
      for await (const gone of groups.before(prefix)) yield* shown(gone.prefix, gone.values, undefined)
      yield* shown(prefix, await groups.of(prefix), rowOf(line), key)
    }
  for await (const gone of groups.before(undefined)) yield* shown(gone.prefix, gone.values, undefined)

  function* shown(prefix: Key, values: readonly string[], row: string | undefined, key?: Key) {
    const text = textAt(row, values, moment, ledger)
    if (text !== undefined) yield { id: key === undefined ? idOfHistoryPrefix(prefix) : idOfRowKey(key), text }
  }
}

function textAt(
  row: string | undefined,
  values: readonly string[],
  moment: Moment,
  actors: ActorTable,
): string | undefined {
  if (row !== undefined && newestOf(row)[0] < moment.hlc) return rowView(row)
  const states = values.flatMap((value) => readEntry(value, actors))
  if (row !== undefined) states.push(rowState(row, actors))
  const document = new Timeline(states).documentAt(moment.isPast)
  return document && JSON.stringify(document)
}

interface Group {
  readonly prefix: Key
  readonly values: string[]
}

/** The entries of documents, one document after the other; those of what was over at the moment already are passed over. */
class Groups {
  readonly #groups: AsyncGenerator<Group>
  #next: Promise<IteratorResult<Group>>

  constructor(batches: AsyncIterable<RowBatch> | undefined, start: number, moment: Moment) {
    this.#groups = groupsOf(batches, start, moment)
    this.#next = this.#groups.next()
    this.#next.catch(() => undefined)
  }

  /** Takes the groups before a prefix; all that are left, without one. */
  async *before(prefix: Key | undefined): AsyncGenerator<Group> {
    for (let { done, value } = await this.#next; done !== true; { done, value } = await this.#next) {
      if (prefix !== undefined && value.prefix >= prefix) return
      this.#next = this.#groups.next()
      yield value
    }
  }

  /** Takes the group of a prefix, if it is the next one. */
  async of(prefix: Key): Promise<readonly string[]> {
    const { done, value } = await this.#next
    if (done === true || value.prefix !== prefix) return []
    this.#next = this.#groups.next()
    return value.values
  }
}

async function* groupsOf(
  batches: AsyncIterable<RowBatch> | undefined,
  start: number,
  moment: Moment,
): AsyncGenerator<Group> {
  let group: Group | undefined
  for await (const batch of batches ?? [])
    for (const [key, value] of batch) {
      const { prefix, hlc } = splitHistoryKey(key.slice(start))
      if (hlc < moment.hlc) continue
      if (group !== undefined && group.prefix !== prefix) yield group
      if (group?.prefix === prefix) group.values.push(value)
      else group = { prefix, values: [value] }
    }
  if (group !== undefined) yield group
}
