/** Paths as they are told to applications. Owns: the way from a stored path to theirs. Must not know what stands there. */
import { escapeSegment, splitPath, userKey } from "./path.ts"

/** A path as applications write it. */
export const userPath = (path: string): string =>
  splitPath(path)
    .map((segment) => escapeSegment(userKey(segment)))
    .join(".")
