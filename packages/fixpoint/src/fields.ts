/** What an application declares of a collection. Owns: field types and their form. Must not know databases. */
import type { CollectionSpec, FieldType as MergeType, HistoryKeep } from "@fixpoint/core"
import type { AnyDocument, FieldPath } from "./document-types.ts"
import { type DeclaredIndex, declaredIndexes, type IndexDeclaration } from "./indexes.ts"
import type { HistoryOptions } from "./past-seam.ts"
import { refused } from "./refused.ts"

/** How a field merges, where the last writer must not simply win. */
export interface FieldType {
  readonly merge: MergeType
}

/** A number to which several devices add. */
export const counter = (): FieldType => ({ merge: "counter" })

/** An array of distinct values to which several devices add, and from which they remove. */
export const set = (): FieldType => ({ merge: "set" })

/**
 * A field that keeps what several devices wrote at once, as an array: the values of up to four writes, the newest first. Who writes it
 * puts an array, of one value as a rule, in the place of all that is there.
 */
export const mv = (): FieldType => ({ merge: "mv" })

/** Text that several people write in at once. Documents show it as a string; `collection.text()` opens it for editors. */
export const text = (): FieldType => ({ merge: "text" })

/** Rich text for editors that keep it as XML, as ProseMirror does. Documents show it as a string of markup. */
export const xml = (): FieldType => ({ merge: "xml" })

/** A list that several people edit at once, as a Y.Array. Documents show it as an array. */
export const yarray = (): FieldType => ({ merge: "yarray" })

/** An object that several people edit at once, as a Y.Map. Documents show it as an object. */
export const ymap = (): FieldType => ({ merge: "ymap" })

const mergeTypes: readonly unknown[] = ["counter", "set", "mv", "text", "xml", "yarray", "ymap"]

/** Options of a collection. Fields that are not named merge per leaf, last writer wins. */
export interface CollectionOptions<T> {
  readonly fields?: { readonly [P in FieldPath<T>]?: FieldType }
  /** What documents are found and sorted by without reading all of them: `["done", ["list", "-createdAt"], "tags[]"]`. */
  readonly indexes?: readonly IndexDeclaration<T>[]
  /** The fields that `search` looks into; a word in a field of a greater weight, from 1 to 100, counts more. */
  readonly search?: readonly (FieldPath<T> | { readonly path: FieldPath<T>; readonly weight: number })[]
  /** The fields with vectors that `nearest` compares, and how long those are. */
  readonly vectors?: { readonly [P in FieldPath<T>]?: number }
  /** How long it is kept what documents were; as the database says, without it. */
  readonly history?: HistoryOptions
}

/** What was declared of a collection. */
export interface Declared extends Omit<CollectionSpec, "indexes"> {
  readonly indexes: readonly DeclaredIndex[]
}

/** A declared collection; its type parameter types its documents. */
export interface CollectionDefinition<T> extends Declared {
  /** Carries the type of documents; never there at run time. */
  readonly document?: T
}

/** Declares a collection. */
export function collection<T = AnyDocument>(options: CollectionOptions<NoInfer<T>> = {}): CollectionDefinition<T> {
  checkOptions("collection", options, ["fields", "indexes", "search", "vectors", "history"])
  const fields = Object.entries(options.fields ?? {}).map(([path, type]) => {
    const merge = (type as FieldType | undefined)?.merge
    if (!mergeTypes.includes(merge))
      throw refused(`fields.${path}`, "A field's type is counter(), set(), text() and so on.")
    return [path, merge as MergeType] as const
  })
  const indexes = declaredIndexes(options.indexes ?? [])
  const history = keepOf(options.history)
  return { fields: Object.fromEntries(fields), indexes, ...searched(options), ...(history && { history }) }
}

/** How long history is kept, as the engine takes it. */
export function keepOf(history: HistoryOptions | undefined): HistoryKeep | undefined {
  if (history === undefined) return undefined
  const keep = (history as HistoryOptions | null)?.keep
  if (keep === "none" || keep === "30d" || keep === "forever") return keep
  throw refused("history", 'history is { keep: "none" | "30d" | "forever" }.')
}

/** What is searched of a collection, as the engine takes it, which checks it. */
function searched<T>({ search, vectors }: CollectionOptions<T>): Pick<CollectionSpec, "search" | "vectors"> {
  if (search !== undefined && !Array.isArray(search)) throw refused("search", "search takes a list of paths.")
  const fields = search?.map((field) => (typeof field === "string" ? { path: field, weight: 1 } : field))
  const dimensions = Object.entries(vectors ?? {}) as [string, number][]
  return {
    ...(fields !== undefined && { search: { fields } }),
    ...(dimensions.length > 0 && { vectors: dimensions.map(([path, length]) => ({ path, dimensions: length })) }),
  }
}

/** Refuses options that this version does not know: one that is silently ignored is a promise that is not kept. */
export function checkOptions(of: string, options: object, known: readonly string[]): void {
  const unknown = Object.entries(options).find(([name, value]) => value !== undefined && !known.includes(name))
  if (unknown !== undefined) throw refused(unknown[0], `${of}() has no option ${unknown[0]}.`)
}
