/**
 * The record of a database's keys. Owns: its form, the commitment to the root, and the wrapping of the root in slots.
 *
 * A record is `{ body, checksum, deviceKey? }`: the body is canonical dag-cbor of `{ v, check, slots }`, the checksum its
 * SHA-256, so that damage is told from a wrong key. A slot wraps the root by AES-KW under the key of one way to unlock.
 * `deviceKey` is the one part that is no plain data: a CryptoKey, where the store can hold one.
 * Invariant: a root that is given out fits the commitment. Must not know where slots' keys come from.
 */
import { type Bytes, equalBytes } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { HostCrypto } from "../base/host.ts"
import { decodeCbor, encodeCbor } from "../codec/cbor.ts"
import { digestOf } from "../codec/cid.ts"
import { isMismatch } from "./decrypt.ts"
import { deriveCommitment, importRoot, type KeyTree, noSalt } from "./key-tree.ts"
import type { KeyContext } from "./keys.ts"

/** One way to the root: `wrapped` is the root under the slot's key, which the other fields lead to. */
export interface KeySlot {
  readonly kind: string
  readonly wrapped: Uint8Array
  readonly [field: string]: unknown
}

/** A record that was read: its body, and the key beside it. */
export interface ReadRecord {
  readonly check: Uint8Array
  readonly slots: readonly KeySlot[]
  readonly deviceKey: unknown
}

const format = 1
const bodyBytesMax = 64 * 1024
const slotsMax = 64
/** Bytes of the commitment to the root. */
const checkBytes = 32
/** Bytes of a root. */
export const rootBytes = 32
/** Bytes of a key that wraps a root. */
export const slotKeyBytes = 32

const damaged = (why: string, cause?: unknown) =>
  new FixpointError("KEYS_CORRUPT", `The record of keys ${why}.`, cause === undefined ? {} : { cause })

const checkOf = (tree: KeyTree): Promise<Bytes> => deriveCommitment(tree, "root", noSalt, checkBytes)

/** The record of a root. `deviceKey` stands beside the body where the store can hold it. */
export async function writeRecord(
  { host: { crypto }, databaseId }: KeyContext,
  root: CryptoKey,
  slots: readonly KeySlot[],
  deviceKey?: CryptoKey,
): Promise<unknown> {
  const check = await checkOf({ crypto, root, databaseId })
  const body = encodeCbor({ v: format, check, slots })
  const plain = { body, checksum: await digestOf(crypto, body) }
  return deviceKey === undefined ? plain : { ...plain, deviceKey }
}

/** Reads a record; KEYS_CORRUPT when it is damaged, FORMAT_TOO_NEW when a later version wrote it. */
export async function readRecord(record: unknown, crypto: HostCrypto): Promise<ReadRecord> {
  const { body, checksum, deviceKey } = (record ?? {}) as Record<string, unknown>
  if (!(body instanceof Uint8Array) || !(checksum instanceof Uint8Array) || body.length > bodyBytesMax)
    throw damaged("is not of the form it must have")
  if (!equalBytes(await digestOf(crypto, body), checksum)) throw damaged("does not fit its checksum")
  const value = decodeBody(body)
  if (typeof value.v === "number" && value.v > format) throw new FixpointError("FORMAT_TOO_NEW")
  const { check, slots } = value
  if (value.v !== format || !isBytes(check, checkBytes) || !Array.isArray(slots) || slots.length > slotsMax)
    throw damaged("is not of the form it must have")
  if (!slots.every(isSlot)) throw damaged("has a slot that is not of the form it must have")
  return { check, slots, deviceKey }
}

function decodeBody(body: Uint8Array): Record<string, unknown> {
  try {
    return (decodeCbor(body) ?? {}) as Record<string, unknown>
  } catch (cause) {
    throw damaged("is not canonical dag-cbor", cause)
  }
}

function isSlot(value: unknown): value is KeySlot {
  const { kind, wrapped } = (value ?? {}) as Record<string, unknown>
  return typeof kind === "string" && wrapped instanceof Uint8Array
}

/** Whether the value is that many bytes. */
export function isBytes(value: unknown, byteCount: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === byteCount
}

/** The first slot of a kind; KEY_MISSING when there is none. */
export function findSlot({ slots }: ReadRecord, kind: string): KeySlot {
  const slot = slots.find((one) => one.kind === kind)
  if (slot !== undefined) return slot
  const kinds = slots.map((one) => one.kind)
  throw new FixpointError("KEY_MISSING", undefined, { details: { asked: kind, slots: kinds } })
}

/** Gives the root if it is the one that the record commits to. */
export async function confirmRoot(
  { check }: ReadRecord,
  root: CryptoKey,
  { host: { crypto }, databaseId }: KeyContext,
): Promise<CryptoKey> {
  if (equalBytes(await checkOf({ crypto, root, databaseId }), check)) return root
  throw new FixpointError("KEY_WRONG")
}

/** A key that wraps roots, over secret bytes. */
export function importSlotKey(crypto: HostCrypto, secret: Uint8Array): Promise<CryptoKey> {
  return crypto.importKey("raw", secret as Bytes, "AES-KW", false, ["wrapKey", "unwrapKey"])
}

/** A new random root, and its wrapping under a slot's key. */
export async function newWrappedRoot({ host }: KeyContext, slotKey: CryptoKey) {
  const secret = host.random(rootBytes) as Bytes
  // HKDF keys cannot be exported, hence not wrapped: the bytes are wrapped as a key of a kind that can.
  const twin = await host.crypto.importKey("raw", secret, "AES-CTR", true, ["encrypt"])
  const wrapped = new Uint8Array(await host.crypto.wrapKey("raw", twin, slotKey, "AES-KW"))
  const root = await importRoot(host.crypto, secret)
  secret.fill(0)
  return { root, wrapped }
}

/** The root of a slot; KEY_WRONG when the slot's key is not the one that wrapped it. */
export async function unwrapRoot(crypto: HostCrypto, slot: KeySlot, slotKey: CryptoKey): Promise<CryptoKey> {
  const uses: KeyUsage[] = ["deriveBits", "deriveKey"]
  try {
    return await crypto.unwrapKey("raw", slot.wrapped as Bytes, slotKey, "AES-KW", "HKDF", false, uses)
  } catch (cause) {
    if (!isMismatch(cause)) throw cause
    throw new FixpointError("KEY_WRONG", undefined, { cause })
  }
}
