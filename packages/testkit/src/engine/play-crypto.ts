/**
 * Crypto and compression that only play: they keep the forms of the real ones and none of their strength. Owns: that a world of
 * many engines waits for no thread and pays nearly nothing, so that nothing but its seed orders what happens, thousands of times.
 * Invariant: what the engine counts on in a world without attackers holds: what is sealed opens under the same key, place and
 * nonce alone, a changed byte is noticed, hashes and keys tell contents apart, and clear text cannot be found in what is sealed.
 * Must be used in simulations alone: it protects nothing.
 */
import type { Compression, HostCrypto } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"

type Bytes = Uint8Array<ArrayBuffer>

/** What stands for a CryptoKey: the engine only hands it on. */
interface PlayKey {
  readonly bytes: Bytes
}

interface Hkdf {
  readonly salt: Bytes
  readonly info: Bytes
}

interface Gcm {
  readonly iv: Bytes
  readonly additionalData: Bytes
}

const tagBytes = 16
const keyBytes = 32

/** Four lanes of 32 bits, over all bytes of all parts, each part closed by its length. */
function mixed(parts: readonly Uint8Array[]): Int32Array {
  let a = 0x6a09e667
  let b = 0xbb67ae85 | 0
  let c = 0x3c6ef372
  let d = 0xa54ff53a | 0
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) {
      a = Math.imul(a ^ (part[i] as number), 0x01000193)
      b = (b + a) | 0
      c = Math.imul(c ^ (b >>> 15), 0x85ebca6b)
      d = (d ^ c ^ (a << 7)) | 0
    }
    a = Math.imul(a ^ part.length, 0xc2b2ae35)
    b = (b ^ d ^ (a >>> 11)) | 0
  }
  for (let i = 0; i < 4; i++) {
    a = Math.imul(a ^ (d >>> 16), 0x85ebca6b)
    b = Math.imul(b ^ (a >>> 13), 0xc2b2ae35)
    c = Math.imul(c ^ (b >>> 16), 0x27d4eb2f)
    d = Math.imul(d ^ (c >>> 15), 0x165667b1)
  }
  return Int32Array.of(a, b, c, d)
}

/** So many bytes that follow from the parts. */
function stretched(parts: readonly Uint8Array[], byteCount: number): Bytes {
  const [a = 0, b = 0, c = 0, d = 0] = mixed(parts)
  const lanes = Int32Array.of(a, b, c, d)
  const bytes = new Uint8Array(byteCount)
  for (let i = 0; i < byteCount; i++) {
    const lane = i & 3
    lanes[lane] = Math.imul((lanes[lane] as number) ^ ((lanes[(lane + 1) & 3] as number) >>> 9), 0x9e3779b1) + i
    bytes[i] = (lanes[lane] as number) >>> 11
  }
  return bytes
}

const digested = (...parts: readonly Uint8Array[]): Bytes => stretched(parts, keyBytes)

function covered(bytes: Bytes, { bytes: key }: PlayKey, iv: Bytes): Bytes {
  const stream = stretched([key, iv], bytes.length)
  for (let i = 0; i < bytes.length; i++) stream[i] = (stream[i] as number) ^ (bytes[i] as number)
  return stream
}

function sealed({ iv, additionalData }: Gcm, key: PlayKey, plain: Bytes): Bytes {
  const bytes = new Uint8Array(plain.length + tagBytes)
  bytes.set(covered(plain, key, iv))
  bytes.set(stretched([key.bytes, iv, additionalData, plain], tagBytes), plain.length)
  return bytes
}

function opened({ iv, additionalData }: Gcm, key: PlayKey, bytes: Bytes): Bytes {
  const plain = covered(bytes.slice(0, -tagBytes), key, iv)
  const tag = stretched([key.bytes, iv, additionalData, plain], tagBytes)
  if (tag.some((byte, i) => byte !== bytes[plain.length + i])) throw new Error("This was not sealed so.")
  return plain
}

/** The public key is all that signs here: nobody in a simulation forges. */
const publicOf = ({ bytes }: PlayKey): Bytes => digested(bytes.subarray(-keyBytes))

/** The last byte keeps it below the order of the curve, as every signature is. */
function signed(publicKey: Uint8Array, message: Bytes): Bytes {
  const bytes = stretched([publicKey, message], 2 * keyBytes)
  bytes[bytes.length - 1] = 0
  return bytes
}

const toBase64Url = (bytes: Bytes): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")

const calls: Partial<Record<keyof HostCrypto, (...parameters: never[]) => unknown>> = {
  digest: (_: string, bytes: Bytes) => digested(bytes).buffer,
  importKey: (_: string, bytes: Bytes): PlayKey => ({ bytes: bytes.slice() }),
  exportKey: (_: string, key: PlayKey) => ({ x: toBase64Url(publicOf(key)) }),
  deriveBits: ({ salt, info }: Hkdf, { bytes }: PlayKey, bits: number) =>
    stretched([bytes, salt, info], bits / 8).buffer,
  deriveKey: ({ salt, info }: Hkdf, { bytes }: PlayKey): PlayKey => ({ bytes: digested(bytes, salt, info) }),
  encrypt: (how: Gcm, key: PlayKey, plain: Bytes) => sealed(how, key, plain).buffer,
  decrypt: (how: Gcm, key: PlayKey, bytes: Bytes) => opened(how, key, bytes).buffer,
  sign: (_: string, key: PlayKey, message: Bytes) => signed(publicOf(key), message).buffer,
  verify: (_: string, { bytes }: PlayKey, signature: Bytes, message: Bytes) =>
    signed(bytes, message).every((byte, i) => byte === signature[i]),
}

/** Crypto that only plays. */
export const playCrypto: HostCrypto = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [
    name,
    async (...parameters: unknown[]) => (call as (...all: unknown[]) => unknown)(...parameters),
  ]),
) as unknown as HostCrypto

/** Compression that leaves everything as it is. */
export const playCompression: Compression = {
  deflate: async (bytes) => bytes.slice(),
  async inflate(bytes, bytesMax) {
    if (bytes.length > bytesMax) throw new FixpointError("LIMIT_SIZE", undefined, { details: { max: bytesMax } })
    return bytes.slice()
  },
}
