/**
 * Documents as a query shows them. Owns: the fields that `select` keeps.
 * Invariant: pure; nested fields stay nested where they were, and a field that a document lacks is not there. Must not know
 * which documents are shown.
 */
import type { Json, JsonObject } from "../base/json.ts"
import { parsePath, readPath, storedKey } from "../codec/path.ts"

/** The text of a document as it is shown. */
export type Projection = (document: JsonObject) => string

type Fields = { [key: string]: Json }

/** Keeps these fields, all without `select`, but not those of `hidden`; the id is beside the text, and always there. */
export function compileProjection(
  select: readonly string[] | undefined,
  hidden: readonly string[],
): Projection | undefined {
  const shown = select === undefined ? undefined : compileSelect(select)
  if (hidden.length === 0) return shown && ((document) => JSON.stringify(shown(document)))
  return (document) => {
    const fields: Fields = { ...(shown?.(document) ?? document) }
    for (const name of hidden) delete fields[storedKey(name)]
    return JSON.stringify(fields)
  }
}

function compileSelect(select: readonly string[]): (document: JsonObject) => JsonObject {
  const paths = select.filter((path) => path !== "_id").map(parsePath)
  return (document) => {
    const shown: Fields = {}
    for (const path of paths) {
      const value = readPath(document, path)
      if (value !== undefined) place(shown, path, value)
    }
    return shown
  }
}

/** Sets a field of a fresh object; what `select` named above it holds it already. */
function place(shown: Fields, path: readonly string[], value: Json): void {
  let at = shown
  for (const [depth, key] of path.entries()) {
    if (depth === path.length - 1) at[key] = value
    else at = (at[key] ??= {}) as Fields
  }
}
