/**
 * Keys that a device keeps by itself, without asking anybody. Owns: the device slot, and where its key lies: in the record,
 * as a CryptoKey that no script can export, or with the host where the store cannot hold one.
 * Invariant: the key is saved before a record that needs it exists. It guards a copied store on platforms that keep
 * CryptoKeys or device keys apart from it, and nothing else. Must not know other sources.
 */
import { FixpointError } from "../base/errors.ts"
import type { CreatedKeys, KeyContext, KeySource } from "./keys.ts"
import {
  confirmRoot,
  findSlot,
  importSlotKey,
  isBytes,
  newWrappedRoot,
  readRecord,
  slotKeyBytes,
  unwrapRoot,
  writeRecord,
} from "./key-record.ts"

const kind = "device"
/** The identity record is the one that nothing authenticates, and hosts make file names of the id in it. */
const databaseIdText = /^[0-9a-f]{32}$/

/** Keys of this device: nothing is asked, and what unlocks the database stays with the platform. */
export function deviceKeys(): KeySource {
  return { create, open, forget }
}

async function create(context: KeyContext): Promise<CreatedKeys> {
  const slotKey = await newSlotKey(context)
  const { root, wrapped } = await newWrappedRoot(context, slotKey)
  const record = await writeRecord(context, root, [{ kind, wrapped }], context.storesKeys ? slotKey : undefined)
  return { root, record }
}

async function open(stored: unknown, context: KeyContext): Promise<CryptoKey> {
  const { crypto } = context.host
  const record = await readRecord(stored, crypto)
  const slot = findSlot(record, kind)
  const slotKey = context.storesKeys ? keptKey(record.deviceKey) : await loadKey(context)
  return confirmRoot(record, await unwrapRoot(crypto, slot, slotKey), context)
}

async function forget({ host, databaseId }: KeyContext): Promise<void> {
  if (databaseIdText.test(databaseId)) await host.deviceKeys?.remove(databaseId)
}

async function newSlotKey(context: KeyContext): Promise<CryptoKey> {
  const { crypto } = context.host
  if (context.storesKeys) {
    const usages: KeyUsage[] = ["wrapKey", "unwrapKey"]
    return (await crypto.generateKey({ name: "AES-KW", length: 256 }, false, usages)) as CryptoKey
  }
  const keys = context.host.deviceKeys
  if (keys === undefined) {
    const why = "This host keeps no device keys: give a passphrase or a raw key."
    throw new FixpointError("INVALID_ARGUMENT", why, { details: { path: "keys" } })
  }
  const secret = context.host.random(slotKeyBytes)
  await keys.save(context.databaseId, secret)
  return importSlotKey(crypto, secret)
}

/** Some platforms store a CryptoKey and give back null: what is no key counts as missing. */
function keptKey(value: unknown): CryptoKey {
  const { algorithm } = (value ?? {}) as { readonly algorithm?: { readonly name?: unknown } }
  if (algorithm?.name === "AES-KW") return value as CryptoKey
  throw new FixpointError("KEY_MISSING", undefined, { details: { asked: kind } })
}

async function loadKey({ host, databaseId }: KeyContext): Promise<CryptoKey> {
  const secret = databaseIdText.test(databaseId) ? await host.deviceKeys?.load(databaseId) : undefined
  if (secret === undefined) throw new FixpointError("KEY_MISSING", undefined, { details: { asked: kind } })
  if (!isBytes(secret, slotKeyBytes)) throw new FixpointError("KEY_WRONG", "The device key is not 32 bytes long.")
  return importSlotKey(host.crypto, secret)
}
