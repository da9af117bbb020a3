/**
 * Full text as a plug-in. Owns: the definition of a full-text index, and the entries that a commit moves.
 * Invariant: entries follow from the documents and the definition alone. The definition tells how the platform cuts scripts
 * without spaces: where it cuts otherwise than when the index was made, the definition is another one, and so is the index.
 * Must not know how an index is searched.
 */
import type { TextIndexSpec } from "../api/index-spec.ts"
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { keySpaces } from "../codec/key.ts"
import type { Definition } from "../db/derived-table.ts"
import type { Plugin } from "../db/plugin.ts"
import { canonicalPath } from "../query/filter.ts"
import { eachChange, termReader } from "./postings.ts"
import { type Segment, segmenterMark } from "./terms.ts"

const weightMax = 100

/** The tally of the words of all documents. */
export const wordsTally = "words"
/** The tally of documents that have any. */
export const documentsTally = "documents"

/** The language is "undetermined", as documents do not tell theirs. */
const segmenter = new Intl.Segmenter("und", { granularity: "word" })

/** Cuts as this platform does. */
export const segment: Segment = (text) => segmenter.segment(text)

/** A full-text index as it is declared, its paths in the form that documents are stored in. */
export function checkTextIndex({ fields }: TextIndexSpec): TextIndexSpec {
  const paths = new Set<string>()
  const checked = fields.map(({ path, weight }) => {
    const stored = canonicalPath(path)
    if (!Number.isInteger(weight) || weight < 1 || weight > weightMax)
      throw refused(path, `A weight is from 1 to ${weightMax}.`)
    if (paths.has(stored)) throw refused(path, "A field is searched once.")
    paths.add(stored)
    return { path: stored, weight }
  })
  if (checked.length === 0) throw refused("search", "A search takes one field or more.")
  return { fields: checked }
}

/** The definition of the index of a collection. */
export function textDefinition(collection: string, index: TextIndexSpec): Definition {
  const fields = checkTextIndex(index).fields.map(({ path, weight }): Json => [path, weight])
  return { by: textPlugin.by, of: collection, what: { cuts: segmenterMark(segment), fields } }
}

function readDefinition(what: Json): TextIndexSpec {
  const { fields } = what as { readonly fields: readonly (readonly [path: string, weight: number])[] }
  return { fields: fields.map(([path, weight]) => ({ path, weight })) }
}

/** Makes the entries of full-text indexes. */
export const textPlugin: Plugin = {
  by: "text/1",
  space: keySpaces.plugins,
  compile(what) {
    const read = termReader(readDefinition(what), segment)
    const counted = (document: JsonObject | undefined, id: string) => read(document, id)
    return {
      onDelta({ id, before, after }, out) {
        const old = counted(before?.parse(), id)
        const now = counted(after?.parse(), id)
        eachChange(id, old, now, { put: (key, value) => out.put(key, value), remove: (key) => out.delete(key) })
        out.tally(wordsTally, now.length - old.length)
        out.tally(documentsTally, Number(now.length > 0) - Number(old.length > 0))
      },
    }
  },
}

function refused(path: string, message: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", message, { details: { path } })
}
