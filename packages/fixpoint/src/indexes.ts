/**
 * Indexes as applications declare them. Owns: their forms, and what they are read as.
 * Invariant: a declaration of another form is refused where it is made; what paths and filters hold is checked by the engine.
 * Must not know how indexes are kept.
 */
import type { IndexPart } from "@fixpoint/core"
import type { FieldPath, Where } from "./document-types.ts"
import { refused } from "./refused.ts"
import { snapshot } from "./snapshot.ts"

type IndexPath<T> = FieldPath<T> | `${FieldPath<T>}[]`

/** A field to index: "-" before it turns its order round, "[]" behind it means each element of the array there. */
export type IndexField<T> = IndexPath<T> | `-${IndexPath<T>}`

/** One field, several, or those with options. */
export type IndexDeclaration<T> =
  | IndexField<T>
  | readonly IndexField<T>[]
  | {
      readonly on: IndexField<T> | readonly IndexField<T>[]
      /** Refuses two documents of the same values with NOT_UNIQUE. Documents that miss a value, or have null, are free. */
      readonly unique?: boolean
      /** Only documents that meet this are in the index; it serves queries that ask for them. */
      readonly where?: Where<T>
      /** What `explain()` calls it. */
      readonly name?: string
    }

/** A declaration, read; its filter is as the application gave it. */
export interface DeclaredIndex {
  readonly name: string
  readonly parts: readonly IndexPart[]
  readonly unique: boolean
  readonly where: unknown
}

const options = ["on", "unique", "where", "name"]

/** Reads the indexes of a collection. */
export function declaredIndexes(declarations: unknown): readonly DeclaredIndex[] {
  if (!Array.isArray(declarations)) throw refused("indexes", "indexes takes an array.")
  const indexes = (declarations as readonly unknown[]).map(declaredIndex)
  const names = new Set(indexes.map(({ name }) => name))
  if (names.size < indexes.length) throw refused("indexes", "Two indexes have one name.")
  return indexes
}

function declaredIndex(declaration: unknown, at: number): DeclaredIndex {
  const path = `indexes.${at}`
  const isPlain = typeof declaration === "string" || Array.isArray(declaration)
  if (!isPlain && (typeof declaration !== "object" || declaration === null))
    throw refused(path, "An index is a path, an array of paths, or an object with `on`.")
  const given = (isPlain ? { on: declaration } : declaration) as Readonly<Record<string, unknown>>
  const strange = Object.keys(given).find((key) => !options.includes(key))
  if (strange !== undefined) throw refused(path, `An index has no option ${strange}.`)
  const { on, unique = false, where, name } = given
  const fields = (Array.isArray(on) ? on : [on]) as readonly unknown[]
  if (fields.length === 0 || !fields.every((field) => typeof field === "string" && field !== ""))
    throw refused(path, "An index is on a path or an array of paths.")
  if (typeof unique !== "boolean") throw refused(path, "unique is true or false.")
  if (name !== undefined && (typeof name !== "string" || name === "")) throw refused(path, "A name is text.")
  const own = `${fields.join(",")}${unique ? " unique" : ""}${where === undefined ? "" : " where"}`
  return { name: name ?? own, parts: (fields as readonly string[]).map(partOf), unique, where: snapshot(where) }
}

function partOf(field: string): IndexPart {
  const descending = field.startsWith("-")
  const path = descending ? field.slice(1) : field
  const multi = path.endsWith("[]")
  return { path: multi ? path.slice(0, -2) : path, descending, multi }
}
