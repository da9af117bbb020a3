/**
 * A value as an edit of the one before it. Owns: the form of edits, and how one is applied.
 * Large values change little at a time: a text that somebody types in is written ten times a second.
 * Invariant: an edit is applied to the value that it was made from, or refused. Must not know what values mean.
 */
import * as limits from "../base/limits.ts"

/**
 * A hash of the value before, its length, and what the value after is put together from, in order: a text that is new, or two numbers,
 * a place in the value before and how many characters of it.
 */
export type ValueEdit = readonly [hash: number, length: number, ...parts: (string | number)[]]

/** The value that an edit makes; undefined where it was made from another value than this one. */
export function applyEdit(before: string, [hash, length, ...parts]: ValueEdit): string | undefined {
  if (before.length !== length || hashOfValue(before) !== hash) return undefined
  let after = ""
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]
    after += typeof part === "string" ? part : before.slice(part, Number(part) + Number(parts[++i]))
    if (after.length > limits.logRecordBytesMax) return undefined
  }
  return after
}

/** Whether something that was read is an edit. */
export const isEdit = (read: unknown): read is ValueEdit =>
  Array.isArray(read) &&
  read.length > 1 &&
  read.every((part, i) => (typeof part === "string" ? i > 1 : Number.isInteger(part) && part >= 0))

/** 32 bits of a value: enough to tell it from those before and after it. */
export function hashOfValue(value: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
