/** Searches and what they find. Owns: searches for words and for what is near a vector, and the shape of a hit. */
import type { DocumentText } from "./document-text.ts"
import type { Filter } from "./filter.ts"
import type { QueryStats } from "./query.ts"

/** A search for words, or for what is near a vector. */
export type FindSpec = TextSearch | VectorSearch

/** Documents with all of the words, or with `any` of them; with `prefix`, the last word may be only the beginning of one. */
export interface TextSearch extends FindBounds {
  readonly kind: "text"
  readonly text: string
  readonly prefix: boolean
  readonly any: boolean
}

/** Documents whose vector at a path points the way of this one. */
export interface VectorSearch extends FindBounds {
  readonly kind: "vector"
  readonly path: string
  readonly vector: readonly number[]
}

interface FindBounds {
  readonly collection: string
  /** What documents must meet besides. */
  readonly filter: Filter | undefined
  readonly limit: number
}

/** A word that was searched for: in the text at a path, or in one of the texts of a list there; in UTF-16 units. */
export interface TextPlace {
  readonly path: string
  readonly index?: number
  readonly start: number
  readonly end: number
}

/** A document that was found. Scores compare within one result alone; those of vectors are cosines. */
export interface Hit {
  readonly document: DocumentText
  readonly score: number
  readonly places: readonly TextPlace[]
}

/** What a search found, best first. */
export interface FindResult {
  readonly hits: readonly Hit[]
  readonly stats: QueryStats
}
