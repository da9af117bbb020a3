/**
 * The way of files into buckets. Owns: which pieces a bucket lacks, and what is known to be there.
 * Invariant: a piece is sent only when it is what the file says it is; the index, or the only chunk, goes last, so that a file
 * whose root is there is whole. How far a file has come is kept, so that a transfer that broke off goes on. No more than a few
 * pieces are in memory. Must not know packs: whoever publishes them sends files first.
 */
import { type Bytes, equalBytes, fromBase64 } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { HostCrypto } from "../base/host.ts"
import { cidOf, cidOfDigest, digestOf } from "../codec/cid.ts"
import { createFileCipher, decodeFileIndex, digestAt, type FileIndex, indexPlace } from "../crypto/file-cipher.ts"
import type { Lsm } from "../lsm/lsm.ts"
import { footerIndex } from "../lsm/segment-format.ts"
import { fileKey, filesRange, type FileRow, formatFile, objectsOf, parseFile, readFileKey } from "./file-rows.ts"
import type { Writer } from "./writer.ts"

/** What uploads work with. */
export interface UploadParts {
  readonly crypto: HostCrypto
  readonly lsm: Lsm
  readonly writer: Writer
}

/** Puts a piece into a bucket. */
export type PutPiece = (cid: string, bytes: Bytes) => Promise<unknown>

/** So many pieces are on their way at once. */
const piecesAtOnce = 3
/** How far a file has come is stored after so many. */
const piecesPerMark = 12

/** Sends all files that were put here, and that the remote lacks; gives the first damage that keeps one from being sent. */
export async function sendFiles(parts: UploadParts, remote: string, put: PutPiece): Promise<FixpointError | undefined> {
  let damage: FixpointError | undefined
  for (const [cid, row] of await lacking(parts.lsm, remote)) damage ??= await sendFile(parts, { cid, row, remote }, put)
  return damage
}

/** A bucket may have lost what it had: all files are sent again. */
export async function forgetSent({ lsm, writer }: UploadParts, remote: string): Promise<void> {
  for (const [cid, { sent }] of await filesHere(lsm)) if (sent[remote] !== undefined) await mark(writer, cid, remote, 0)
}

type File = readonly [cid: string, row: FileRow]

/** What nothing names is not worth its way. */
async function lacking(lsm: Lsm, remote: string): Promise<File[]> {
  return (await filesHere(lsm)).filter(
    ([, row]) => row.unnamedAt === undefined && (row.sent[remote] ?? 0) < objectsOf(row),
  )
}

async function filesHere(lsm: Lsm): Promise<File[]> {
  const files: File[] = []
  for await (const batch of lsm.scan(filesRange))
    for (const [key, line] of batch) {
      const { kind, name } = readFileKey(key)
      const row = kind === "file" ? parseFile(line) : undefined
      if (row?.isHere === true) files.push([name, row])
    }
  return files
}

interface Sending {
  readonly cid: string
  readonly row: FileRow
  readonly remote: string
}

async function sendFile(
  { crypto, lsm, writer }: UploadParts,
  { cid, row, remote }: Sending,
  put: PutPiece,
): Promise<FixpointError | undefined> {
  const piece = async (index: number): Promise<Uint8Array | undefined> =>
    (await lsm.lend(({ store }) => store.readBlocks([{ segment: row.segment, index }])))[0]
  const root = await piece(row.chunks === 1 ? 0 : footerIndex)
  // It was collected meanwhile, and then nobody needs it.
  if (root === undefined) return undefined
  if ((await cidOf(crypto, root, "raw")) !== cid) return damaged(cid)
  const index = row.chunks === 1 ? undefined : await openIndex(crypto, row, root)
  const sendChunk = async (chunk: number): Promise<boolean> => {
    const bytes = await piece(chunk)
    if (bytes === undefined || index === undefined) return false
    const digest = digestAt(index, chunk)
    if (!equalBytes(await digestOf(crypto, bytes), digest)) return false
    await put(cidOfDigest(digest, "raw"), bytes as Bytes)
    return true
  }
  const chunks = index === undefined ? 0 : row.chunks
  for (let from = row.sent[remote] ?? 0; from < chunks; ) {
    const until = Math.min(chunks, from + piecesPerMark)
    for (; from < until; from += piecesAtOnce) {
      const window = Array.from({ length: Math.min(piecesAtOnce, until - from) }, (_, i) => sendChunk(from + i))
      if ((await Promise.all(window)).includes(false)) return damaged(cid)
    }
    from = until
    await mark(writer, cid, remote, from)
  }
  await put(cid, root as Bytes)
  await mark(writer, cid, remote, objectsOf(row))
  return undefined
}

const damaged = (cid: string): FixpointError => new FixpointError("FILE_CORRUPT", undefined, { details: { file: cid } })

async function openIndex(crypto: HostCrypto, row: FileRow, stored: Uint8Array): Promise<FileIndex> {
  const cipher = await createFileCipher(crypto, fromBase64(row.key))
  return decodeFileIndex(await cipher.open(indexPlace, stored), row)
}

/** Keeps how many pieces of a file a remote has. */
async function mark(writer: Writer, cid: string, remote: string, count: number): Promise<void> {
  await writer.run({
    durability: "relaxed",
    prepare: async (at) => {
      const [line] = await at.read([fileKey(cid)])
      if (line === undefined) return { result: undefined }
      const row = parseFile(line)
      const { [remote]: _, ...others } = row.sent
      const sent = count === 0 ? others : { ...others, [remote]: count }
      return { result: undefined, record: { entries: [[fileKey(cid), formatFile({ ...row, sent })]] } }
    },
  })
}
