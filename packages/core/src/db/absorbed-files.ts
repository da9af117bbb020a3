/**
 * Files that other devices have put, as documents that were taken in tell of them. Owns: their rows, by which a content that is
 * put here too is known. Must not know chunks: they come when they are asked for.
 */
import type { Json, JsonObject } from "../base/json.ts"
import { type FileContent, isFileContent } from "../codec/file-content.ts"
import { rowView } from "../crdt/row-view.ts"
import type { Entry } from "../lsm/wal.ts"
import { contentKey, fileKey, formatFile } from "./file-rows.ts"
import type { Moment } from "./line-job.ts"
import type { ChangedRow } from "./record.ts"

/** How a file looks in a document's text. */
const fileSign = '{"$":["f",["'

/** The rows of files that rows name and that are not known yet. */
export async function absorbedFiles(
  at: Moment,
  rows: readonly ChangedRow[],
  newSegment: () => number,
): Promise<Entry[]> {
  const files = new Map<string, FileContent>()
  for (const { after } of rows) {
    const text = after.includes(fileSign) ? rowView(after) : undefined
    if (text !== undefined) for (const file of filesIn(JSON.parse(text) as JsonObject)) files.set(file[0], file)
  }
  const found = [...files.values()]
  const known = await at.read(found.map(([cid]) => fileKey(cid)))
  return found.flatMap(([cid, size, chunks, key, digest], i): Entry[] => {
    if (known[i] !== undefined) return []
    const row = { segment: newSegment(), size, chunks, key, digest, isHere: false, at: at.nowMs, owners: [] }
    return [
      [fileKey(cid), formatFile({ ...row, unnamedAt: undefined, sent: {} })],
      [contentKey(digest), cid],
    ]
  })
}

function* filesIn(value: Json): Generator<FileContent> {
  if (typeof value !== "object" || value === null) return
  const escape = Array.isArray(value)
    ? undefined
    : ((value as JsonObject)["$"] as readonly [string, unknown] | undefined)
  if (escape === undefined) for (const inner of Object.values(value) as Json[]) yield* filesIn(inner)
  else if (escape[0] === "f" && isFileContent(escape[1])) yield escape[1]
}
