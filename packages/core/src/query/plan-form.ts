/**
 * Plans of queries of every form: of pages, of chosen fields, and of documents with others in them. Owns: what each form adds to
 * a plan. Pure.
 */
import type { QuerySpec } from "../api/query.ts"
import { pageLimit, placeOf } from "./page.ts"
import { limitOf, type Plan, planQuery } from "./plan.ts"
import { compileProjection } from "./projection.ts"

/** Compiles a query; rejects a malformed one with INVALID_ARGUMENT. Entries bring what stands at the paths of `links`. */
export function planForm(spec: QuerySpec, links: readonly string[] = linksOf(spec)): Plan {
  const limit = limitOf(spec)
  const after = placeOf(spec)
  const project = compileProjection(spec.select, spec.include?.map(({ as }) => as) ?? [])
  return planQuery(spec, { limit: pageLimit(spec, limit, after), after, project, links })
}

/** What the documents of a query refer to others by; their own id is what others refer to. */
const linksOf = ({ include = [] }: QuerySpec): readonly string[] => include.map(({ via }) => via ?? "_id")
