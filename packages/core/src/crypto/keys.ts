/**
 * The KeySource seam: where the root key of a database comes from. Owns: the seam alone.
 * Invariant: a source gives the root of the database or an error, and never writes to the store: what it wants kept is in
 * the record that it returns. Must not know what the root is used for (key-tree.ts).
 */
import type { Host } from "../base/host.ts"

/** The database whose key is asked for. */
export interface KeyContext {
  /** 32 lower-case hex characters. */
  readonly databaseId: string
  readonly host: Pick<Host, "crypto" | "deviceKeys" | "random">
  /** Whether the store keeps CryptoKeys; elsewhere a record is plain data of dag-cbor. */
  readonly storesKeys: boolean
}

/** A new root, and the record that `open` finds it by. */
export interface CreatedKeys {
  readonly root: CryptoKey
  readonly record: unknown
}

/** Makes and finds root keys. A root is a non-extractable HKDF key over 32 bytes. */
export interface KeySource {
  /** Makes the root of a new database. */
  create(context: KeyContext): Promise<CreatedKeys>
  /**
   * The root of an existing database, checked against the record's commitment. KEY_MISSING, KEY_WRONG, KEYS_CORRUPT,
   * LIMIT_KDF and FORMAT_TOO_NEW say what stands in the way.
   */
  open(record: unknown, context: KeyContext): Promise<CryptoKey>
  /** Removes what the source keeps outside of the record, once the database is destroyed. */
  forget?(context: KeyContext): Promise<void>
}
