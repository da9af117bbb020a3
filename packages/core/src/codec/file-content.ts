/**
 * What a document holds of a file: enough to find its chunks, to open them, and to know that they are what was put. Owns: the form.
 * Invariant: the key of a file stands in documents alone, and in rows of the database's own; it is drawn at random for each file,
 * so that nobody without it can tell what a chunk holds. Must not know where chunks are.
 */
import { exceedsUtf8 } from "../base/bytes.ts"
import * as limits from "../base/limits.ts"

/**
 * A file in a document. The CID is that of its only chunk as stored, or of the index of several. The digest is of the clear
 * content: the SHA-256 of the SHA-256 of each chunk, one after the other.
 */
export type FileContent = readonly [
  cid: string,
  size: number,
  chunks: number,
  key: string,
  digest: string,
  type: string,
  name: string,
]

const cidForm = /^bafkrei[a-z2-7]{52}$/
const secretForm = /^[A-Za-z0-9+/]{43}=$/

const isCount = (value: unknown, max: number): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max
const isName = (value: unknown): boolean => typeof value === "string" && !exceedsUtf8(value, limits.fileNameBytesMax)

/** Whether a value has the form of a file. */
export function isFileContent(value: unknown): value is FileContent {
  if (!Array.isArray(value) || value.length !== 7) return false
  const [cid, size, chunks, key, digest, type, name] = value as readonly unknown[]
  if (!isCount(size, limits.fileBytesMax) || !isCount(chunks, limits.fileChunksMax) || chunks === 0) return false
  const areTexts = [cid, key, digest].every((text) => typeof text === "string")
  if (!areTexts || !cidForm.test(cid as string)) return false
  return secretForm.test(key as string) && secretForm.test(digest as string) && isName(type) && isName(name)
}
