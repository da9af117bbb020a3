/**
 * Queries of every form, run: of pages, of chosen fields, with other documents in them, aggregates. Owns: what each form makes of the
 * matches that it reads. Must not know how matches are found.
 */
import type { QuerySpec } from "../api/query.ts"
import { sourceOf } from "../query/groups.ts"
import type { RunPlan } from "../query/live.ts"
import { readJoined } from "../query/live-spec.ts"
import { cutPage } from "../query/page.ts"
import type { Plan } from "../query/plan.ts"
import { planForm } from "../query/plan-form.ts"
import { aggregateOf, runAggregate } from "./aggregate.ts"
import { scanPlan } from "./reader.ts"
import { type Found, type Matches, noRead, type Read, type ReaderParts, type ScanPlan } from "./reading.ts"

/** Runs a query of any form. */
export function findForm(parts: ReaderParts, spec: QuerySpec): Promise<Found> {
  const { aggregate } = spec
  if (aggregate !== undefined) return runAggregate(parts, spec, aggregate)
  return foundBy(planForm(spec), spec, (...wanted) => scanPlan(parts, ...wanted))
}

/** What a query of any form gives of what `scan` reads. */
export async function findBy(spec: QuerySpec, scan: ScanPlan): Promise<Found> {
  const { aggregate } = spec
  const source = aggregate === undefined ? spec : sourceOf(spec, aggregate)
  const found = await foundBy(planForm(source), source, scan)
  return aggregate === undefined ? found : { ...found, documents: aggregateOf(found.documents, aggregate) }
}

/** What a query gives, read by `scan`; of several reads, the work is added up, and the first one tells the index. */
async function foundBy(plan: Plan, spec: QuerySpec, scan: ScanPlan): Promise<Found> {
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
