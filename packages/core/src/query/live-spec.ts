/** Live queries of every form. Owns: which kind of live query keeps a spec true. */
import type { DocumentText } from "../api/document-text.ts"
import type { IncludeSpec, QuerySpec } from "../api/query.ts"
import { sourceOf } from "./groups.ts"
import { type Live, LiveQuery, type RunPlan } from "./live.ts"
import { LiveAggregate, LiveWindowAggregate, type VisitMatches } from "./live-aggregate.ts"
import { LiveJoin } from "./live-join.ts"
import type { Plan } from "./plan.ts"
import { planForm } from "./plan-form.ts"
import { routeOf } from "./routes.ts"

/** How live queries read. */
export interface LiveReads {
  readonly run: RunPlan
  readonly visitMatches: VisitMatches
}

/** The live query of a spec. */
export function liveOf(spec: QuerySpec, { run, visitMatches }: LiveReads): Live {
  const { aggregate, include } = spec
  const source = aggregate === undefined ? spec : sourceOf(spec, aggregate)
  const plan = planForm(source)
  const route = routeOf(source.filter)
  if (aggregate !== undefined && plan.limit === Number.POSITIVE_INFINITY)
    return new LiveAggregate(plan, route, aggregate, visitMatches)
  const live = new LiveQuery(plan, route, run)
  if (aggregate !== undefined) return new LiveWindowAggregate(live, aggregate)
  return include === undefined ? live : new LiveJoin(live, include, run)
}

/** The documents of a query that includes others, at once. */
export async function readJoined(
  plan: Plan,
  include: readonly IncludeSpec[],
  run: RunPlan,
): Promise<readonly DocumentText[]> {
  const live = new LiveJoin(new LiveQuery(plan, undefined, run, 0), include, run)
  await live.read(() => true)
  live.apply([])
  const step = live.step()
  return step?.kind === "reset" ? step.documents : []
}
