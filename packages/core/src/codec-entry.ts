/**
 * What the page needs of the codec: documents to stored text and back, and the checks of what an application gives.
 * Must stay small: the page loads it.
 */
export { escapeSegment, parsePath } from "./codec/path.ts"
export {
  checkCollection,
  checkId,
  decodeDocument,
  decodeValue,
  encodeDocument,
  encodeValue,
  type Value,
} from "./codec/value.ts"
