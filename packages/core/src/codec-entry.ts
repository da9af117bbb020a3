/**
 * What the page needs of the codec: documents to stored text and back, and the checks of what an application gives.
 * Must stay small: the page loads it.
 */
export type { FileContent } from "./codec/file-content.ts"
export { packDocuments, unpackDocuments } from "./codec/packed-documents.ts"
export { escapeSegment, parsePath } from "./codec/path.ts"
export {
  checkCollection,
  checkId,
  decodeDocument,
  decodeValue,
  draftDocument,
  encodeDocument,
  encodeValue,
  type FileValues,
  type Value,
} from "./codec/value.ts"
