// The primitives that all of ours stands on, as each platform has them, against vectors of Project Wycheproof: what must pass, and
// what an implementation that checks too little lets pass.
import { describe, expect, test } from "vitest"
import { concatBytes, fromHex, toHex } from "../../packages/core/src/base/bytes.ts"
import type { HostCrypto } from "../../packages/core/src/base/host.ts"
import { aesGcm, decrypt } from "../../packages/core/src/crypto/decrypt.ts"
import { importRoot } from "../../packages/core/src/crypto/key-tree.ts"
import { isSignedBy } from "../../packages/core/src/crypto/signing.ts"
import json from "./primitives.json" with { type: "json" }

interface Vectors {
  readonly aesGcm: readonly (readonly [
    key: string,
    nonce: string,
    aad: string,
    plain: string,
    sealed: string,
    tag: string,
  ])[]
  readonly hkdf: readonly (readonly [input: string, salt: string, info: string, output: string])[]
  readonly ed25519: {
    readonly publicKey: string
    readonly valid: readonly (readonly [message: string, signature: string])[]
    readonly invalidMessage: string
    readonly invalidR: readonly string[]
    readonly invalidS: readonly string[]
  }
  readonly pbkdf2: readonly (readonly [password: string, salt: string, rounds: number, output: string])[]
}

const vectors = json as unknown as Vectors
const crypto = globalThis.crypto.subtle as HostCrypto
const damage = { code: "BLOCK_CORRUPT", details: {} } as const

describe.each(vectors.aesGcm.map((vector) => [vector[0], vector] as const))("AES-256-GCM under %s", (_, vector) => {
  const [key, nonce, aad, plain, sealed, tag] = vector
  const sealing = async () => ({
    key: await crypto.importKey("raw", fromHex(key), "AES-GCM", false, ["encrypt", "decrypt"]),
    nonce: fromHex(nonce),
    associated: fromHex(aad),
  })

  test("seals and opens", async () => {
    const own = await sealing()
    const made = await crypto.encrypt(aesGcm(own), own.key, fromHex(plain))
    expect(toHex(new Uint8Array(made))).toBe(sealed + tag)
    expect(toHex(await decrypt(crypto, own, fromHex(sealed + tag), damage))).toBe(plain)
  })

  test("refuses other tags, shorter ones and none", async () => {
    const own = await sealing()
    const right = fromHex(tag)
    const bits = [0, 1, 7, 8, 31, 32, 33, 63, 64, 71, 77, 80, 96, 97, 103, 120, 121, 126, 127]
    const wrong = [
      ...bits.map((bit) => right.with(bit >> 3, (right[bit >> 3] ?? 0) ^ (1 << (bit & 7)))),
      right.map((byte) => ~byte),
      new Uint8Array(16),
      new Uint8Array(16).fill(255),
      right.map((byte) => byte ^ 0x80),
      right.slice(0, 12),
      right.slice(0, 0),
    ]
    for (const other of wrong)
      await expect(decrypt(crypto, own, concatBytes(fromHex(sealed), other), damage)).rejects.toMatchObject({
        code: "BLOCK_CORRUPT",
      })
  })
})

test.each(vectors.hkdf)("HKDF-SHA-256 of %s", async (input, salt, info, output) => {
  const key = await importRoot(crypto, fromHex(input))
  const parameters = { name: "HKDF", hash: "SHA-256", salt: fromHex(salt), info: fromHex(info) }
  expect(toHex(new Uint8Array(await crypto.deriveBits(parameters, key, output.length * 4)))).toBe(output)
})

describe("Ed25519", () => {
  const { publicKey, valid, invalidMessage, invalidR, invalidS } = vectors.ed25519
  const isValid = (message: string, signature: Uint8Array<ArrayBuffer>) =>
    isSignedBy(crypto, fromHex(publicKey), fromHex(message), signature)
  /** The order of the group. */
  const order = 2n ** 252n + 27742317777372353535851937790883648493n

  test.each(valid)("of %s passes", async (message, signature) => {
    expect(await isValid(message, fromHex(signature))).toBe(true)
  })

  test("refuses edges of both halves", async () => {
    for (const r of invalidR)
      for (const s of invalidS) expect(await isValid(invalidMessage, fromHex(r + s))).toBe(false)
  })

  test("has one signature of a message and a key: none with S beyond the order, cut or made longer", async () => {
    for (const [message, signature] of valid) {
      const bytes = fromHex(signature)
      const s = bytes.subarray(32).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n)
      for (let times = 1n; s + times * order < 2n ** 256n; times++) {
        const beyond = Uint8Array.from({ length: 32 }, (_, i) => Number(((s + times * order) >> BigInt(8 * i)) & 255n))
        expect(await isValid(message, concatBytes(bytes.subarray(0, 32), beyond)), "S beyond the order").toBe(false)
      }
      for (const other of [
        bytes.slice(0, 63),
        bytes.slice(0, 32),
        bytes.slice(0, 0),
        concatBytes(bytes, new Uint8Array(1)),
      ])
        expect(await isValid(message, other), `a signature of ${other.length} bytes`).toBe(false)
      expect(await isValid(`${message}00`, bytes), "another message").toBe(false)
    }
  })
})

test.each(vectors.pbkdf2)("PBKDF2-HMAC-SHA-256 of %s", async (password, salt, iterations, output) => {
  const key = await crypto.importKey("raw", fromHex(password), "PBKDF2", false, ["deriveBits"])
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: fromHex(salt), iterations }
  expect(toHex(new Uint8Array(await crypto.deriveBits(parameters, key, output.length * 4)))).toBe(output)
})
