/**
 * Keys that somebody remembers. Owns: the passphrase slot and its stretching by PBKDF2-SHA-256.
 * Invariant: the work a stored slot may ask for is bounded on both sides before the passphrase is asked for, so that a
 * changed record can neither stall the engine nor make guessing cheap. Must not know other sources, nor keep a passphrase.
 */
import { type Bytes, utf8Encode } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { HostCrypto } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import {
  confirmRoot,
  findSlot,
  isBytes,
  type KeySlot,
  newWrappedRoot,
  readRecord,
  unwrapRoot,
  writeRecord,
} from "./key-record.ts"
import type { CreatedKeys, KeyContext, KeySource } from "./keys.ts"

/** Asks for the passphrase; undefined when nobody gives one. */
export type AskPassphrase = () => string | undefined | Promise<string | undefined>

/** What stretches a passphrase. */
interface Stretching {
  readonly rounds: number
  readonly salt: Uint8Array
}

const kind = "passphrase"
const kdf = "PBKDF2-SHA-256"
const saltBytes = 16
/** What the first version wrote. No record of ours has fewer. */
const roundsMin = 600_000

/** Keys under a passphrase, which is asked for at each opening. */
export function passphraseKeys(ask: AskPassphrase): KeySource {
  return {
    async create(context): Promise<CreatedKeys> {
      const { crypto } = context.host
      const stretching = { rounds: limits.kdfIterations, salt: context.host.random(saltBytes) }
      const { root, wrapped } = await newWrappedRoot(context, await stretch(crypto, await answerOf(ask), stretching))
      return { root, record: await writeRecord(context, root, [{ kind, kdf, ...stretching, wrapped }]) }
    },
    async open(stored: unknown, context: KeyContext): Promise<CryptoKey> {
      const { crypto } = context.host
      const record = await readRecord(stored, crypto)
      const slot = findSlot(record, kind)
      const stretching = stretchingOf(slot)
      const slotKey = await stretch(crypto, await answerOf(ask), stretching)
      return confirmRoot(record, await unwrapRoot(crypto, slot, slotKey), context)
    },
  }
}

/** What a stored slot asks for, within bounds. */
function stretchingOf({ kdf: name, rounds, salt }: KeySlot): Stretching {
  if (name !== kdf) throw new FixpointError("FORMAT_TOO_NEW", undefined, { details: { kdf: String(name) } })
  if (typeof rounds !== "number" || !Number.isSafeInteger(rounds) || rounds < roundsMin || !isBytes(salt, saltBytes))
    throw new FixpointError("KEYS_CORRUPT", "The passphrase slot is not of the form it must have.")
  const max = limits.kdfIterationsMax
  if (rounds > max) throw new FixpointError("LIMIT_KDF", undefined, { details: { rounds, max } })
  return { rounds, salt }
}

/** The passphrase, in the one form that all keyboards' ways to write it have. */
async function answerOf(ask: AskPassphrase): Promise<string> {
  const given = await asked(ask)
  if (given === undefined || given === "") throw new FixpointError("KEY_MISSING", "No passphrase was given.")
  if (typeof given !== "string") {
    throw new FixpointError("INVALID_ARGUMENT", "A passphrase is text.", { details: { path: "keys" } })
  }
  return given.normalize("NFKC")
}

async function asked(ask: AskPassphrase): Promise<string | undefined> {
  try {
    return await ask()
  } catch (cause) {
    throw new FixpointError("KEY_MISSING", "Asking for the passphrase failed.", { cause })
  }
}

/** The slot's key. */
async function stretch(crypto: HostCrypto, passphrase: string, { rounds, salt }: Stretching): Promise<CryptoKey> {
  const secret = await crypto.importKey("raw", utf8Encode(passphrase), "PBKDF2", false, ["deriveKey"])
  const algorithm = { name: "PBKDF2", hash: "SHA-256", iterations: rounds, salt: salt as Bytes }
  const uses: KeyUsage[] = ["wrapKey", "unwrapKey"]
  return crypto.deriveKey(algorithm, secret, { name: "AES-KW", length: 256 }, false, uses)
}
