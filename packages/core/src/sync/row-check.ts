/**
 * The check of a row's meta that comes from outside (crdt/row.ts has its form). Owns: what a meta may hold.
 * Invariant: what passes can be read, joined and shown without a doubt: its stamps are of known actors and none is above the
 * row's newest, its cells are of known kinds, their paths within the bounds of documents, their values of the kind that the
 * cell holds. Must not know where rows come from.
 */
import { exceedsUtf8 } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import { compareStamps, type Stamp } from "../clock/stamp.ts"
import { checkEncoded } from "../codec/document.ts"
import { isForbiddenKey, splitPath, userKey } from "../codec/path.ts"
import { type CellKey, rootPath, splitCellKey } from "../crdt/cell-key.ts"
import type { ActorTable } from "../crdt/row.ts"

/** Stops the reader: this engine writes no such row. */
export function refuseRow(cause?: unknown): never {
  throw new FixpointError("BLOCK_CORRUPT", undefined, { details: { part: "row" }, cause })
}

/** Stops the reader unless this is the meta of a row under a table of actors. */
export function checkMeta(meta: unknown, table: ActorTable): void {
  const [hlc, actor, life = 0, base = 0, items = [], ...groups] = listIn(meta)
  const newest = readStamp([hlc, actor], table)
  if (life !== 0 && life !== 1) checkOlder(life)
  if (base !== 0) checkOlder(base)
  checkItems(listIn(items))
  for (const group of groups) {
    const [groupHlc, groupActor, ...own] = listIn(group)
    checkOlder([groupHlc, groupActor])
    checkItems(own)
  }

  // The newest is all that is looked at where a row is adopted, and later writes come after it.
  function checkOlder(value: unknown): void {
    if (compareStamps(readStamp(value, table), newest) > 0) refuseRow()
  }
}

function readStamp(value: unknown, table: ActorTable): Stamp {
  const [hlc, actor, ...more] = listIn(value)
  if (!isCount(hlc) || !isCount(actor) || more.length > 0) refuseRow()
  return { hlc, actor: table.actorAt(actor) }
}

/** Whether a value counts something. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
/** The list that a value from outside should be. */
export const listIn = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as readonly unknown[]) : refuseRow()

function checkItems(items: readonly unknown[]): void {
  for (const item of items) {
    const isShown = typeof item === "string"
    const [key, value, ...more] = isShown ? [item] : listIn(item)
    if (typeof key !== "string" || more.length > 0) refuseRow()
    checkCell(key, isShown, value)
  }
}

/** Stops the reader unless a cell may have such a key and value. */
export function checkCell(key: CellKey, isShown: boolean, value: unknown): void {
  const { path, kind, rest } = splitCellKey(key)
  const segments = path === rootPath ? [] : splitPath(path)
  if (segments.length > limits.depthMax)
    throw new FixpointError("LIMIT_DEPTH", undefined, { details: { max: limits.depthMax } })
  for (const segment of segments) {
    if (isForbiddenKey(userKey(segment))) throw new FixpointError("KEY_FORBIDDEN")
    if (exceedsUtf8(segment, limits.fieldKeyBytesMax + 1)) refuseRow()
  }
  if (value !== undefined) checkEncoded(value, path)
  switch (kind) {
    case "":
      return
    case "o":
      if (rest !== "" || value !== undefined) refuseRow()
      return
    case "s":
      if (value !== undefined) refuseRow()
      checkEncoded(parseJson(rest), path)
      return
    case "c":
      if (isShown || (value !== undefined && typeof value !== "number")) refuseRow()
      return
    case "m":
      if (isShown || !isSibling(value)) refuseRow()
      return
    case "y":
      if (isShown || (value !== undefined && typeof value !== "string")) refuseRow()
      return
    default:
      refuseRow()
  }
}

/** Whether a value is that of a sibling (crdt/siblings.ts). */
function isSibling(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > 2) return false
  const [seen, values = []] = value as readonly unknown[]
  const isMap = typeof seen === "object" && seen !== null && !Array.isArray(seen)
  return isMap && Object.values(seen).every(isCount) && Array.isArray(values)
}

/** The value of JSON from outside. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    return refuseRow(cause)
  }
}
