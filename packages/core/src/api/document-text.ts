/**
 * Documents as they cross: as stored text (codec/value.ts), so that neither side reads what it does not need. Owns: the shapes of
 * one document, of one with its version, and of many.
 */

/** A document as text: fields without `_id`, as `encodeDocument` gives it. */
export interface DocumentText {
  readonly id: string
  readonly text: string
}

/** A stored document with the version that `replace` compares. */
export interface VersionedText extends DocumentText {
  readonly version: string
}

/** Documents in two texts, a line for each: a thousand lines cross to another thread in the time of ten objects. */
export interface DocumentLines {
  /** Those with a line end in their id are left out. */
  readonly ids: string
  readonly texts: string
  /** From where on to ask for more; undefined when there is no more. */
  readonly next: string | undefined
}
