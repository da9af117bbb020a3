/**
 * The keys of a space: what the devices of one database share in a bucket. Owns: how its name and keys come from the root.
 * Invariant: a space is the root and the database's name; keys of different purposes, epochs and salts tell nothing of each
 * other, and what is sealed under one epoch cannot be read by who has another.
 * Must not know objects.
 */
import { type Bytes, toBase32Hex, utf8Encode } from "../base/bytes.ts"
import type { HostCrypto } from "../base/host.ts"
import { importRoot, noSalt } from "./key-tree.ts"

/** What one object is sealed with. */
export interface ObjectKeys {
  readonly header: CryptoKey
  readonly block: CryptoKey
  /** Says which key it is. */
  readonly commitment: Bytes
  /** Of a place: says for which name the object was sealed. */
  place(name: string): Promise<Bytes>
}

/** The name and the keys of one space. */
export interface SpaceKeys {
  /** 16 characters of base32hex: the folder of the space. */
  readonly name: string
  /** The keys of an object by epoch and salt; undefined for an epoch that is not known. */
  objectKeys(epoch: number, salt: Bytes): Promise<ObjectKeys | undefined>
  /** The newest epoch known. */
  readonly epoch: number
  /** Adds an epoch that the control log has told of. */
  addEpoch(epoch: number, secret: Bytes): Promise<void>
}

/** Control entries and doorbells: readable in every epoch. */
export const controlEpoch = 0
const firstEpoch = 1
const nameBytes = 10
const commitmentBytes = 16
const placeBytes = 8

/** The space of a database's name under a root. */
export async function createSpaceKeys(crypto: HostCrypto, root: CryptoKey, database: string): Promise<SpaceKeys> {
  const bits = async (purpose: string, byteCount: number): Promise<Bytes> =>
    new Uint8Array(await crypto.deriveBits(hkdf(`space/${purpose}/${database}`, noSalt), root, byteCount * 8))
  const name = toBase32Hex(await bits("name", nameBytes))
  const epochs = new Map<number, CryptoKey>([
    [controlEpoch, await importRoot(crypto, await bits("control", 32))],
    [firstEpoch, await importRoot(crypto, await bits("epoch", 32))],
  ])
  return {
    name,
    get epoch() {
      return Math.max(...epochs.keys())
    },
    async addEpoch(epoch, secret) {
      epochs.set(epoch, await importRoot(crypto, secret))
    },
    async objectKeys(epoch, salt) {
      const key = epochs.get(epoch)
      return key && deriveObjectKeys(crypto, key, salt)
    },
  }
}

async function deriveObjectKeys(crypto: HostCrypto, epochKey: CryptoKey, salt: Bytes): Promise<ObjectKeys> {
  const derive = async (purpose: string, byteCount: number): Promise<Bytes> =>
    new Uint8Array(await crypto.deriveBits(hkdf(`object/${purpose}`, salt), epochKey, byteCount * 8))
  const cipher = (purpose: string): Promise<CryptoKey> =>
    crypto.deriveKey(hkdf(`object/${purpose}`, salt), epochKey, { name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ])
  const [header, block, commitment] = await Promise.all([
    cipher("header"),
    cipher("block"),
    derive("commitment", commitmentBytes),
  ])
  return { header, block, commitment, place: (name) => derive(`place/${name}`, placeBytes) }
}

const hkdf = (info: string, salt: Bytes) => ({
  name: "HKDF",
  hash: "SHA-256",
  salt,
  info: utf8Encode(`fixpoint/1/${info}`),
})
