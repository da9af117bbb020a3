/** What an application declares of a collection. Owns: field types and their form. Must not know databases. */
import type { CollectionSpec, FieldType as MergeType } from "@fixpoint/core"
import type { AnyDocument, FieldPath } from "./document-types.ts"
import { refused } from "./refused.ts"

/** How a field merges, where the last writer must not simply win. */
export interface FieldType {
  readonly merge: MergeType
}

/** A number to which several devices add. */
export const counter = (): FieldType => ({ merge: "counter" })

/** An array of distinct values to which several devices add, and from which they remove. */
export const set = (): FieldType => ({ merge: "set" })

/** Options of a collection. Fields that are not named merge per leaf, last writer wins. */
export interface CollectionOptions<T> {
  readonly fields?: { readonly [P in FieldPath<T>]?: FieldType }
}

/** A declared collection; its type parameter types its documents. */
export interface CollectionDefinition<T> extends CollectionSpec {
  /** Carries the type of documents; never there at run time. */
  readonly document?: T
}

/** Declares a collection. */
export function collection<T = AnyDocument>(options: CollectionOptions<NoInfer<T>> = {}): CollectionDefinition<T> {
  checkOptions("collection", options, ["fields"])
  const fields = Object.entries(options.fields ?? {}).map(([path, type]) => {
    const merge = (type as FieldType | undefined)?.merge
    if (merge !== "counter" && merge !== "set") throw refused(`fields.${path}`, "A field's type is counter() or set().")
    return [path, merge] as const
  })
  return { fields: Object.fromEntries(fields) }
}

/** Refuses options that this version does not know: one that is silently ignored is a promise that is not kept. */
export function checkOptions(of: string, options: object, known: readonly string[]): void {
  const unknown = Object.entries(options).find(([name, value]) => value !== undefined && !known.includes(name))
  if (unknown !== undefined) throw refused(unknown[0], `${of}() has no option ${unknown[0]}.`)
}
