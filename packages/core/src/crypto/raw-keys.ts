/**
 * Keys that the application keeps. Owns: a root given as bytes.
 * Invariant: the bytes are copied when they are given, so that the caller may wipe them; the record holds a commitment to
 * the root and no slot. Must not know other sources.
 */
import { FixpointError } from "../base/errors.ts"
import { confirmRoot, isBytes, readRecord, rootBytes, writeRecord } from "./key-record.ts"
import { importRoot } from "./key-tree.ts"
import type { CreatedKeys, KeyContext, KeySource } from "./keys.ts"

/** A root of 32 secret bytes. Who loses them loses the database. */
export function rawKeys(bytes: Uint8Array): KeySource {
  if (!isBytes(bytes, rootBytes))
    throw new FixpointError("INVALID_ARGUMENT", "A raw key is 32 bytes.", { details: { path: "keys" } })
  const secret = Uint8Array.from(bytes)
  return {
    async create(context): Promise<CreatedKeys> {
      const root = await importRoot(context.host.crypto, secret)
      return { root, record: await writeRecord(context, root, []) }
    },
    async open(stored: unknown, context: KeyContext): Promise<CryptoKey> {
      const { crypto } = context.host
      const record = await readRecord(stored, crypto)
      return confirmRoot(record, await importRoot(crypto, secret), context)
    },
  }
}
