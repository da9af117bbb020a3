/**
 * What whole documents and patches ask for, and what is declared of the fields they may meet. Must not know rows or cells.
 */
import { FixpointError } from "../base/errors.ts"
import type { JsonObject } from "../base/json.ts"
import type { Stamp } from "../clock/stamp.ts"
import { type Edit, type Patch, patchedDocument, type Put } from "./target.ts"

/** How a field merges when it is not a plain register. Texts are registers here, that show what their chunks hold. */
export type MergeType = "counter" | "set" | "mv" | TextType

/** The kinds of texts: each is one Yjs document with one root type. */
export type TextType = "text" | "xml" | "yarray" | "ymap"

/** The stamp of a write, and what is declared of the fields it may meet. */
export interface EditContext {
  readonly stamp: Stamp
  readonly fields: Readonly<Record<string, MergeType>>
  /** The document of a put or an insert, parsed. */
  readonly parsed?: JsonObject
}

/** Whether fields of a type are more than registers. Those of texts are registers in the row. */
export const hasFacets = (type: MergeType): type is Exclude<MergeType, TextType> =>
  type === "counter" || type === "set" || type === "mv"

/** The document that a write asks for. A field of a document that is not there cannot be written: nothing half is made. */
export function targetOf(document: JsonObject | undefined, edit: Put | Patch, { parsed }: EditContext): JsonObject {
  if (isPut(edit)) {
    if (edit.op === "insert" && document !== undefined) throw new FixpointError("ALREADY_EXISTS")
    return parsed ?? (JSON.parse(edit.text) as JsonObject)
  }
  if (document === undefined) throw new FixpointError("NOT_FOUND")
  return patchedDocument(document, edit.entries)
}

/** Whether a write carries a whole document. */
export function isPut(edit: Edit): edit is Put {
  return edit.op === "put" || edit.op === "insert"
}
