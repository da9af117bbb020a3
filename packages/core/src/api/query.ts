/** Queries and what they give. Owns: the canonical form of a query, its result, and the account of what it read. */
import type { DocumentText } from "./document-text.ts"
import type { Filter } from "./filter.ts"

/**
 * A figure of the documents that a query gives. `path` is undefined for a count; `by` is the path that documents are grouped
 * by ("tags[]": by each element), undefined for one figure of all.
 */
export interface AggregateSpec {
  readonly of: "count" | "sum" | "avg" | "min" | "max"
  readonly path: string | undefined
  readonly by: string | undefined
}

/**
 * Documents to show in each document of a query, as its field `as`: those whose ids stand at its path `via`, or those that
 * have its id at their path `on`; one of the two is given. `many` says whether the latter are a list, or the first alone.
 */
export interface IncludeSpec {
  readonly as: string
  /** Which documents, in which order, and how many for each. It includes and aggregates nothing itself. */
  readonly query: QuerySpec
  readonly via: string | undefined
  readonly on: string | undefined
  readonly many: boolean
}

/** A query in its canonical, serialisable form. */
export interface QuerySpec {
  readonly collection: string
  readonly filter: Filter
  readonly order: readonly { readonly path: string; readonly descending: boolean }[]
  readonly limit: number | undefined
  /** Paths of the fields to give; undefined for whole documents. */
  readonly select?: readonly string[] | undefined
  readonly include?: readonly IncludeSpec[] | undefined
  /** Gives groups instead of documents: the key as JSON in place of the id, the figure as JSON in place of the text. */
  readonly aggregate?: AggregateSpec | undefined
  /** Gives a part of the result: so many documents, from the beginning or behind a cursor. */
  readonly page?: { readonly size: number; readonly after: string | undefined } | undefined
}

/** What a query read and gave. */
export interface QueryStats {
  /** The names of the indexes that led to documents: "a & b" to those in both, "a | b" to those in one; undefined for none. */
  readonly index: string | undefined
  /** Documents read. */
  readonly rowsRead: number
  /** Entries of indexes read. */
  readonly entriesRead: number
  readonly rowsReturned: number
  /** Blocks read from the store; those that were in memory are not counted. */
  readonly blocksRead: number
  readonly ms: number
  /** Whether every document of the collection was read. */
  readonly fullScan: boolean
  /** "FULL_SCAN" where that were so many that an index is called for. */
  readonly warning: "FULL_SCAN" | undefined
}

/** The result of a query: documents as text, in order. */
export interface QueryResult {
  readonly documents: readonly DocumentText[]
  readonly stats: QueryStats
  /** The cursor of the next page; undefined behind the last one, and where no page was asked for. */
  readonly next?: string | undefined
}
