/**
 * A query made ready to run. Owns: the check of a spec and its compiled parts.
 * Invariant: pure; a plan holds no state of a run, so that one plan serves the first run and every live step.
 */
import type { DocumentText } from "../api/document-text.ts"
import type { Filter } from "../api/filter.ts"
import type { QuerySpec } from "../api/query.ts"
import { FixpointError } from "../base/errors.ts"
import type { JsonObject } from "../base/json.ts"
import { compileFilter, fieldReader } from "./filter.ts"
import { compileGlance } from "./needles.ts"
import { compareIds, compileOrder, type Entry, type Ordering } from "./ordering.ts"
import type { Place } from "./page.ts"
import type { Projection } from "./projection.ts"

/** The compiled form of a query. */
export interface Plan {
  readonly collection: string
  readonly filter: Filter
  readonly ordering: Ordering
  readonly limit: number
  /** Where the result begins: all before it has been given. */
  readonly after: Place | undefined
  /** Whether a document can be judged and placed by its id alone, without being parsed. */
  readonly needsNoDocument: boolean
  /** The only ids that can match, ascending, each once; undefined when the filter does not name any. */
  readonly ids: readonly string[] | undefined
  /** The document as an entry of the result, or undefined when it does not match. `parse` gives its fields. */
  match(id: string, text: string, parse: () => JsonObject): Entry | undefined
  /** The same for one that is known to meet the filter: it is only parsed where something of it is asked for. */
  matchCertain(id: string, text: string, parse: () => JsonObject): Entry | undefined
}

/** An entry whose place is worked out when somebody asks for it. */
class LateEntry implements Entry {
  readonly id: string
  readonly text: string
  readonly #place: () => Entry["sortKey"]

  constructor({ id, text }: DocumentText, place: () => Entry["sortKey"]) {
    this.id = id
    this.text = text
    this.#place = place
  }

  get sortKey(): Entry["sortKey"] {
    return this.#place()
  }
}

/** What a form of query adds to its plan (plan-form.ts). */
export interface PlanForm {
  readonly limit?: number
  readonly after?: Place | undefined
  readonly project?: Projection | undefined
  /** The paths at which entries bring what stands there. */
  readonly links?: readonly string[]
}

/** Whether a query asks for documents as they are, all or the first ones: it is planned without a form. */
export const isPlain = ({ select, include, aggregate, page }: QuerySpec): boolean =>
  (select ?? include ?? aggregate ?? page) === undefined

/** How many documents a query wants; rejects a malformed limit with INVALID_ARGUMENT. */
export function limitOf({ limit = Number.POSITIVE_INFINITY }: QuerySpec): number {
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isInteger(limit) && limit >= 0))
    throw new FixpointError("INVALID_ARGUMENT", "limit takes a whole number from 0.", { details: { path: "limit" } })
  return limit
}

/** Compiles a query; rejects a malformed one with INVALID_ARGUMENT. */
export function planQuery(spec: QuerySpec, { limit = limitOf(spec), after, project, links = [] }: PlanForm = {}): Plan {
  const predicate = compileFilter(spec.filter)
  const mayMatch = compileGlance(spec.filter)
  const ordering = compileOrder(spec.order)
  const readers = links.map(fieldReader)
  const found = (entry: Entry): Entry | undefined =>
    after === undefined || ordering.compare(entry, after.entry) > 0 ? entry : undefined
  const shown = (id: string, text: string, document: JsonObject): Entry | undefined => {
    const entry = { id, text: project?.(document) ?? text, sortKey: ordering.sortKey(document, id) }
    return found(readers.length === 0 ? entry : { ...entry, links: readers.map((read) => read(document, id)) })
  }
  const isShownAsIs = project === undefined && readers.length === 0
  const needsNoDocument = predicate === undefined && ordering.byId && project === undefined && links.length === 0
  return {
    collection: spec.collection,
    filter: spec.filter,
    ordering,
    limit,
    after,
    needsNoDocument,
    ids: idsNamed(spec.filter),
    match(id, text, parse) {
      if (needsNoDocument) return found({ id, text, sortKey: ordering.sortKey({}, id) })
      if (!mayMatch(text)) return undefined
      const document = parse()
      return predicate === undefined || predicate(document, id) ? shown(id, text, document) : undefined
    },
    matchCertain(id, text, parse) {
      if (!isShownAsIs) return shown(id, text, parse())
      if (ordering.byId) return found({ id, text, sortKey: ordering.sortKey({}, id) })
      return found(new LateEntry({ id, text }, () => ordering.sortKey(parse(), id)))
    },
  }
}

/** The ids that `_id` is compared with, where nothing else can match. */
function idsNamed(filter: Filter): readonly string[] | undefined {
  if (filter.kind === "and") {
    for (const part of filter.filters) {
      const ids = idsNamed(part)
      if (ids !== undefined) return ids
    }
    return undefined
  }
  if (filter.kind !== "field" || filter.condition.path !== "_id") return undefined
  const { operator, operand } = filter.condition
  const named = operator === "eq" ? [operand] : operator === "in" && Array.isArray(operand) ? operand : undefined
  const ids = named?.filter((id) => typeof id === "string" && id !== "")
  return ids && [...new Set(ids as string[])].sort(compareIds)
}
