/**
 * The cipher of one segment's blocks and partitions. Owns: their nonces and associated data.
 * Invariant: the key belongs to one segment, as its salt is random, and the nonce is the block's index: a block opens at
 * its own place of its own segment and nowhere else. One call of WebCrypto a block. Must not know what blocks hold.
 */
import { type Bytes, concatBytes, utf8Encode } from "../base/bytes.ts"
import { aesGcm, decrypt, type Sealing } from "./decrypt.ts"
import { deriveCipherKey, type KeyTree } from "./key-tree.ts"

/** Seals and opens the blocks of one segment. An index is sealed once: who writes a segment anew takes a new salt. */
export interface SegmentCipher {
  encrypt(index: number, plain: Uint8Array): Promise<Uint8Array>
  /** The clear bytes of the block at `index`; BLOCK_CORRUPT when they are not what was sealed there. */
  decrypt(index: number, stored: Uint8Array): Promise<Uint8Array>
}

/** Bytes of a segment's salt. */
export const segmentSaltBytes = 32

const nonceBytes = 12

/** The cipher of the segment with this salt. */
export async function createSegmentCipher(tree: KeyTree, salt: Uint8Array): Promise<SegmentCipher> {
  const { crypto, databaseId } = tree
  const key = await deriveCipherKey(tree, "segment", salt as Bytes)
  const place = concatBytes(utf8Encode(databaseId), salt, new Uint8Array(4))
  const sealing = (index: number): Sealing => ({
    key,
    nonce: numbered(nonceBytes, index),
    associated: at(place, index),
  })
  return {
    encrypt: async (index, plain) => new Uint8Array(await crypto.encrypt(aesGcm(sealing(index)), key, plain as Bytes)),
    decrypt: (index, stored) => decrypt(crypto, sealing(index), stored, { code: "BLOCK_CORRUPT", details: { index } }),
  }
}

/** Zeros that end with a number of 32 bits. */
function numbered(byteCount: number, value: number): Bytes {
  return withNumber(new Uint8Array(byteCount), value)
}

/** A copy of `place` that ends with a number of 32 bits. */
function at(place: Bytes, value: number): Bytes {
  return withNumber(place.slice(), value)
}

function withNumber(bytes: Bytes, value: number): Bytes {
  new DataView(bytes.buffer).setUint32(bytes.length - 4, value)
  return bytes
}
