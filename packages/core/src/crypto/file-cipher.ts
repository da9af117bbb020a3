/**
 * The cipher of one file. Owns: what seals a chunk and the index of chunks, and the index's form.
 * Invariant: a file has a random key of its own, and each place of it is sealed once under that key; so a place is nonce enough,
 * and a chunk opens at its own place of its own file and nowhere else. Must not know where chunks are kept.
 */
import { type Bytes, utf8Encode } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { HostCrypto } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import { decodeCbor, encodeCbor } from "../codec/cbor.ts"
import { aesGcm, decrypt, type Sealing } from "./decrypt.ts"

/** Seals and opens what a file consists of. */
export interface FileCipher {
  seal(place: number, plain: Uint8Array): Promise<Bytes>
  /** The clear bytes; FILE_CORRUPT when they are not what was sealed there. */
  open(place: number, stored: Uint8Array): Promise<Uint8Array>
}

/** Bytes of a file's key. */
export const fileKeyBytes = 32

/** Where the index stands; chunks are at 0, 1, 2 … */
export const indexPlace: number = 2 ** 32 - 1

const nonceBytes = 12
const digestBytes = 32
const version = 1

/** What the index of a file says: how long chunks are, and the SHA-256 of each as stored, one after the other. */
export interface FileIndex {
  readonly chunkBytes: number
  readonly digests: Uint8Array
}

/** The cipher of a file's key. */
export async function createFileCipher(crypto: HostCrypto, key: Uint8Array): Promise<FileCipher> {
  const aes = await crypto.importKey("raw", key as Bytes, "AES-GCM", false, ["encrypt", "decrypt"])
  const sealing = (place: number): Sealing => {
    const nonce = new Uint8Array(nonceBytes)
    new DataView(nonce.buffer).setUint32(nonceBytes - 4, place)
    return { key: aes, nonce, associated: place === indexPlace ? ofIndex : ofChunk }
  }
  return {
    seal: async (place, plain) => new Uint8Array(await crypto.encrypt(aesGcm(sealing(place)), aes, plain as Bytes)),
    open: (place, stored) => decrypt(crypto, sealing(place), stored, { code: "FILE_CORRUPT", details: { place } }),
  }
}

const ofChunk = utf8Encode("fixpoint/1/file/chunk")
const ofIndex = utf8Encode("fixpoint/1/file/index")

/** The clear bytes of an index. */
export const encodeFileIndex = ({ chunkBytes, digests }: FileIndex): Bytes =>
  encodeCbor({ v: version, bytes: chunkBytes, digests }) as Bytes

/** The index of a file of so many chunks and bytes; FILE_CORRUPT when it is of another. */
export function decodeFileIndex(plain: Uint8Array, { size, chunks }: { size: number; chunks: number }): FileIndex {
  const { v, bytes, digests } = decodeCbor(plain) as { v?: unknown; bytes?: unknown; digests?: unknown }
  if (typeof v === "number" && v > version) throw new FixpointError("FORMAT_TOO_NEW")
  const isLength = Number.isInteger(bytes) && (bytes as number) > 0 && (bytes as number) < limits.objectBytesMax
  const isOfFile = isLength && Math.ceil(size / (bytes as number)) === chunks
  if (v !== version || !isOfFile || !(digests instanceof Uint8Array) || digests.length !== chunks * digestBytes)
    throw new FixpointError("FILE_CORRUPT", "The index of a file is not of the form it must have.")
  return { chunkBytes: bytes as number, digests }
}

/** The SHA-256 of the chunk at a place. */
export const digestAt = ({ digests }: FileIndex, chunk: number): Uint8Array =>
  digests.subarray(chunk * digestBytes, (chunk + 1) * digestBytes)
