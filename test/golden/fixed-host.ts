/**
 * What golden bytes are made with: the root key, and a host whose random bytes are known. Owns: nothing secret, ever.
 * Invariant: the nth call for random bytes gives bytes that are all n, so that salts in golden bytes can be told by eye.
 */
import type { Host, HostCrypto } from "@fixpoint/core"
import { streamCompression } from "../../packages/testkit/src/compression.ts"

/** The root of all golden databases. */
export const goldenSecret: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => i)

/** The id of golden databases. */
export const goldenDatabaseId = "000102030405060708090a0b0c0d0e0f"

/** The passphrase of golden records. */
export const goldenPassphrase = "correct horse battery staple"

/** A host that has what formats need. */
export function fixedHost(): Pick<Host, "crypto" | "compression" | "random"> {
  let calls = 0
  return {
    crypto: globalThis.crypto.subtle as HostCrypto,
    compression: streamCompression,
    random: (byteCount) => new Uint8Array(byteCount).fill(++calls),
  }
}
