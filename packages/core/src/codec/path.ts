/**
 * Field keys and dotted paths. Owns: which keys may be, how a key is stored, and paths as text and as segments.
 * Invariant: `splitPath` and `formatPath` are inverse; a path's text never holds a raw NUL, so callers may join with it.
 * Segments are stored keys: a user's key that begins with "$" has one more, as a lone "$" marks an escape (value.ts).
 * Must not know values.
 */
import { exceedsUtf8, isWellFormed } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"

/** Whether a field of this name could reach a prototype. */
export function isForbiddenKey(key: string): boolean {
  return key === "__proto__" || key === "constructor" || key === "prototype"
}

/** A user's key as it is stored. */
export function storedKey(key: string): string {
  return key.startsWith("$") ? `$${key}` : key
}

/** The user's key of a stored one. */
export function userKey(stored: string): string {
  return stored.startsWith("$") ? stored.slice(1) : stored
}

/** A segment as text inside a path. */
export function escapeSegment(segment: string): string {
  return segment.replace(/[.\\\0]/g, (char) => (char === "\0" ? "\\0" : `\\${char}`))
}

/** The path of segments. */
export function formatPath(segments: readonly string[]): string {
  return segments.map(escapeSegment).join(".")
}

/** The segments of a path. */
export function splitPath(path: string): string[] {
  if (!path.includes("\\")) return path.split(".")
  const segments: string[] = []
  let segment = ""
  for (let i = 0; i < path.length; i++) {
    const char = path.charAt(i)
    if (char === ".") {
      segments.push(segment)
      segment = ""
    } else segment += char === "\\" ? unescaped(path.charAt(++i), path) : char
  }
  segments.push(segment)
  return segments
}

function unescaped(char: string, path: string): string {
  if (char === "." || char === "\\") return char
  if (char === "0") return "\0"
  throw refused(path, 'has a "\\" before something else than "." or "\\"')
}

/** The segments of a path that an application gave, as stored keys. */
export function parsePath(path: string): readonly string[] {
  if (typeof path !== "string" || path === "" || !isWellFormed(path)) throw refused(path, "is not a field's path")
  const segments = splitPath(path)
  if (segments[0] === "_id") throw refused(path, "names the id, which never changes")
  if (segments.length > limits.depthMax) throw refused(path, `has more than ${limits.depthMax} segments`)
  for (const segment of segments) {
    if (isForbiddenKey(segment)) throw new FixpointError("KEY_FORBIDDEN", undefined, { details: { path } })
    if (exceedsUtf8(segment, limits.fieldKeyBytesMax)) throw refused(path, "has a segment longer than a key may be")
  }
  return segments.map(storedKey)
}

function refused(path: unknown, why: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", `The path ${why}.`, { details: { path: String(path) } })
}

/** The value at a path of stored keys. Arrays and escapes are values as a whole: nothing is read inside them. */
export function readPath(document: JsonObject, segments: readonly string[]): Json | undefined {
  let at: Json = document
  for (const segment of segments) {
    if (typeof at !== "object" || at === null || Array.isArray(at) || !Object.hasOwn(at, segment)) return undefined
    at = (at as JsonObject)[segment] as Json
  }
  return at
}
