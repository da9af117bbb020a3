/**
 * What an application declares of a collection. Owns: the merge types of fields, and what is derived from documents and kept of them.
 * Invariant: plain data; checked where it is declared, not here.
 */
import type { HistoryKeep } from "./history.ts"
import type { IndexSpec, TextIndexSpec, VectorIndexSpec } from "./index-spec.ts"

/** How a field merges when it is not a plain register. */
export type FieldType = "counter" | "set" | "mv" | "text" | "xml" | "yarray" | "ymap"

/** What the engine must know of a collection: the merge type of fields that are not registers, by dotted path; its indexes. */
export interface CollectionSpec {
  readonly fields: Readonly<Record<string, FieldType>>
  readonly indexes?: readonly IndexSpec[]
  readonly search?: TextIndexSpec
  readonly vectors?: readonly VectorIndexSpec[]
  /** How long it is kept what documents were; as the database says, without it. */
  readonly history?: HistoryKeep
}
