/**
 * Signatures of incarnations. Owns: how a signing key comes from its secret, and how an actor is bound to it.
 * Invariant: an actor's id is a hash of its public key, so that nobody can write under the id of another. The secret is drawn
 * at random, not derived from the root: devices that share a root cannot sign for each other (decision 101).
 * Must not know what is signed.
 */
import { type Bytes, concatBytes, fromBase64, toBase32Hex, toHex, utf8Encode } from "../base/bytes.ts"
import type { HostCrypto } from "../base/host.ts"

/** Signs for one actor. */
export interface Signer {
  /** 16 characters of base32hex. */
  readonly actor: string
  /** 32 bytes. */
  readonly publicKey: Bytes
  sign(message: Bytes): Promise<Bytes>
}

/** Bytes of a secret. */
export const secretBytes = 32
/** Bytes of a public key. */
export const publicKeyBytes = 32
/** Bytes of a signature. */
export const signatureBytes = 64

const algorithm = "Ed25519"
/** The order of the group in hex: 2^252 + 27742317777372353535851937790883648493. */
const order = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed"
const actorBytes = 10
/** The head of a private key of Ed25519 in PKCS #8 (RFC 8410); the secret follows. */
const pkcs8Head = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20)

/** The signer of a secret. */
export async function createSigner(crypto: HostCrypto, secret: Bytes): Promise<Signer> {
  const pkcs8 = concatBytes(pkcs8Head, secret)
  // A private key tells its public one only where it may be exported; the one that signs may not.
  const open = await crypto.importKey("pkcs8", pkcs8, algorithm, true, ["sign"])
  const { x = "" } = await crypto.exportKey("jwk", open)
  const key = await crypto.importKey("pkcs8", pkcs8, algorithm, false, ["sign"])
  const publicKey = fromBase64(x.replaceAll("-", "+").replaceAll("_", "/"))
  return {
    actor: await actorOf(crypto, publicKey),
    publicKey,
    sign: async (message) => new Uint8Array(await crypto.sign(algorithm, key, message)),
  }
}

/** The actor of a public key. */
export async function actorOf(crypto: HostCrypto, publicKey: Bytes): Promise<string> {
  const digest = await crypto.digest("SHA-256", concatBytes(utf8Encode("fixpoint/1/actor"), publicKey))
  return toBase32Hex(new Uint8Array(digest, 0, actorBytes))
}

/** Whether the second half of a signature is below the order: some platforms take others, and a message had several signatures. */
function isReduced(signature: Bytes): boolean {
  return signature.length === signatureBytes && toHex(signature.slice(signatureBytes / 2).reverse()) < order
}

/** Whether the owner of a public key has signed a message. */
export async function isSignedBy(
  crypto: HostCrypto,
  publicKey: Bytes,
  message: Bytes,
  signature: Bytes,
): Promise<boolean> {
  if (!isReduced(signature)) return false
  const key = await crypto.importKey("raw", publicKey, algorithm, false, ["verify"])
  return crypto.verify(algorithm, key, signature, message)
}
