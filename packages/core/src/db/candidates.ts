/**
 * The rows that can match a plan. Owns: the ways that need no index, by ids and by all rows, and whether another one may be better.
 * Invariant: all rows are of one moment. Must not know what rows are judged by.
 */
import type { Filter } from "../api/filter.ts"
import { collectionRange, type Key, rowKey } from "../codec/key.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { EntryOrder } from "../query/index-access.ts"
import type { Plan } from "../query/plan.ts"
import type { Ledger } from "./ledger.ts"
import { indexBy } from "./plugin.ts"
import { type Candidate, type Candidates, noWork, type ReaderParts, type ReadWork, type Wanted } from "./reading.ts"

/** The order of rows. */
export const inOrder: EntryOrder = { isDescending: false, terms: 0, isWhole: true, byValues: true }

/** Begins to read what can match a plan. */
export async function openCandidates({ lsm, ledger, queries }: ReaderParts, wanted: Wanted): Promise<Candidates> {
  const { plan, byRows } = wanted
  if (mayBeBounded(plan) || (!byRows && hasIndex(ledger, plan.collection)))
    return (await queries()).openPlanned(lsm, ledger, wanted)
  const work = noWork()
  const { ids, ordering, collection } = plan
  const batches =
    ids === undefined
      ? lsm.scan(collectionRange(collection), { counts: work })
      : rowsByIds(lsm, { collection, ids, work })
  return { batches, order: ordering.byId ? inOrder : undefined, index: undefined, isFull: ids === undefined, work }
}

/** The rows of ids. */
export async function* rowsByIds(
  lsm: Lsm,
  { collection, ids, work }: { readonly collection: string; readonly ids: readonly string[]; readonly work: ReadWork },
): AsyncGenerator<readonly Candidate[]> {
  const keys = ids.map((id) => rowKey(collection, id))
  const lines = await lsm.getMany(keys, work)
  yield keys.flatMap((key: Key, i): Candidate[] => (lines[i] === undefined ? [] : [[key, lines[i]]]))
}

/** Whether a part of the rows, or their other end, may be enough. */
function mayBeBounded({ ids, after, filter, ordering }: Plan): boolean {
  if (ids !== undefined) return false
  return after !== undefined || (ordering.terms[0]?.path === "_id" && !ordering.byId) || namesId(filter)
}

function namesId(filter: Filter): boolean {
  if (filter.kind === "field") return filter.condition.path === "_id"
  return filter.kind !== "not" && filter.filters.some(namesId)
}

/** Whether a collection has an index with all its entries. */
function hasIndex({ derived }: Ledger, collection: string): boolean {
  return derived.list(collection).some(({ definition, built }) => definition.by === indexBy && built === undefined)
}
