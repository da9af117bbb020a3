/**
 * The keys below a root. Owns: how one is derived, and the separation of their purposes.
 * Invariant: a key serves one purpose of one database under one salt; keys of different purposes, databases or salts tell
 * nothing of each other. Must not know where the root comes from, nor what is sealed.
 */
import { type Bytes, utf8Encode } from "../base/bytes.ts"
import type { HostCrypto } from "../base/host.ts"

/** A root, and the database whose root it is. */
export interface KeyTree {
  readonly crypto: HostCrypto
  readonly root: CryptoKey
  readonly databaseId: string
}

/** What a derived key is for: one kind of envelope, the blocks of segments, or the check of the root itself. */
export type Purpose = "log" | "manifest" | "footer" | "segment" | "root"

/** Salt of a key whose root is all that tells it from others. */
export const noSalt: Bytes = new Uint8Array(0)

/** The root over secret bytes. */
export function importRoot(crypto: HostCrypto, secret: Bytes): Promise<CryptoKey> {
  return crypto.importKey("raw", secret, "HKDF", false, ["deriveBits", "deriveKey"])
}

/** The AES-256-GCM key of a purpose and a salt. */
export function deriveCipherKey({ crypto, root, databaseId }: KeyTree, purpose: Purpose, salt: Bytes) {
  const aes = { name: "AES-GCM", length: 256 }
  return crypto.deriveKey(hkdf(`seal/${purpose}/${databaseId}`, salt), root, aes, false, ["encrypt", "decrypt"])
}

/** Bytes that only the root's holder can make, and that fit one root alone: they say that a key is the right one. */
export async function deriveCommitment(
  { crypto, root, databaseId }: KeyTree,
  purpose: Purpose,
  salt: Bytes,
  byteCount: number,
): Promise<Bytes> {
  return new Uint8Array(await crypto.deriveBits(hkdf(`commit/${purpose}/${databaseId}`, salt), root, byteCount * 8))
}

const hkdf = (info: string, salt: Bytes) => ({
  name: "HKDF",
  hash: "SHA-256",
  salt,
  info: utf8Encode(`fixpoint/1/${info}`),
})
