/** Live queries of every form. Owns: which kind of live query keeps a spec true. */
import type { QuerySpec } from "../engine-api.ts"
import { sourceOf } from "./groups.ts"
import { type Live, LiveQuery, type RunPlan } from "./live.ts"
import { LiveAggregate, LiveWindowAggregate, type VisitMatches } from "./live-aggregate.ts"
import { planQuery } from "./plan.ts"
import { routeOf } from "./routes.ts"

/** How live queries read. */
export interface LiveReads {
  readonly run: RunPlan
  readonly visitMatches: VisitMatches
}

/** The live query of a spec. */
export function liveOf(spec: QuerySpec, { run, visitMatches }: LiveReads): Live {
  const { aggregate } = spec
  const source = aggregate === undefined ? spec : sourceOf(spec, aggregate)
  const plan = planQuery(source)
  const route = routeOf(source.filter)
  if (aggregate !== undefined && plan.limit === Number.POSITIVE_INFINITY)
    return new LiveAggregate(plan, route, aggregate, visitMatches)
  const live = new LiveQuery(plan, route, run)
  return aggregate === undefined ? live : new LiveWindowAggregate(live, aggregate)
}
