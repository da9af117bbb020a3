/**
 * What a row tells without being taken apart: its document, and its version. Must not know how rows change.
 */
import { formatStamp } from "../clock/stamp.ts"
import { type ActorTable, documentTextOf, fromRowStamp, newestOf } from "./row.ts"

/** The text of the document of a row; undefined when there is none. */
export function rowView(row: string | undefined): string | undefined {
  return (row && documentTextOf(row)) || undefined
}

/** Whether a row shows a document: that of a dead one is empty, and no document's text is. */
export const isLive = (row: string | undefined): boolean => !!row && !row.startsWith("\t")

/** The newest stamp of a row as text. */
export function rowVersion(row: string, actors: ActorTable): string {
  return formatStamp(fromRowStamp(newestOf(row), actors))
}

/**
 * The version of the document of a row; undefined when there is none. What others wrote earlier may arrive later, and changes
 * the document under the same newest stamp; so it is the row's meta, and a hash of the document, as what a base lacks leaves
 * without a trace in the meta.
 */
export function liveVersion(row: string | undefined): string | undefined {
  const text = rowView(row)
  return row === undefined || text === undefined ? undefined : hash(text).toString(36) + row.slice(text.length)
}

/** FNV-1a of the text's units. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return state >>> 0
}
