/**
 * Content addresses. Owns: how stored bytes become a CID (CIDv1, sha2-256, base32), as text.
 * Invariant: a CID names stored, encrypted bytes, never plain ones. The form is that of multiformats, against which the
 * tests hold it; it is written here for its size alone (decision 045).
 * Must not know who stores the bytes.
 */
import { type Bytes, concatBytes, toBase32 } from "../base/bytes.ts"
import type { HostCrypto } from "../base/host.ts"

/** Multicodec numbers (the table of multiformats). */
const codecs = { raw: 0x55, "dag-cbor": 0x71 } as const
const version = 1
const sha256 = 0x12
const digestLength = 32

/** The SHA-256 of bytes. */
export async function digestOf(crypto: HostCrypto, bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.digest("SHA-256", bytes as Bytes))
}

/** The CID of bytes, as text: "b" says base32. */
export async function cidOf(crypto: HostCrypto, bytes: Uint8Array, codec: keyof typeof codecs): Promise<string> {
  return cidOfDigest(await digestOf(crypto, bytes), codec)
}

/** The CID of bytes with this SHA-256. */
export function cidOfDigest(digest: Uint8Array, codec: keyof typeof codecs): string {
  return `b${toBase32(concatBytes(Uint8Array.of(version, codecs[codec], sha256, digestLength), digest))}`
}
