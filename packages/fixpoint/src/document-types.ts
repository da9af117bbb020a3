/** The types by which an application speaks of its documents. Owns nothing that runs. */

import type { Attachment } from "./files/attachment.ts"
import type { FileSource } from "./files/file-source.ts"

/** A document of a collection that was not declared. */
export type AnyDocument = Record<string, unknown>

/** A value as it is given: where files are read, they are put from a Blob, a File or a stream. */
type Putting<V> = V extends Attachment ? V | FileSource : V

/** A document as it is given: without an id, one is made. */
export type Given<T> = T extends unknown
  ? { readonly [K in keyof Omit<T, "_id">]: Putting<Omit<T, "_id">[K]> } & { readonly _id?: string }
  : never

/** A document as it is read. */
export type Stored<T> = T & { readonly _id: string }

/** What has no fields of its own to reach into. */
type Whole = string | number | boolean | bigint | null | undefined | Date | Uint8Array | Attachment | readonly unknown[]

/** How deep paths are told apart; below that any path will do. */
type Deeper = readonly [never, 0, 1, 2, 3, 4]

/** Whether the names of the fields are known. */
type IsOpen<T> = string extends keyof T ? true : false

type PathOf<T, D extends number> = T extends Whole
  ? never
  : IsOpen<T> extends true
    ? string
    : {
        [K in keyof T & string]: K | `${K}.${[D] extends [0] ? string : PathOf<NonNullable<T[K]>, Deeper[D]>}`
      }[keyof T & string]

/** A path into a document: a field, or fields joined by dots. "\\" escapes a dot that is part of a name. */
export type FieldPath<T> = PathOf<T, 5>

type Field<T, K extends string> = T extends Whole
  ? undefined
  : K extends keyof T
    ? T[K]
    : IsOpen<T> extends true
      ? unknown
      : undefined

/** The value at a path: undefined among others where something on the way may be missing. */
export type ValueAt<T, P extends string> = P extends `${infer K}.${infer Rest}`
  ? unknown extends Field<T, K>
    ? unknown
    : ValueAt<NonNullable<Field<T, K>>, Rest> | ([Field<T, K>] extends [NonNullable<Field<T, K>>] ? never : undefined)
  : Field<T, P>

/** Leaves by path; undefined takes a leaf away. */
export type Patch<T> = { readonly [P in Exclude<FieldPath<T>, "_id">]?: Putting<ValueAt<T, P>> | undefined }

/** A path to group by; "[]" behind the path of an array means its elements. */
export type GroupPath<T> =
  | FieldPath<T>
  | "_id"
  | {
      [P in FieldPath<T>]: Extract<NonNullable<ValueAt<T, P>>, readonly unknown[]> extends never ? never : `${P}[]`
    }[FieldPath<T>]

/** The keys of groups. */
export type GroupKey<T, P extends string> = P extends `${infer Q}[]`
  ? ElementOf<NonNullable<ValueAt<T, Q>>>
  : P extends "_id"
    ? string
    : ValueAt<T, P>

/** What numbers add up to. */
export type SumOf<V> = [NonNullable<V>] extends [bigint] ? bigint : number

type Merged<U> = (U extends unknown ? (given: U) => void : never) extends (given: infer I) => void ? I : never

type Nest<T, P extends string> = P extends `${infer K}.${infer Rest}`
  ? K extends keyof T
    ? { readonly [N in K]: Nest<NonNullable<T[K]>, Rest> | Exclude<T[K], object> }
    : never
  : P extends keyof T
    ? Pick<T, P>
    : { readonly [N in P]?: unknown }

/** A document of which only some fields are read. */
export type Selected<T, P extends string> = Stored<Merged<P extends "_id" ? unknown : Nest<T, P>>>

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
  readonly [P in FieldPath<T>]?: Condition<Present<ValueAt<T, P>>>
} & {
  readonly _id?: Condition<string>
  readonly and?: readonly Where<T>[]
  readonly or?: readonly Where<T>[]
  readonly not?: Where<T>
}

type Present<V> = Exclude<V, undefined>

/** A path to sort by; "-" before it turns the order round. */
export type OrderBy<T> = FieldPath<T> | "_id" | `-${FieldPath<T> | "_id"}`

/** A collection or a query, whose documents are `R`. */
export interface Queried<R> {
  where(where: never): { all(): Promise<R[]> }
}

/** What to show in each document, by the name of its field. */
export type Includes<T> = Readonly<
  Record<
    string,
    | Queried<unknown>
    | { readonly from: Queried<unknown>; readonly via: FieldPath<T> }
    | { readonly from: Queried<unknown>; readonly on: string; readonly many?: boolean }
  >
>

type Listed<V, R> = [Extract<NonNullable<V>, readonly unknown[]>] extends [never] ? R | undefined : R[]

type Shown<T, N extends string, I> = I extends { readonly from: Queried<infer R>; readonly via: infer P extends string }
  ? Listed<ValueAt<T, P>, R>
  : I extends { readonly from: Queried<infer R>; readonly on: string }
    ? I extends { readonly many: false }
      ? R | undefined
      : R[]
    : I extends Queried<infer R>
      ? Listed<ValueAt<T, N>, R>
      : never

/** Documents with others in them. */
export type Including<T, R, I> = Omit<R, keyof I> & { readonly [N in keyof I & string]: Shown<T, N, I[N]> }
