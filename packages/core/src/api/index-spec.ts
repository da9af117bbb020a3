/** Indexes as a collection declares them. Owns: what each kind of index is made of. Must not know entries or plans. */
import type { Filter } from "./filter.ts"

/** One field of an index. With `multi`, each element of the array there has an entry of its own. */
export interface IndexPart {
  readonly path: string
  readonly descending: boolean
  readonly multi: boolean
}

/** An index: documents in the order of some fields, found by a key. */
export interface IndexSpec {
  /** What `explain` calls it. */
  readonly name: string
  readonly parts: readonly IndexPart[]
  /** Whether two documents may not have the same values; one without a value, or with null, has none. */
  readonly unique: boolean
  /** Only documents that meet this are in it. */
  readonly where: Filter | undefined
}

/** A full-text index: the fields that are searched, and what a word in each weighs, from 1 to 100. */
export interface TextIndexSpec {
  readonly fields: readonly { readonly path: string; readonly weight: number }[]
}

/** An index of vectors: the field that holds them, as a list of numbers or the bytes of a Float32Array, and their length. */
export interface VectorIndexSpec {
  readonly path: string
  readonly dimensions: number
}
