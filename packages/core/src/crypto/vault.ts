/**
 * Seals and opens all that a database stores. Owns: which key and nonce a sealing gets.
 * Invariant: a key and a nonce meet once. Each vault seals under salts of its own, drawn at random when it is made, and
 * counts its nonces; so no counter is stored, and engines that seal at the same time need not agree.
 * What is opened was sealed by a holder of the root, for this database, kind and name.
 * Must not know what is sealed, nor the store.
 */
import { type Bytes, concatBytes, equalBytes, utf8Encode } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import { aesGcm, decrypt } from "./decrypt.ts"
import {
  commitmentBytes,
  damageOf,
  type EnvelopeKind,
  headerBytes,
  readHeader,
  saltBytes,
  writeHeader,
} from "./envelope.ts"
import { KeyCache, nameOf } from "./key-cache.ts"
import { deriveCipherKey, deriveCommitment, type KeyTree } from "./key-tree.ts"
import { createSegmentCipher, type SegmentCipher, segmentSaltBytes } from "./segment-cipher.ts"

/** Seals and opens. `name` is the place of the bytes: they open nowhere else. */
export interface Vault {
  seal(kind: EnvelopeKind, name: string, plain: Uint8Array): Promise<Uint8Array>
  /** The clear bytes; LOG_CORRUPT, MANIFEST_CORRUPT or BLOCK_CORRUPT when they are not what was sealed there. */
  open(kind: EnvelopeKind, name: string, stored: Uint8Array): Promise<Uint8Array>
  /** What makes a new segment's key its own. */
  newSegment(): { readonly salt: Uint8Array }
  /** The cipher of a segment by its salt. */
  segment(salt: Uint8Array): Promise<SegmentCipher>
}

/** What a vault is made of. */
export interface VaultParts {
  readonly root: CryptoKey
  readonly databaseId: string
  readonly host: Pick<Host, "crypto" | "random">
}

/** The key of envelopes that share a kind and a salt, and its commitment. */
interface EnvelopeKey {
  readonly key: CryptoKey
  readonly commitment: Bytes
}

/** The salt of this vault's envelopes of a kind, and how many it has sealed. */
interface Sealer {
  readonly salt: Bytes
  sealed: number
}

const nonceBytes = 12
/** Each engine that ever wrote the log has a key there. */
const envelopeKeysMax = 128
const segmentKeysMax = 256

class RootVault implements Vault {
  readonly #tree: KeyTree
  readonly #host: VaultParts["host"]
  readonly #sealers: Readonly<Record<EnvelopeKind, Sealer>>
  readonly #envelopeKeys = new KeyCache<EnvelopeKey>(envelopeKeysMax)
  readonly #segments = new KeyCache<SegmentCipher>(segmentKeysMax)

  constructor({ root, databaseId, host }: VaultParts) {
    this.#tree = { crypto: host.crypto, root, databaseId }
    this.#host = host
    const sealer = (): Sealer => ({ salt: host.random(saltBytes) as Bytes, sealed: 0 })
    this.#sealers = { log: sealer(), manifest: sealer(), footer: sealer() }
  }

  async seal(kind: EnvelopeKind, name: string, plain: Uint8Array): Promise<Uint8Array> {
    const sealer = this.#sealers[kind]
    // The nonce is taken before the first await: calls that overlap get different ones.
    const nonce = nonceOf(sealer.sealed++)
    const { key, commitment } = await this.#envelopeKey(kind, sealer.salt)
    const header = writeHeader(kind, { salt: sealer.salt, nonce, commitment })
    const sealing = { key, nonce, associated: this.#associated(header, name) }
    const ciphertext = await this.#tree.crypto.encrypt(aesGcm(sealing), key, plain as Bytes)
    return concatBytes(header, new Uint8Array(ciphertext))
  }

  async open(kind: EnvelopeKind, name: string, stored: Uint8Array): Promise<Uint8Array> {
    const { salt, nonce, commitment } = readHeader(kind, stored, name)
    const known = await this.#envelopeKey(kind, salt)
    const code = damageOf(kind)
    if (!equalBytes(known.commitment, commitment))
      throw new FixpointError(code, undefined, { details: { kind, name, part: "commitment" } })
    const sealing = { key: known.key, nonce, associated: this.#associated(stored.subarray(0, headerBytes), name) }
    const details = { kind, name, part: "body" }
    return decrypt(this.#tree.crypto, sealing, stored.subarray(headerBytes), { code, details })
  }

  newSegment(): { readonly salt: Uint8Array } {
    return { salt: this.#host.random(segmentSaltBytes) }
  }

  segment(salt: Uint8Array): Promise<SegmentCipher> {
    return this.#segments.get(nameOf(salt), () => createSegmentCipher(this.#tree, salt))
  }

  #envelopeKey(kind: EnvelopeKind, salt: Bytes): Promise<EnvelopeKey> {
    return this.#envelopeKeys.get(kind + nameOf(salt), async () => {
      const [key, commitment] = await Promise.all([
        deriveCipherKey(this.#tree, kind, salt),
        deriveCommitment(this.#tree, kind, salt, commitmentBytes),
      ])
      return { key, commitment }
    })
  }

  #associated(header: Uint8Array, name: string): Bytes {
    return concatBytes(header, utf8Encode(`${this.#tree.databaseId}/${name}`))
  }
}

/** A count as a nonce. */
function nonceOf(count: number): Bytes {
  const nonce = new Uint8Array(nonceBytes)
  new DataView(nonce.buffer).setBigUint64(nonceBytes - 8, BigInt(count))
  return nonce
}

/** The vault of a database. */
export async function createVault(parts: VaultParts): Promise<Vault> {
  return new RootVault(parts)
}
