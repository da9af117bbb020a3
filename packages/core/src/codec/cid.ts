/**
 * Content addresses. Owns: how stored bytes become a CID (CIDv1, sha2-256, base32).
 * Invariant: a CID names stored, encrypted bytes, never plain ones. No CID object leaves this file: they are strings.
 * Must not know who stores the bytes.
 */
import { CID } from "multiformats/cid"
import { create } from "multiformats/hashes/digest"
import type { Bytes } from "../base/bytes.ts"
import type { HostCrypto } from "../base/host.ts"

/** Multicodec numbers (the table of multiformats). */
const codecs = { raw: 0x55, "dag-cbor": 0x71 } as const
const sha256 = 0x12

/** The SHA-256 of bytes. */
export async function digestOf(crypto: HostCrypto, bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.digest("SHA-256", bytes as Bytes))
}

/** The CID of bytes, as text. */
export async function cidOf(crypto: HostCrypto, bytes: Uint8Array, codec: keyof typeof codecs): Promise<string> {
  return CID.createV1(codecs[codec], create(sha256, await digestOf(crypto, bytes))).toString()
}
