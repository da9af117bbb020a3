/**
 * Searches as applications write them. Owns: their options, their hits, and their translation into the engine's form.
 * Invariant: pure; what it cannot translate is refused with INVALID_ARGUMENT and the path. Must not know how hits are found.
 */
import type { DocumentText, Filter, FindSpec, Hit, TextPlace } from "@fixpoint/core"
import { checkCollection } from "@fixpoint/core/codec"
import type { Stored, Where } from "./document-types.ts"
import { refused } from "./refused.ts"
import type { Row } from "./live-result.ts"
import type { FindRequest, QueryDescription, Waiting } from "./scope.ts"
import { filterOf } from "./where.ts"

/** What every search takes. */
export interface FindOptions<T> extends Waiting {
  /** At most so many hits; 20 without it. */
  readonly limit?: number
  /** Only documents that meet this filter as well. */
  readonly where?: Where<T>
}

/** Options of a search for words. */
export interface SearchOptions<T> extends FindOptions<T> {
  /** Whether the last word may be only the beginning of one, as while somebody types. It may, without this. */
  readonly prefix?: boolean
  /** Whether a document needs "all" of the words, as without this, or "any" of them. */
  readonly match?: "all" | "any"
}

/** A document with the words, and where they are: `start` and `end` count UTF-16 units, as `slice` does. */
export interface SearchHit<T> {
  readonly doc: Stored<T>
  /** How well it answers; compares within one result alone. */
  readonly score: number
  readonly places: readonly TextPlace[]
}

/** A document near a vector. */
export interface NearHit<T> {
  readonly doc: Stored<T>
  /** The cosine of the angle between the two, from -1 to 1. */
  readonly score: number
}

const limitWithoutOne = 20

/** The engine's form of a search. */
export function findSpecOf({ collection, find }: QueryDescription): FindSpec {
  const request = find as FindRequest
  const { limit = limitWithoutOne, where } = request.options
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 0)
    throw refused("limit", "limit takes a whole number from 0.")
  const filter: Filter | undefined = where === undefined ? undefined : filterOf(where)
  const bounds = { collection: checkCollection(collection), filter, limit }
  if ("path" in request) {
    const { path, vector } = request
    if (typeof path !== "string") throw refused("path", "A search for vectors takes the path of their field.")
    return { ...bounds, kind: "vector", path, vector: numbersOf(vector) }
  }
  const { text, options } = request
  const { prefix = true, match = "all" } = options
  if (typeof text !== "string") throw refused("text", "A search takes the text that was typed.")
  if (typeof prefix !== "boolean") throw refused("prefix", "prefix takes true or false.")
  if (match !== "all" && match !== "any") throw refused("match", 'match takes "all" or "any".')
  return { ...bounds, kind: "text", text, prefix, any: match === "any" }
}

function numbersOf(vector: unknown): readonly number[] {
  if (typeof vector !== "object" || vector === null || !("length" in vector))
    throw refused("vector", "A vector is a list of numbers.")
  return Array.from(vector as ArrayLike<number>, Number)
}

/** What the engine gives, with the document decoded by `decode`. */
export const hitOf = (hit: Hit, decode: (document: Hit["document"]) => unknown) => ({
  doc: decode(hit.document),
  score: hit.score,
  places: hit.places,
})

/** What a live search tells of a hit: its line of JSON, and its document, which stays the object that it was as long as it is the same. */
export const liveHitOf =
  (decode: (document: DocumentText) => unknown) =>
  ({ id, text }: DocumentText, before: Row<unknown> | undefined): unknown => {
    const own = text.slice(text.indexOf("\n"))
    const [score, places] = JSON.parse(text.slice(0, -own.length)) as [number, Hit["places"]]
    const isSame = before?.text.endsWith(own) === true && before.text.indexOf("\n") === before.text.length - own.length
    const doc = isSame ? (before.document as { doc: unknown }).doc : decode({ id, text: own.slice(1) })
    return { doc, score, places }
  }
