import { describe, expect, test } from "vitest"
import type { HostCrypto } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import { decodeCbor, encodeCbor } from "../codec/cbor.ts"
import { digestOf } from "../codec/cid.ts"
import { deviceKeys } from "./device-keys.ts"
import type { KeyContext } from "./keys.ts"
import { passphraseKeys } from "./passphrase-keys.ts"
import { rawKeys } from "./raw-keys.ts"

const { subtle } = globalThis.crypto
const random = (byteCount: number) => globalThis.crypto.getRandomValues(new Uint8Array(byteCount))
const crypto = subtle as HostCrypto
const context: KeyContext = { databaseId: "0".repeat(32), host: { crypto, random }, storesKeys: true }
const secret = random(32)

interface Plain {
  readonly body: Uint8Array
  readonly checksum: Uint8Array
}

const recordOf = async () => (await deviceKeys().create(context)).record as Plain
const open = (record: unknown) => deviceKeys().open(record, context)

/** The record with another body, as somebody who can write to the store would leave it. */
async function forged(record: Plain, body: Record<string, unknown>): Promise<Plain> {
  const bytes = encodeCbor({ ...(decodeCbor(record.body) as object), ...body })
  return { ...record, body: bytes, checksum: await digestOf(crypto, bytes) }
}

test("a flipped bit anywhere is found", async () => {
  const record = await recordOf()
  for (const part of ["body", "checksum"] as const)
    for (let bit = 0; bit < record[part].length * 8; bit++) {
      const flipped = record[part].slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      await expect(open({ ...record, [part]: flipped })).rejects.toMatchObject({ code: "KEYS_CORRUPT" })
    }
})

test("a part of a record is found", async () => {
  const record = await recordOf()
  for (const broken of [
    undefined,
    null,
    5,
    "keys",
    [],
    {},
    { ...record, body: undefined },
    { ...record, checksum: undefined },
    { ...record, checksum: record.checksum.subarray(1) },
    { ...record, body: [...record.body] },
    { ...record, body: record.body.subarray(1) },
    { ...record, body: new Uint8Array(65 * 1024) },
  ])
    await expect(open(broken)).rejects.toMatchObject({ code: "KEYS_CORRUPT" })
})

describe("a forged body", () => {
  const slot = { kind: "device", wrapped: new Uint8Array(40) }
  test.each([
    ["KEYS_CORRUPT", { v: 0 }],
    ["KEYS_CORRUPT", { v: "1" }],
    ["FORMAT_TOO_NEW", { v: 2 }],
    ["KEYS_CORRUPT", { check: new Uint8Array(31) }],
    ["KEY_WRONG", { check: new Uint8Array(32) }],
    ["KEYS_CORRUPT", { check: "x" }],
    ["KEYS_CORRUPT", { slots: {} }],
    ["KEYS_CORRUPT", { slots: [null] }],
    ["KEYS_CORRUPT", { slots: [{ kind: "device" }] }],
    ["KEYS_CORRUPT", { slots: [{ ...slot, kind: 1 }] }],
    ["KEYS_CORRUPT", { slots: Array.from({ length: 65 }, () => slot) }],
    ["KEY_MISSING", { slots: [] }],
    ["KEY_MISSING", { slots: [{ ...slot, kind: "passkey" }] }],
    ["KEY_WRONG", { slots: [slot] }],
    ["KEY_WRONG", { slots: [{ ...slot, wrapped: new Uint8Array(0) }] }],
    ["KEY_WRONG", { slots: [{ ...slot, wrapped: new Uint8Array(39) }] }],
  ])("gives %s for %o", async (code, body) => {
    await expect(open(await forged(await recordOf(), body))).rejects.toMatchObject({ code })
  })

  test("that is no canonical dag-cbor is damage", async () => {
    for (const body of [new Uint8Array(0), new Uint8Array([0x18, 0x01]), new Uint8Array([0xa1]), encodeCbor(null)]) {
      const record = { ...(await recordOf()), body, checksum: await digestOf(crypto, body) }
      await expect(open(record)).rejects.toMatchObject({ code: "KEYS_CORRUPT" })
    }
  })
})

describe("a passphrase slot", () => {
  test.each([
    ["KEYS_CORRUPT", { rounds: limits.kdfIterations - 1 }],
    ["KEYS_CORRUPT", { rounds: 0 }],
    ["KEYS_CORRUPT", { rounds: -1 }],
    ["KEYS_CORRUPT", { rounds: "600000" }],
    ["KEYS_CORRUPT", { rounds: 600_000.5 }],
    ["LIMIT_KDF", { rounds: limits.kdfIterationsMax + 1 }],
    ["LIMIT_KDF", { rounds: Number.MAX_SAFE_INTEGER }],
    ["KEYS_CORRUPT", { salt: new Uint8Array(15) }],
    ["KEYS_CORRUPT", { salt: "salt" }],
    ["FORMAT_TOO_NEW", { kdf: "argon2id" }],
  ])("gives %s for %o, before anybody is asked", async (code, fields) => {
    const slot = { kind: "passphrase", kdf: "PBKDF2-SHA-256", rounds: 600_000, salt: random(16), wrapped: random(40) }
    const { record } = await rawKeys(secret).create(context)
    const changed = await forged(record as Plain, { slots: [{ ...slot, ...fields }] })
    let isAsked = false
    const source = passphraseKeys(() => {
      isAsked = true
      return "x"
    })
    await expect(source.open(changed, context)).rejects.toMatchObject({ code })
    expect(isAsked).toBe(false)
  })
})

test("a record holds no secret", async () => {
  const { record } = await rawKeys(secret).create(context)
  const stored = Object.values(record as Plain).map((bytes) => String(bytes))
  expect(stored.join()).not.toContain(String(secret))
  expect(Object.keys(record as Plain)).toEqual(["body", "checksum"])
})
