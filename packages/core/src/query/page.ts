/**
 * Pages of a result. Owns: cursors, and what they mean.
 * Invariant: a cursor names a place in the order of a query (the values sorted by, and the id), not a number of documents: what
 * is written before that place meanwhile moves nothing behind it. A cursor of another query is refused.
 */
import type { QuerySpec } from "../api/query.ts"
import { fromBase64, toBase64, utf8Decode, utf8Encode } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import type { Entry } from "./ordering.ts"

/** A place in a result, and how many documents of it have been given. */
export interface Place {
  readonly entry: Entry
  readonly given: number
}

/** "fpq1" | hash of the query | base64 of JSON: for each term its value in an array, empty where it is missing; id; given. */
const version = "fpq1"

/** FNV-1a over what makes a query's order and matches. */
function hashOf({ collection, filter, order }: QuerySpec): string {
  let hash = 0x811c9dc5
  for (const byte of utf8Encode(JSON.stringify([collection, filter, order])))
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash.toString(36)
}

/** The cursor of the place behind an entry. */
function formatCursor(spec: QuerySpec, { entry: { sortKey, id }, given }: Place): string {
  const values = sortKey.map((value) => (value === undefined ? [] : [value]))
  const text = toBase64(utf8Encode(JSON.stringify([values, id, given])))
  return `${version}.${hashOf(spec)}.${text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`
}

/** The place of a cursor; INVALID_ARGUMENT where it is not one of this query. */
function parseCursor(spec: QuerySpec, cursor: string): Place {
  try {
    const [own, hash, text = "", ...rest] = cursor.split(".")
    if (own === version && hash === hashOf(spec) && rest.length === 0) {
      const bytes = fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"))
      const [values, id, given] = JSON.parse(utf8Decode(bytes)) as readonly [
        readonly (readonly Json[])[],
        string,
        number,
      ]
      if (typeof id === "string" && Number.isInteger(given) && given > 0)
        return { entry: { id, text: "", sortKey: values.map(([value]) => value) }, given }
    }
  } catch (cause) {
    throw new FixpointError("INVALID_ARGUMENT", "This cursor is none.", { cause, details: { path: "after" } })
  }
  throw new FixpointError("INVALID_ARGUMENT", "This cursor is of another query.", { details: { path: "after" } })
}

/** Where the page of a query begins; undefined at the beginning. Rejects a malformed one with INVALID_ARGUMENT. */
export function placeOf(spec: QuerySpec): Place | undefined {
  const { page } = spec
  if (page === undefined) return undefined
  if (!Number.isInteger(page.size) || page.size < 1)
    throw new FixpointError("INVALID_ARGUMENT", "A page has a size from 1.", { details: { path: "size" } })
  return page.after === undefined ? undefined : parseCursor(spec, page.after)
}

/** How many matches are wanted for a page: one more than it has tells whether there is another one. */
export function pageLimit({ page }: QuerySpec, limit: number, after: Place | undefined): number {
  if (page === undefined) return limit
  return Math.max(0, Math.min(page.size + 1, limit - (after?.given ?? 0)))
}

/** The page of a result, and the cursor of the next one. */
export function cutPage(
  spec: QuerySpec,
  after: Place | undefined,
  entries: readonly Entry[],
): { readonly entries: readonly Entry[]; readonly next: string | undefined } {
  const size = spec.page?.size ?? Number.POSITIVE_INFINITY
  if (entries.length <= size) return { entries, next: undefined }
  const own = entries.slice(0, size)
  const last = own.at(-1)
  const given = (after?.given ?? 0) + own.length
  return { entries: own, next: last && formatCursor(spec, { entry: last, given }) }
}
