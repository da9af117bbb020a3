/**
 * Putting a file: chunk by chunk, sealed, into a segment of its own. Owns: one file from its first byte to its row.
 * Invariants: a row names the segment from before the first chunk is stored until the file has a row of its own, which is written
 * last: a put that ends in the middle leaves nothing but garbage that can be told. Of a file only the chunks of one commit are held.
 * A content that is known is not kept twice.
 * Must not know documents, nor where the bytes come from.
 */
import { concatBytes, fromBase64, toBase64 } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import { cidOf, digestOf } from "../codec/cid.ts"
import { createFileCipher, encodeFileIndex, type FileCipher, fileKeyBytes, indexPlace } from "../crypto/file-cipher.ts"
import {
  contentKey,
  draftKey,
  fileKey,
  type FileRow,
  formatDraft,
  formatFile,
  namedAgain,
  parseFile,
} from "../db/file-rows.ts"
import type { Entry } from "../lsm/wal.ts"
import { fileSegmentBase } from "../lsm/block-key.ts"
import { footerIndex } from "../lsm/segment-format.ts"
import { dropSegments, type FileContext, getPiece, letGoOf, putPieces, type StoredPiece } from "./file-context.ts"

/** A file that was put: what a document has to say of it, but for its name and type. */
export interface PutFile extends Pick<FileRow, "size" | "chunks" | "key" | "digest"> {
  readonly cid: string
}

/** One put. Chunks come one at a time. */
export class FileWriter {
  /** Where the chunks go. */
  readonly segment: number
  readonly #context: FileContext
  readonly #key: Uint8Array
  readonly #cipher: FileCipher
  readonly #chunkBytes: number
  #waiting: StoredPiece[] = []
  readonly #digests: Uint8Array[] = []
  readonly #contentDigests: Uint8Array[] = []
  #size = 0
  #isWhole = true

  private constructor(context: FileContext, segment: number, key: Uint8Array, cipher: FileCipher) {
    this.#context = context
    this.segment = segment
    this.#key = key
    this.#cipher = cipher
    this.#chunkBytes = limits.fileChunkBytes
  }

  /** A put that is still to be started. */
  static async create(context: FileContext): Promise<FileWriter> {
    const { host } = context
    const key = host.random(fileKeyBytes)
    const segment = fileSegmentBase + new DataView(host.random(4).buffer).getUint32(0)
    return new FileWriter(context, segment, key, await createFileCipher(host.crypto, key))
  }

  /** Lets everybody know that the segment is in use. */
  async start(): Promise<void> {
    const { owner, writer } = this.#context
    await owner.show()
    await writer.run({
      durability: "relaxed",
      prepare: async ({ nowMs }) => {
        const row = formatDraft({ owner: owner.name, at: nowMs })
        return { result: undefined, record: { entries: [[draftKey(this.segment), row]] } }
      },
    })
  }

  /** Bytes of the chunks taken so far. */
  get size(): number {
    return this.#size
  }

  /** Takes the next chunk, and lets it go: all but the last are of `limits.fileChunkBytes`. */
  async push(chunk: Uint8Array): Promise<void> {
    const { crypto } = this.#context.host
    const index = this.#digests.length
    if (!this.#isWhole || chunk.length > this.#chunkBytes || (chunk.length === 0 && index > 0))
      throw new FixpointError("INVALID_ARGUMENT", "Chunks of a file are of one length.", { details: { path: "chunk" } })
    if (index >= limits.fileChunksMax)
      throw new FixpointError("LIMIT_SIZE", "A file is too large.", { details: { max: limits.fileBytesMax } })
    this.#isWhole = chunk.length === this.#chunkBytes
    this.#size += chunk.length
    const [clear, bytes] = await Promise.all([digestOf(crypto, chunk), this.#cipher.seal(index, chunk)])
    await letGoOf(this.#context, chunk)
    this.#contentDigests.push(clear)
    this.#digests.push(await digestOf(crypto, bytes))
    this.#waiting.push({ index, bytes })
    if (this.#waiting.length >= limits.fileChunksPerCommit) await this.#store()
  }

  /** Ends the put, and gives the file: one that was there where the content is known. */
  async end(): Promise<PutFile> {
    const { crypto } = this.#context.host
    if (this.#digests.length === 0) await this.push(new Uint8Array(0))
    const digest = toBase64(await digestOf(crypto, concatBytes(...this.#contentDigests)))
    const cid = await this.#root()
    await this.#store()
    const own = { cid, size: this.#size, chunks: this.#digests.length, key: toBase64(this.#key), digest }
    const known = await this.#known(digest)
    const isUsable = known !== undefined && (known.row.isHere || (await this.#fill(known.cid, known.row)))
    const { put, isOurs } = await this.#name(own, isUsable ? known.cid : undefined)
    if (!isOurs) await dropSegments(this.#context, [this.segment])
    return put
  }

  /** Gives up: nothing stays. */
  async cancel(): Promise<void> {
    this.#waiting = []
    const key = draftKey(this.segment)
    await this.#context.writer.run({
      durability: "relaxed",
      prepare: async () => ({ result: undefined, record: { entries: [[key, null]] } }),
    })
    await dropSegments(this.#context, [this.segment])
  }

  async #store(): Promise<void> {
    const pieces = this.#waiting
    this.#waiting = []
    if (pieces.length > 0) await putPieces(this.#context, this.segment, pieces)
    for (const { bytes } of pieces) await letGoOf(this.#context, bytes)
  }

  /** The CID of the only chunk, or of the index, which is stored with the rest. */
  async #root(): Promise<string> {
    const { crypto } = this.#context.host
    const [only] = this.#waiting
    if (this.#digests.length === 1 && only !== undefined) return await cidOf(crypto, only.bytes, "raw")
    const bytes = await this.#cipher.seal(indexPlace, this.#index())
    this.#waiting.push({ index: footerIndex, bytes })
    return await cidOf(crypto, bytes, "raw")
  }

  #index(digests: readonly Uint8Array[] = this.#digests): Uint8Array {
    return encodeFileIndex({ chunkBytes: this.#chunkBytes, digests: concatBytes(...digests) })
  }

  /** The file that has this content, as far as is known here. */
  async #known(digest: string): Promise<{ readonly cid: string; readonly row: FileRow } | undefined> {
    const { lsm } = this.#context
    const [cid] = await lsm.getMany([contentKey(digest)])
    const [line] = cid === undefined ? [] : await lsm.getMany([fileKey(cid)])
    return cid === undefined || line === undefined ? undefined : { cid, row: parseFile(line) }
  }

  /**
   * Seals this content anew as the file that another device has put, so that it is here under that name; false when it is not
   * that file after all.
   */
  async #fill(cid: string, row: FileRow): Promise<boolean> {
    const { crypto } = this.#context.host
    if (row.size !== this.#size || row.chunks !== this.#digests.length) return false
    const cipher = await createFileCipher(crypto, fromBase64(row.key))
    const digests: Uint8Array[] = []
    let last: StoredPiece | undefined
    for (let index = 0; index < row.chunks; index++) {
      const own = await getPiece(this.#context, this.segment, index)
      if (own === undefined) return false
      last = { index, bytes: await cipher.seal(index, await this.#cipher.open(index, own)) }
      digests.push(await digestOf(crypto, last.bytes))
      await putPieces(this.#context, row.segment, [last])
    }
    if (row.chunks > 1) {
      last = { index: footerIndex, bytes: await cipher.seal(indexPlace, this.#index(digests)) }
      await putPieces(this.#context, row.segment, [last])
    }
    return last !== undefined && (await cidOf(crypto, last.bytes, "raw")) === cid
  }

  /** Writes the row of the file, or takes the one that has the content. */
  async #name(own: PutFile, known: string | undefined): Promise<{ put: PutFile; isOurs: boolean }> {
    const { writer, owner } = this.#context
    const draft = draftKey(this.segment)
    const outcome = await writer.run<{ put: PutFile; isOurs: boolean } | undefined>({
      durability: "relaxed",
      prepare: async (at) => {
        const [begun, line] = await at.read([draft, fileKey(known ?? own.cid)])
        // Somebody took this engine for dead, and the chunks for garbage.
        if (begun === undefined) return { result: undefined }
        const entries: Entry[] = [[draft, null]]
        if (known !== undefined && line !== undefined) {
          const found = parseFile(line)
          const row = found.unnamedAt === undefined ? found : namedAgain(found)
          const owners = [...new Set([...row.owners, owner.name])]
          const isShared = row.isShared === true || !row.isHere
          entries.push([fileKey(known), formatFile({ ...row, isHere: true, isShared, owners })])
          const { size, chunks, key, digest } = row
          return { result: { put: { cid: known, size, chunks, key, digest }, isOurs: false }, record: { entries } }
        }
        const { cid, ...rest } = own
        const row = { segment: this.segment, ...rest, isHere: true, at: at.nowMs, owners: [owner.name] }
        entries.push([fileKey(cid), formatFile({ ...row, unnamedAt: undefined, sent: {} })])
        entries.push([contentKey(own.digest), cid])
        return { result: { put: own, isOurs: true }, record: { entries } }
      },
    })
    if (outcome === undefined) throw new FixpointError("CONFLICT", "The file was taken for abandoned; put it again.")
    return outcome
  }
}
