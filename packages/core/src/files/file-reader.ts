/**
 * Reading a file: chunks as they are asked for, from the store, or from a bucket where they are not here yet. Owns: one file that
 * is being read.
 * Invariant: what is given was authenticated under the key that the document has, at its place; what comes from a bucket has the
 * digest that the index tells besides, and is kept. A chunk that is damaged here is healed from a bucket that has it.
 * Must not know who reads.
 */
import { fromBase64 } from "../base/bytes.ts"
import { FixpointError, isFixpointError } from "../base/errors.ts"
import { cidOf, cidOfDigest } from "../codec/cid.ts"
import type { FileContent } from "../codec/file-content.ts"
import {
  createFileCipher,
  decodeFileIndex,
  digestAt,
  type FileCipher,
  type FileIndex,
  indexPlace,
} from "../crypto/file-cipher.ts"
import { contentKey, fileKey, formatFile, parseFile } from "../db/file-rows.ts"
import { fileSegmentBase } from "../lsm/block-key.ts"
import { footerIndex } from "../lsm/segment-format.ts"
import { type FileContext, getPiece, letGoOf, putPieces } from "./file-context.ts"

/** A piece of a file: where it is stored, what seals it, how it is told from others, and which of several chunks it is. */
interface Piece {
  readonly index: number
  readonly place: number
  readonly cid: string
  readonly chunk?: number
}

/** One file that is read. */
export class FileReader {
  readonly #context: FileContext
  readonly #content: FileContent
  readonly #cipher: Promise<FileCipher>
  #index: Promise<FileIndex> | undefined
  #segment: Promise<number> | undefined

  constructor(context: FileContext, content: FileContent) {
    this.#context = context
    this.#content = content
    this.#cipher = createFileCipher(context.host.crypto, fromBase64(content[3]))
    this.#cipher.catch(() => undefined)
  }

  /** How long chunks are but for the last one; that of the only chunk is the size. */
  async chunkBytes(): Promise<number> {
    const [, size, chunks] = this.#content
    return chunks === 1 ? size : (await this.#read()).chunkBytes
  }

  /** The clear bytes of a chunk. */
  async chunk(index: number): Promise<Uint8Array> {
    const [root, size, chunks] = this.#content
    const at = { index, place: index }
    const isOnly = chunks === 1
    const piece = isOnly ? { ...at, cid: root } : { ...at, cid: await this.#cidOf(index), chunk: index }
    const bytes = await this.#piece(piece)
    const length = index < chunks - 1 ? await this.chunkBytes() : size - (chunks - 1) * (await this.chunkBytes())
    if (bytes.length !== length) throw new FixpointError("FILE_CORRUPT", "A chunk is not as long as it must be.")
    return bytes
  }

  async #cidOf(chunk: number): Promise<string> {
    return cidOfDigest(digestAt(await this.#read(), chunk), "raw")
  }

  /** The index. */
  #read(): Promise<FileIndex> {
    const [cid, size, chunks] = this.#content
    this.#index ??= this.#piece({ index: footerIndex, place: indexPlace, cid })
      .then((plain) => decodeFileIndex(plain, { size, chunks }))
      .catch((error: unknown) => {
        this.#index = undefined
        throw error
      })
    return this.#index
  }

  async #piece(piece: Piece): Promise<Uint8Array> {
    const segment = await this.#segmentOf()
    const stored = segment === undefined ? undefined : await getPiece(this.#context, segment, piece.index)
    if (stored === undefined)
      return await this.#opened(piece, await this.#fetch(piece, new FixpointError("FILE_MISSING")))
    try {
      return await this.#opened(piece, stored)
    } catch (error) {
      if (!isFixpointError(error, "FILE_CORRUPT")) throw error
      return await this.#opened(piece, await this.#fetch(piece, error))
    }
  }

  /** The clear bytes of what is of no more use then. */
  async #opened({ place }: Piece, bytes: Uint8Array): Promise<Uint8Array> {
    const plain = await (await this.#cipher).open(place, bytes)
    await letGoOf(this.#context, bytes)
    return plain
  }

  /** The piece as a bucket has it; `otherwise` where none has. */
  async #fetch(piece: Piece, otherwise: FixpointError): Promise<Uint8Array> {
    const { fetchFile, host } = this.#context
    const bytes = await fetchFile(this.#content[0], piece.chunk)
    if (bytes === undefined) throw otherwise
    if ((await cidOf(host.crypto, bytes, "raw")) !== piece.cid) throw new FixpointError("FILE_CORRUPT")
    this.#segment ??= this.#begin()
    await putPieces(this.#context, await this.#segment, [{ index: piece.index, bytes }])
    return bytes
  }

  /** Where the pieces are that are here; undefined when none is. */
  async #segmentOf(): Promise<number | undefined> {
    if (this.#segment !== undefined) return await this.#segment
    const [line] = await this.#context.lsm.getMany([fileKey(this.#content[0])])
    if (line === undefined) return undefined
    const { segment } = parseFile(line)
    this.#segment = Promise.resolve(segment)
    return segment
  }

  /** The row of a file that another device has put. */
  async #begin(): Promise<number> {
    const [cid, size, chunks, key, digest] = this.#content
    const { host, writer } = this.#context
    const segment = fileSegmentBase + new DataView(host.random(4).buffer).getUint32(0)
    return await writer.run({
      durability: "relaxed",
      prepare: async (at) => {
        const [line] = await at.read([fileKey(cid)])
        if (line !== undefined) return { result: parseFile(line).segment }
        const row = { segment, size, chunks, key, digest, isHere: false, at: at.nowMs, owners: [] }
        const value = formatFile({ ...row, unnamedAt: undefined, sent: {} })
        return {
          result: segment,
          record: {
            entries: [
              [fileKey(cid), value],
              [contentKey(digest), cid],
            ],
          },
        }
      },
    })
  }
}
