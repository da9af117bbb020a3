/**
 * The order of a result. Owns: sort keys and their comparison.
 * Invariant: total, since the id breaks every tie; a missing field sorts before null.
 */
import type { DocumentText } from "../api/document-text.ts"
import type { QuerySpec } from "../api/query.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { compareFields } from "../codec/order.ts"
import { canonicalPath, type FieldReader, fieldReader } from "./filter.ts"

/** A document in a result, with what it is sorted by. */
export interface Entry extends DocumentText {
  readonly sortKey: readonly (Json | undefined)[]
  /** The values by which it refers to others, or is referred to, for `include`. */
  readonly links?: readonly (Json | undefined)[]
}

/** A field to sort by. */
export interface OrderTerm {
  readonly path: string
  readonly descending: boolean
}

/** The compiled order of a query. */
export interface Ordering {
  /** The fields that sort keys are of; what would come after the id is left out. */
  readonly terms: readonly OrderTerm[]
  /** Whether rows in key order are in result order already. */
  readonly byId: boolean
  sortKey(document: JsonObject, id: string): readonly (Json | undefined)[]
  compare(a: Entry, b: Entry): number
}

/** Code-point order of two strings, which is the byte order of their UTF-8. */
export const compareIds = (a: string, b: string): number => compareFields(a, b)

const noKey: readonly (Json | undefined)[] = []

/** Compiles the order of a query; without one, results come by id. */
export function compileOrder(order: QuerySpec["order"]): Ordering {
  const idAt = order.findIndex(({ path }) => path === "_id")
  const terms = idAt < 0 ? order : order.slice(0, idAt + 1)
  const readers: readonly FieldReader[] = terms.map(({ path }) => fieldReader(path))
  const signs = terms.map(({ descending }) => (descending ? -1 : 1))
  const byId = terms.length === 0 || (terms.length === 1 && idAt === 0 && signs[0] === 1)
  return {
    terms: terms.map(({ path, descending }) => ({ path: canonicalPath(path), descending })),
    byId,
    sortKey: (document, id) => (byId ? noKey : readers.map((read) => read(document, id))),
    compare(a, b) {
      if (!byId)
        for (let i = 0; i < signs.length; i++) {
          const order = compareFields(a.sortKey[i], b.sortKey[i])
          if (order !== 0) return order * (signs[i] ?? 1)
        }
      return compareIds(a.id, b.id)
    },
  }
}
