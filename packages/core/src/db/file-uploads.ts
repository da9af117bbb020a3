/**
 * The way of files into buckets. Owns: which pieces a bucket lacks, and what is known to be there.
 * Invariant: a piece is sent only when it is what the file says it is; the index, or the only chunk, goes last, so that a file
 * whose root is there is whole. How far a file has come is kept, so that a transfer that broke off goes on. No more than a few
 * pieces are in memory. Must not know packs: whoever publishes them sends files first.
 */
import { type Bytes, equalBytes, fromBase64, letGo } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { HostCrypto } from "../base/host.ts"
import { cidOf, digestOf } from "../codec/cid.ts"
import { createFileCipher, decodeFileIndex, digestAt, type FileIndex, indexPlace } from "../crypto/file-cipher.ts"
import type { Lsm } from "../lsm/lsm.ts"
import { footerIndex } from "../lsm/segment-format.ts"
import type { PieceStore } from "../sync/session.ts"
import {
  fileKey,
  type FileRow,
  filesRange,
  formatFile,
  namedAgain,
  objectsOf,
  parseFile,
  readFileKey,
} from "./file-rows.ts"
import type { Writer } from "./writer.ts"

/** What uploads work with. */
export interface UploadParts {
  readonly crypto: HostCrypto
  readonly lsm: Lsm
  readonly writer: Writer
  /** Those of files that nothing names here; or anywhere, as far as this device can tell. */
  unnamed(files: readonly string[], isAnywhere: boolean): Promise<readonly string[]>
}

/** So many pieces are on their way at once. */
const piecesAtOnce = 3
/** How far a file has come is stored after so many. */
const piecesPerMark = 12

/** Sends all files that were put here, and that the remote lacks; gives the first damage that keeps one from being sent. */
export async function sendFiles(
  parts: UploadParts,
  remote: string,
  store: PieceStore,
): Promise<FixpointError | undefined> {
  await findNamedAgain(parts)
  let damage: FixpointError | undefined
  for (const [cid, row] of await lacking(parts.lsm, remote))
    damage ??= await sendFile(parts, { cid, row, remote }, store)
  return damage
}

/** A bucket may have lost what it had, of all files or of these as far as no more is known by now: they are asked for again. */
export async function forgetSent(
  { lsm, writer }: UploadParts,
  remote: string,
  files?: ReadonlyMap<string, number>,
): Promise<void> {
  for (const [cid, { sent }] of await filesHere(lsm))
    if (files === undefined ? sent[remote] !== undefined : files.has(cid) && files.get(cid) === sent[remote])
      await mark(writer, cid, remote, 0)
}

/** How many pieces a remote is known to have of each file that is here and named. */
export function piecesSent(files: readonly File[], remote: string): Map<string, number> {
  return new Map(files.filter(([, row]) => isWanted(row)).map(([cid, { sent }]) => [cid, sent[remote] ?? 0]))
}

/** A file and its row. */
export type File = readonly [cid: string, row: FileRow]

/** Files that are whole here. */
export async function filesHere(lsm: Lsm): Promise<File[]> {
  const files: File[] = []
  for await (const batch of lsm.scan(filesRange))
    for (const [key, line] of batch) {
      const { kind, name } = readFileKey(key)
      const row = kind === "file" ? parseFile(line) : undefined
      if (row?.isHere === true) files.push([name, row])
    }
  return files
}

/** What nothing names is not worth its way. */
const isWanted = ({ unnamedAt }: FileRow): boolean => unnamedAt === undefined

async function lacking(lsm: Lsm, remote: string): Promise<File[]> {
  return (await filesHere(lsm)).filter(([, row]) => isWanted(row) && (row.sent[remote] ?? 0) < objectsOf(row))
}

/** What was taken for unnamed may be named by what is about to be published: then it goes first as well. */
async function findNamedAgain({ lsm, writer, unnamed }: UploadParts): Promise<void> {
  const doubtful = (await filesHere(lsm)).filter(([, row]) => !isWanted(row)).map(([cid]) => cid)
  if (doubtful.length === 0) return
  const still = new Set(await unnamed(doubtful, false))
  for (const cid of doubtful)
    if (!still.has(cid)) await change(writer, cid, (row) => (isWanted(row) ? row : namedAgain(row)))
}

interface Sending {
  readonly cid: string
  readonly row: FileRow
  readonly remote: string
}

async function sendFile(
  { crypto, lsm, writer }: UploadParts,
  { cid, row, remote }: Sending,
  store: PieceStore,
): Promise<FixpointError | undefined> {
  const isDoubtful = row.sent[remote] === 0 || (row.isShared === true && row.sent[remote] === undefined)
  if (isDoubtful && (await store.count(cid)) >= objectsOf(row)) {
    await mark(writer, cid, remote, objectsOf(row))
    return undefined
  }
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
    if (!equalBytes(await digestOf(crypto, bytes), digestAt(index, chunk))) return false
    await store.put(cid, chunk, bytes as Bytes)
    if (store.copies) await lsm.lend(async ({ store: { copies } }) => copies && letGo(bytes))
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
  await store.put(cid, undefined, root as Bytes)
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
  await change(writer, cid, (row) => ({ ...row, sent: { ...row.sent, [remote]: count } }))
}

async function change(writer: Writer, cid: string, next: (row: FileRow) => FileRow): Promise<void> {
  await writer.run({
    durability: "relaxed",
    prepare: async (at) => {
      const [line] = await at.read([fileKey(cid)])
      if (line === undefined) return { result: undefined }
      return { result: undefined, record: { entries: [[fileKey(cid), formatFile(next(parseFile(line)))]] } }
    },
  })
}
