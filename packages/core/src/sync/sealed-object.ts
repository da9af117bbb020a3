/**
 * The form of every object of a space but its clear marker: `"FPK1" kind suite epoch salt commitment place length header block…
 * signature` (docs/format.md). Owns: its bytes, and how it is sealed and opened.
 * Invariant: an object opens under the name that it was sealed for and nowhere else, whole and in the order of its blocks; each
 * kind of damage has its code: KEY_WRONG for another key, BLOCK_MISPLACED for another place, ACTOR_MISMATCH for another
 * signer, BLOCK_CORRUPT for anything else. Nothing is allocated by a length that the bytes do not have.
 * Must not know what headers and blocks say.
 */
import { type Bytes, concatBytes, equalBytes, utf8Encode } from "../base/bytes.ts"
import type { Code } from "../base/codes.ts"
import { FixpointError } from "../base/errors.ts"
import type { HostCrypto } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import { decodeCbor, encodeCbor } from "../codec/cbor.ts"
import { digestOf } from "../codec/cid.ts"
import { aesGcm, decrypt, type Sealing } from "../crypto/decrypt.ts"
import { actorOf, isSignedBy, publicKeyBytes, signatureBytes, type Signer } from "../crypto/signing.ts"
import type { ObjectKeys, SpaceKeys } from "../crypto/space-keys.ts"

/** What an object is. */
export type ObjectKind = "pack" | "run" | "base" | "part" | "control" | "doorbell"

const kinds: Readonly<Record<ObjectKind, number>> = { pack: 1, run: 2, base: 3, part: 4, control: 5, doorbell: 6 }

/** AES-256-GCM under keys of HKDF-SHA-256; signatures, where a kind has them, by Ed25519. 2 is kept for P-256. */
const suite = 1
const magic = utf8Encode("FPK1")

const epochAt = 6
const saltAt = 8
const commitmentAt = 24
const placeAt = 40
const lengthAt = 48
const headBytes = 52
const tagBytes = 16
const nonceBytes = 12

/** Bytes of an object's salt. */
export const objectSaltBytes = 16

/** An object in clear. */
export interface ClearObject {
  /** Canonical fields; `b` and `k` are ours: lengths of blocks, and the signer's public key. */
  readonly header: Readonly<Record<string, unknown>>
  readonly blocks: readonly Uint8Array[]
}

/** An object, opened. */
export interface OpenedObject extends ClearObject {
  /** The actor that signed it; undefined for a kind that is not signed. */
  readonly signer: string | undefined
  readonly epoch: number
}

/** What sealing and opening need. */
export interface SealParts {
  readonly crypto: HostCrypto
  readonly keys: SpaceKeys
}

/** Where an object goes, and how. */
export interface SealRequest {
  readonly kind: ObjectKind
  readonly name: string
  readonly epoch: number
  /** Fresh and random for each content: a salt and another content never meet. */
  readonly salt: Bytes
  /** Of parts and doorbells there is none: a part is named by the hash of its bytes, a doorbell is only a hint. */
  readonly signer?: Signer
}

const isSigned = (kind: ObjectKind): boolean => kind !== "part" && kind !== "doorbell"

/** The bytes of an object. The same request and content give the same bytes. */
export async function sealObject(
  { crypto, keys }: SealParts,
  { kind, name, epoch, salt, signer }: SealRequest,
  { header, blocks }: ClearObject,
): Promise<Bytes> {
  const own = await keys.objectKeys(epoch, salt)
  if (own === undefined) throw new FixpointError("KEY_MISSING", undefined, { details: { epoch } })
  const sealedBlocks = await Promise.all(
    blocks.map((block, i) => encrypt(crypto, blockSealing(own, salt, i, i === blocks.length - 1), block)),
  )
  const fields = {
    ...header,
    ...(blocks.length > 0 && { b: sealedBlocks.map(({ length }) => length) }),
    ...(signer && { k: signer.publicKey }),
  }
  const clear = encodeCbor(fields)
  const head = new Uint8Array(headBytes)
  head.set(magic)
  head[4] = kinds[kind]
  head[5] = suite
  new DataView(head.buffer).setUint16(epochAt, epoch)
  head.set(salt, saltAt)
  head.set(own.commitment, commitmentAt)
  head.set(await own.place(name), placeAt)
  new DataView(head.buffer).setUint32(lengthAt, clear.length + tagBytes)
  const body = concatBytes(head, await encrypt(crypto, headerSealing(own, head, name), clear), ...sealedBlocks)
  if (signer === undefined) return body
  return concatBytes(body, await signer.sign(await digestOf(crypto, body)))
}

/** The object of a kind that `bytes` under `name` hold, or the code of what is wrong with them. */
export async function openObject(
  { crypto, keys }: SealParts,
  kind: ObjectKind,
  name: string,
  bytes: Uint8Array,
): Promise<OpenedObject> {
  const { epoch, salt, head, headerEnd } = readHead(kind, bytes)
  const own = await keys.objectKeys(epoch, salt)
  if (own === undefined) throw new FixpointError("KEY_MISSING", undefined, { details: { epoch } })
  if (!equalBytes(own.commitment, head.subarray(commitmentAt, placeAt))) throw damage("KEY_WRONG", "commitment")
  if (!equalBytes(await own.place(name), head.subarray(placeAt, lengthAt))) throw damage("BLOCK_MISPLACED", "place")
  const sealedHeader = bytes.subarray(headBytes, headerEnd)
  const clear = await decrypt(crypto, headerSealing(own, head, name), sealedHeader, corrupt("header"))
  const { b: lengths = [], k: key, ...header } = decodeCbor(clear) as Readonly<Record<string, unknown>>
  const end = bytes.length - (isSigned(kind) ? signatureBytes : 0)
  const sealed = cutBlocks(bytes.subarray(headerEnd, end), lengths)
  const signer = isSigned(kind) ? await checkSignature(crypto, bytes, key) : undefined
  const blocks = await Promise.all(
    sealed.map((block, i) =>
      decrypt(crypto, blockSealing(own, salt, i, i === sealed.length - 1), block, corrupt(`block ${i}`)),
    ),
  )
  return { header, blocks, signer, epoch }
}

function readHead(kind: ObjectKind, bytes: Uint8Array) {
  if (bytes.length < headBytes + tagBytes || !equalBytes(bytes.subarray(0, 4), magic))
    throw damage("BLOCK_CORRUPT", "magic")
  if ((bytes[5] as number) > suite) throw new FixpointError("FORMAT_TOO_NEW", undefined, { details: { kind } })
  if (bytes[4] !== kinds[kind] || bytes[5] !== suite) throw damage("BLOCK_CORRUPT", "kind")
  const head = Uint8Array.from(bytes.subarray(0, headBytes))
  const view = new DataView(head.buffer)
  const length = view.getUint32(lengthAt)
  if (length > limits.packHeaderBytesMax || headBytes + length > bytes.length) throw damage("BLOCK_CORRUPT", "length")
  return {
    epoch: view.getUint16(epochAt),
    salt: head.slice(saltAt, commitmentAt),
    head,
    headerEnd: headBytes + length,
  }
}

function cutBlocks(bytes: Uint8Array, lengths: unknown): Uint8Array[] {
  if (!Array.isArray(lengths)) throw damage("BLOCK_CORRUPT", "lengths")
  const blocks: Uint8Array[] = []
  let at = 0
  for (const length of lengths as readonly unknown[]) {
    if (typeof length !== "number" || length < tagBytes || at + length > bytes.length)
      throw damage("BLOCK_CORRUPT", "lengths")
    blocks.push(bytes.subarray(at, (at += length)))
  }
  if (at !== bytes.length) throw damage("BLOCK_CORRUPT", "lengths")
  return blocks
}

/** The actor whose signature ends the bytes. */
async function checkSignature(crypto: HostCrypto, bytes: Uint8Array, key: unknown): Promise<string> {
  if (!(key instanceof Uint8Array) || key.length !== publicKeyBytes) throw damage("ACTOR_MISMATCH", "key")
  const publicKey = Uint8Array.from(key)
  const end = bytes.length - signatureBytes
  const message = await digestOf(crypto, bytes.subarray(0, end))
  if (await isSignedBy(crypto, publicKey, message, Uint8Array.from(bytes.subarray(end))))
    return actorOf(crypto, publicKey)
  throw damage("BLOCK_CORRUPT", "signature")
}

function headerSealing({ header }: ObjectKeys, head: Uint8Array, name: string): Sealing {
  return { key: header, nonce: new Uint8Array(nonceBytes), associated: concatBytes(head, utf8Encode(name)) }
}

function blockSealing({ block }: ObjectKeys, salt: Bytes, index: number, isLast: boolean): Sealing {
  const nonce = new Uint8Array(nonceBytes)
  new DataView(nonce.buffer).setUint32(nonceBytes - 4, index)
  return { key: block, nonce, associated: concatBytes(salt, nonce, Uint8Array.of(isLast ? 1 : 0)) }
}

async function encrypt(crypto: HostCrypto, sealing: Sealing, plain: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.encrypt(aesGcm(sealing), sealing.key, plain as Bytes))
}

const damage = (code: Code, part: string) => new FixpointError(code, undefined, { details: { part } })
const corrupt = (part: string) => ({ code: "BLOCK_CORRUPT" as const, details: { part } })
