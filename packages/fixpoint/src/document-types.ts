/** The types by which an application speaks of its documents. Owns nothing that runs. */

/** A document of a collection that was not declared. */
export type AnyDocument = Record<string, unknown>

/** A document as it is given: without an id, one is made. */
export type Given<T> = T extends unknown ? Omit<T, "_id"> & { readonly _id?: string } : never

/** A document as it is read. */
export type Stored<T> = T & { readonly _id: string }

/** A path into a document: a field, or fields joined by dots. "\" escapes a dot that is part of a name. */
export type FieldPath<T> = (keyof T & string) | `${string}.${string}`

/** Leaves by path; undefined takes a leaf away. */
export type Patch<T> = { readonly [K in Exclude<keyof T, "_id">]?: T[K] | undefined } & {
  readonly [path: `${string}.${string}`]: unknown
}

/** The conditions that one field must meet together. */
export interface Operators<V> {
  readonly eq?: V
  readonly ne?: V
  readonly gt?: V
  readonly gte?: V
  readonly lt?: V
  readonly lte?: V
  readonly in?: readonly V[]
  readonly nin?: readonly V[]
  readonly between?: readonly [V, V]
  readonly startsWith?: string
  /** The array holds the element, one of the elements, or all of them. */
  readonly has?: ElementOf<V>
  readonly hasAny?: readonly ElementOf<V>[]
  readonly hasAll?: readonly ElementOf<V>[]
  readonly exists?: boolean
  readonly not?: Condition<V>
}

type ElementOf<V> = V extends readonly (infer E)[] ? E : V

/** What a field must be: a value that it equals, or operators. */
export type Condition<V> = V | Operators<V>

/** A filter: every field named meets its condition. `null` is a value; a missing field equals nothing. */
export type Where<T> = {
  readonly [K in keyof T]?: Condition<NonNullable<T[K]> | (null extends T[K] ? null : never)>
} & {
  readonly [path: `${string}.${string}`]: unknown
  readonly _id?: Condition<string>
  readonly and?: readonly Where<T>[]
  readonly or?: readonly Where<T>[]
}

/** A path to sort by; "-" before it turns the order round. */
export type OrderBy<T> = FieldPath<T> | "_id" | `-${FieldPath<T> | "_id"}`
