/**
 * What a commit does to documents. Owns: the delta that live queries are kept true by.
 * Invariant: deltas are absolute (the document as it was and as it is), so that whoever holds what it was can apply one
 * twice, and a commit that fails is taken back by its deltas turned round. A document is parsed once, at its first use.
 */
import type { JsonObject } from "../base/json.ts"

/** A document as text, parsed when somebody looks into it. */
export interface DocumentView {
  readonly text: string
  parse(): JsonObject
}

/** One document before and after a commit; undefined where it is absent. */
export interface RowDelta {
  readonly collection: string
  readonly id: string
  readonly before: DocumentView | undefined
  readonly after: DocumentView | undefined
}

/** The view of a document's text; undefined where there is none. */
export function viewOf(text: string): DocumentView
export function viewOf(text: string | undefined): DocumentView | undefined
export function viewOf(text: string | undefined): DocumentView | undefined {
  if (text === undefined) return undefined
  let document: JsonObject | undefined
  return {
    text,
    parse() {
      document ??= JSON.parse(text) as JsonObject
      return document
    },
  }
}

/** The delta that takes this one back. */
export const inverse = ({ collection, id, before, after }: RowDelta): RowDelta => ({
  collection,
  id,
  before: after,
  after: before,
})
