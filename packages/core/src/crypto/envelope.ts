/**
 * The form of sealed control data: `"FXP1" suite kind salt nonce commitment ciphertext`. Owns: the header's bytes.
 * Invariant: a header is read whole or refused; only one that begins with the magic and a greater suite counts as newer.
 * Must not know keys.
 */
import { type Bytes, concatBytes, equalBytes, utf8Encode } from "../base/bytes.ts"
import type { Code } from "../base/codes.ts"
import { FixpointError } from "../base/errors.ts"

/** What an envelope holds. */
export type EnvelopeKind = "log" | "manifest" | "footer"

/** Each kind's byte, and the code of damage to one. */
const kinds: Readonly<Record<EnvelopeKind, { readonly byte: number; readonly code: Code }>> = {
  log: { byte: 1, code: "LOG_CORRUPT" },
  manifest: { byte: 2, code: "MANIFEST_CORRUPT" },
  footer: { byte: 3, code: "BLOCK_CORRUPT" },
}

/** AES-256-GCM under keys of HKDF-SHA-256. */
const suite = 1
const magic = utf8Encode("FXP1")

const saltAt = 6
const nonceAt = 22
const commitmentAt = 34

/** Bytes of a header. */
export const headerBytes = 50
/** Bytes of an envelope's salt. */
export const saltBytes = 16
/** Bytes of the key's commitment. */
export const commitmentBytes = 16

/** What a header says of the key and its use. */
export interface Header {
  readonly salt: Bytes
  readonly nonce: Bytes
  readonly commitment: Bytes
}

/** The code of damage to an envelope of a kind. */
export const damageOf = (kind: EnvelopeKind): Code => kinds[kind].code

/** The bytes of a header. */
export function writeHeader(kind: EnvelopeKind, { salt, nonce, commitment }: Header): Bytes {
  return concatBytes(magic, new Uint8Array([suite, kinds[kind].byte]), salt, nonce, commitment)
}

/** The header of an envelope of that kind; FORMAT_TOO_NEW for one of a later suite, the kind's code for anything else. */
export function readHeader(kind: EnvelopeKind, stored: Uint8Array, name: string): Header {
  const isOurs = stored.length >= headerBytes && equalBytes(stored.subarray(0, magic.length), magic)
  const [suiteFound = 0, kindFound] = stored.subarray(magic.length)
  if (isOurs && suiteFound > suite) throw new FixpointError("FORMAT_TOO_NEW", undefined, { details: { kind, name } })
  if (!isOurs || suiteFound !== suite || kindFound !== kinds[kind].byte)
    throw new FixpointError(damageOf(kind), undefined, { details: { kind, name, part: "header" } })
  return {
    salt: Uint8Array.from(stored.subarray(saltAt, nonceAt)),
    nonce: Uint8Array.from(stored.subarray(nonceAt, commitmentAt)),
    commitment: Uint8Array.from(stored.subarray(commitmentAt, headerBytes)),
  }
}
