/**
 * Aggregates, run. Owns: the ways to their documents, and the groups as a result.
 * Invariant: an aggregate of all matches keeps groups alone, whatever their number. Must not know live queries.
 */
import type { DocumentText } from "../api/document-text.ts"
import type { AggregateSpec, QuerySpec } from "../api/query.ts"
import type { JsonObject } from "../base/json.ts"
import { groupOrder, Groups, sourceOf } from "../query/groups.ts"
import { planForm } from "../query/plan-form.ts"
import { scanPlan } from "./reader.ts"
import { type Found, noRead, type Read, type ReaderParts } from "./reading.ts"
import { countMatches, visitMatches } from "./visit-matches.ts"

/** Runs a query that asks for a figure. */
export async function runAggregate(parts: ReaderParts, spec: QuerySpec, aggregate: AggregateSpec): Promise<Found> {
  const plan = planForm(sourceOf(spec, aggregate))
  const groups = new Groups(aggregate)
  const { rowsRead, index, fullScan, work } = await fill()
  return { documents: rowsOf(groups), rowsRead, index, fullScan, work }

  async function fill(): Promise<Read> {
    if (plan.limit !== Number.POSITIVE_INFINITY) {
      const some = await scanPlan(parts, plan, plan.limit)
      addAll(groups, some.entries)
      return some
    }
    if (aggregate.of !== "count" || aggregate.by !== undefined)
      return await visitMatches(parts, plan, (id, document) => groups.move(groups.shareOf(document, id), 1))
    const counted = plan.needsNoDocument
      ? { ...noRead(), count: parts.ledger.count(spec.collection) }
      : await countMatches(parts, plan)
    groups.add(counted.count)
    return counted
  }
}

/** The groups of these documents. */
export function aggregateOf(documents: readonly DocumentText[], aggregate: AggregateSpec): readonly DocumentText[] {
  const groups = new Groups(aggregate)
  addAll(groups, documents)
  return rowsOf(groups)
}

function addAll(groups: Groups, documents: readonly DocumentText[]): void {
  for (const { id, text } of documents) groups.move(groups.shareOf(JSON.parse(text) as JsonObject, id), 1)
}

function rowsOf(groups: Groups): readonly DocumentText[] {
  const rows = [...groups.takeChanges().values()].filter((row) => row !== undefined)
  return rows.sort(groupOrder.compare).map(({ id, text }) => ({ id, text }))
}
