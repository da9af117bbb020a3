/**
 * Opening of AES-256-GCM. Owns: how a failed authentication is told from a failed platform.
 * Invariant: bytes come out only when they and their associated data are what was sealed.
 * Must not know what the bytes are: the caller names the code of damage.
 */
import type { Bytes } from "../base/bytes.ts"
import type { Code } from "../base/codes.ts"
import { type ErrorDetails, FixpointError } from "../base/errors.ts"
import type { HostCrypto } from "../base/host.ts"

/** How bytes were sealed. */
export interface Sealing {
  readonly key: CryptoKey
  readonly nonce: Bytes
  readonly associated: Bytes
}

/** The damage that a failed authentication stands for. */
export interface Damage {
  readonly code: Code
  readonly details: ErrorDetails
}

/** The parameters of WebCrypto for a sealing. */
export const aesGcm = ({ nonce, associated }: Sealing) => ({ name: "AES-GCM", iv: nonce, additionalData: associated })

/** Whether WebCrypto tells that the data did not fit the key, and not that the call was at fault. */
export function isMismatch(error: unknown): boolean {
  return (error as { readonly name?: unknown } | null)?.name === "OperationError"
}

/** The clear bytes, or the error of `damage`. */
export async function decrypt(
  crypto: HostCrypto,
  sealing: Sealing,
  stored: Uint8Array,
  damage: Damage,
): Promise<Uint8Array> {
  try {
    return new Uint8Array(await crypto.decrypt(aesGcm(sealing), sealing.key, stored as Bytes))
  } catch (cause) {
    if (!isMismatch(cause)) throw cause
    throw new FixpointError(damage.code, undefined, { details: damage.details, cause })
  }
}
