/**
 * Names of cells. Owns: how a path and a part of what stands at that path become one key, and which cell is below which.
 * A key is a path (a register), or a path, NUL, a letter and a rest: "c" and an actor is a counter's part, "s" and the
 * JSON text of an element is an element of a set, "o" is the sign that an object stands here, even without any field, "y" with
 * an actor, a dot and a number is a chunk of what that actor wrote in a text (crdt/text-chunks.ts), "m" and an actor is what that
 * actor wrote last in a field that keeps siblings.
 * Invariant: keys of different cells differ; a path text never holds a NUL (codec/path.ts).
 * Must not know stamps or values.
 */
import { escapeSegment } from "../codec/path.ts"

/** The name of a cell inside its document. */
export type CellKey = string

/** What a key names: a register, an object's sign, a counter's part, a set's element, a text's chunk, or a sibling. */
export type CellKind = "" | "o" | "c" | "s" | "y" | "m"

/** The path of the document itself: no other path can begin with it, as "\r" is no escape of a path's text. */
export const rootPath = "\\r"

const escaped = /[.\\\0]/

/** The path of the field `key`, a stored key, of the object at `parent`. */
export function childPath(parent: string, key: string): string {
  const segment = escaped.test(key) ? escapeSegment(key) : key
  return parent === rootPath ? segment : `${parent}.${segment}`
}

/** The key of a cell at `path`. */
export function cellKey(path: string, kind: CellKind, rest = ""): CellKey {
  return kind === "" ? path : `${path}\0${kind}${rest}`
}

/** A key taken apart. */
export function splitCellKey(key: CellKey): { readonly path: string; readonly kind: CellKind; readonly rest: string } {
  const end = key.indexOf("\0")
  if (end < 0) return { path: key, kind: "", rest: "" }
  return { path: key.slice(0, end), kind: key.charAt(end + 1) as CellKind, rest: key.slice(end + 2) }
}

/** Calls `visit` with each path above `path`, from the top, until it gives true; gives whether it did. */
export function someAncestor(path: string, visit: (ancestor: string) => boolean): boolean {
  // A cut at an escaped dot leaves an odd backslash at the end: that is no path, so nothing is found under it.
  for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1)) {
    if (visit(path.slice(0, dot))) return true
  }
  return false
}
