/** Indexes as they are declared. Owns: which may be. Must not know their entries. */
import type { IndexSpec } from "../api/index-spec.ts"
import { FixpointError } from "../base/errors.ts"
import { canonicalPath, compileFilter } from "./filter.ts"

/** The definition that was declared; INVALID_ARGUMENT where it is none. */
export function checkIndex({ name, parts, unique, where }: IndexSpec): IndexSpec {
  if (parts.length === 0 || parts.filter(({ multi }) => multi).length > 1)
    throw refused(name, "An index has one field or more, and one of them at most is the elements of an array.")
  const own = parts.map(({ path, descending, multi }) => ({ path: canonicalPath(path), descending, multi }))
  const paths = new Set(own.map(({ path }) => path))
  if (paths.has("_id") || paths.size < own.length)
    throw refused(name, "An index names each field once, and not the id, which every index ends with.")
  if (where !== undefined) compileFilter(where)
  return { name, parts: own, unique, where }
}

function refused(name: string, message: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", message, { details: { path: `indexes.${name}` } })
}
