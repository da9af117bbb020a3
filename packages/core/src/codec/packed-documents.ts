/**
 * The documents of a result as they cross to a page. Owns: the form, which is JSON arrays of whole documents, `_id` first.
 * Invariant: what is unpacked is what `decodeDocument` gives of each. A platform copies and parses a few long texts in a part
 * of the time that many short ones take. Must not know queries.
 */
import type { JsonObject } from "../base/json.ts"
import { decodeValue, type FileValues, isDecodedAsIs } from "./value.ts"

/** An array is ended behind so many characters: between two of them a page can do something else. */
const charsPerPiece = 8 * 1024

/** Documents, stored texts with their ids, as JSON arrays. */
export function packDocuments(documents: readonly { readonly id: string; readonly text: string }[]): string[] {
  const pieces: string[] = []
  let texts: string[] = []
  let chars = 0
  for (const { id, text } of documents) {
    const own = `{"_id":${JSON.stringify(id)}`
    texts.push(text === "{}" ? `${own}}` : `${own},${text.slice(1)}`)
    chars += text.length
    if (chars < charsPerPiece) continue
    pieces.push(`[${texts.join()}]`)
    texts = []
    chars = 0
  }
  if (texts.length > 0) pieces.push(`[${texts.join()}]`)
  return pieces
}

/** The documents of one array. */
export function unpackDocuments<T>(piece: string, files?: FileValues): T[] {
  const documents = JSON.parse(piece) as JsonObject[]
  return (isDecodedAsIs(piece) ? documents : documents.map((one) => decodeValue(one, files))) as T[]
}
