/** Plain live queries over a database. Owns: how they read. Must not know how they are kept true. */
import type { QuerySpec } from "../api/query.ts"
import { type Live, LiveQuery, type RunPlan } from "../query/live.ts"
import { planQuery } from "../query/plan.ts"
import { routeOf } from "../query/routes.ts"
import { scanPlan } from "./reader.ts"
import type { LiveParts } from "./reading.ts"

/** How live queries read the matches of a plan. */
export const runOf =
  (parts: LiveParts): RunPlan =>
  async (...wanted) =>
    (await parts.steadily(() => scanPlan(parts, ...wanted))).entries

/** The live query of a plain one. */
export const livePlain = (spec: QuerySpec, parts: LiveParts): Live =>
  new LiveQuery(planQuery(spec), routeOf(spec.filter), runOf(parts))
