import { describe, expect, test } from "vitest"
import { fromHex, toHex, utf8Decode, utf8Encode } from "../base/bytes.ts"
import type { Code } from "../base/codes.ts"
import { isFixpointError } from "../base/errors.ts"
import type { HostCrypto } from "../base/host.ts"
import { type EnvelopeKind, headerBytes } from "./envelope.ts"
import { importRoot } from "./key-tree.ts"
import { createVault, type Vault } from "./vault.ts"

const { subtle } = globalThis.crypto
const random = (byteCount: number) => globalThis.crypto.getRandomValues(new Uint8Array(byteCount))
const host = { crypto: subtle as HostCrypto, random }
const databaseId = "00112233445566778899aabbccddeeff"
const secret = fromHex("07".repeat(32))
const plain = utf8Encode("what nobody else may read")

const vaultOf = async (parts: { secret?: Uint8Array<ArrayBuffer>; databaseId?: string } = {}): Promise<Vault> =>
  createVault({ host, databaseId, ...parts, root: await importRoot(host.crypto, parts.secret ?? secret) })

/** The code that the call fails with; what it gives instead, as text, when it does not fail. */
async function codeOf(call: Promise<Uint8Array>): Promise<string> {
  try {
    return `gave ${utf8Decode(await call)}`
  } catch (error) {
    return isFixpointError(error) ? error.code : String(error)
  }
}

/** Every array that differs from the given one by one bit, with the place of that bit. */
function* flipsOf(bytes: Uint8Array): Generator<readonly [at: number, flipped: Uint8Array]> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice()
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    yield [bit >> 3, flipped]
  }
}

const kinds: readonly (readonly [EnvelopeKind, Code])[] = [
  ["log", "LOG_CORRUPT"],
  ["manifest", "MANIFEST_CORRUPT"],
  ["footer", "BLOCK_CORRUPT"],
]

describe.each(kinds)("an envelope of kind %s", (kind, damaged) => {
  test("opens in its place, in every vault of its root", async () => {
    const stored = await (await vaultOf()).seal(kind, "12", plain)
    expect(await (await vaultOf()).open(kind, "12", stored)).toEqual(plain)
    expect(stored.length).toBe(headerBytes + plain.length + 16)
    expect(toHex(stored)).not.toContain(toHex(plain))
  })

  test("opens in no other place, database or kind, and under no other root", async () => {
    const vault = await vaultOf()
    const stored = await vault.seal(kind, "12", plain)
    expect(await codeOf(vault.open(kind, "13", stored))).toBe(damaged)
    expect(await codeOf((await vaultOf({ databaseId: "f".repeat(32) })).open(kind, "12", stored))).toBe(damaged)
    expect(await codeOf((await vaultOf({ secret: random(32) })).open(kind, "12", stored))).toBe(damaged)
    for (const [i, [other, code]] of kinds.entries()) {
      if (other === kind) continue
      expect(await codeOf(vault.open(other, "12", stored))).toBe(code)
      const relabelled = stored.slice()
      relabelled[5] = i + 1
      expect(await codeOf(vault.open(other, "12", relabelled))).toBe(code)
    }
  })

  test("a flipped bit anywhere is found", async () => {
    const vault = await vaultOf()
    const stored = await vault.seal(kind, "12", plain)
    for (const [at, flipped] of flipsOf(stored)) {
      const isNewer = at === 4 && flipped[at]! > 1
      expect([at, await codeOf(vault.open(kind, "12", flipped))]).toEqual([at, isNewer ? "FORMAT_TOO_NEW" : damaged])
    }
  })

  test("a finding names the part that is damaged: a wrong root is no damage of the body", async () => {
    const vault = await vaultOf()
    const stored = await vault.seal(kind, "12", plain)
    const flippedAt = (at: number) => stored.map((byte, i) => (i === at ? byte ^ 1 : byte))
    const found = (part: string) => ({ code: damaged, details: { kind, name: "12", part } })
    await expect(vault.open(kind, "12", flippedAt(0))).rejects.toMatchObject(found("header"))
    await expect(vault.open(kind, "12", flippedAt(6))).rejects.toMatchObject(found("commitment"))
    await expect(vault.open(kind, "12", flippedAt(22))).rejects.toMatchObject(found("body"))
    await expect(vault.open(kind, "12", flippedAt(34))).rejects.toMatchObject(found("commitment"))
    await expect(vault.open(kind, "12", flippedAt(headerBytes))).rejects.toMatchObject(found("body"))
    const other = await vaultOf({ secret: random(32) })
    await expect(other.open(kind, "12", stored)).rejects.toMatchObject(found("commitment"))
    for (const [i, [relabel]] of kinds.entries()) {
      if (relabel === kind) continue
      await expect(vault.open(relabel, "12", stored)).rejects.toMatchObject({ details: { part: "header" } })
      // The key of the kind that it was sealed under is known by now, and must not be taken for that of the other one.
      const relabelled = stored.map((byte, at) => (at === 5 ? i + 1 : byte))
      await expect(vault.open(relabel, "12", relabelled)).rejects.toMatchObject({ details: { part: "commitment" } })
    }
  })

  test("one of the next suite is newer, one of no suite is damaged", async () => {
    const vault = await vaultOf()
    const stored = await vault.seal(kind, "12", plain)
    const ofSuite = (suite: number) => stored.map((byte, at) => (at === 4 ? suite : byte))
    expect(await codeOf(vault.open(kind, "12", ofSuite(2)))).toBe("FORMAT_TOO_NEW")
    expect(await codeOf(vault.open(kind, "12", ofSuite(0)))).toBe(damaged)
  })

  test("a part or more than the whole is found", async () => {
    const vault = await vaultOf()
    const stored = await vault.seal(kind, "12", plain)
    for (let length = 0; length < stored.length; length++)
      expect(await codeOf(vault.open(kind, "12", stored.subarray(0, length)))).toBe(damaged)
    expect(await codeOf(vault.open(kind, "12", new Uint8Array([...stored, 0])))).toBe(damaged)
  })
})

test("no sealing shares key and nonce with another, in one vault or in two", async () => {
  const vaults = [await vaultOf(), await vaultOf()]
  const seals = vaults.flatMap((vault) =>
    kinds.flatMap(([kind]) => Array.from({ length: 200 }, () => vault.seal(kind, "1", plain))),
  )
  const uses = (await Promise.all(seals)).map((stored) => toHex(stored.subarray(5, 34)))
  expect(new Set(uses).size).toBe(1200)
})

describe("a segment's cipher", () => {
  test("opens a block in its place, in every vault of its root", async () => {
    const { salt } = (await vaultOf()).newSegment()
    const stored = await (await (await vaultOf()).segment(salt)).encrypt(7, plain)
    expect(await (await (await vaultOf()).segment(salt)).decrypt(7, stored)).toEqual(plain)
    expect(stored.length).toBe(plain.length + 16)
  })

  test("opens it at no other index, in no other segment or database, and under no other root", async () => {
    const vault = await vaultOf()
    const { salt } = vault.newSegment()
    const stored = await (await vault.segment(salt)).encrypt(7, plain)
    const vaults = [await vaultOf({ databaseId: "f".repeat(32) }), await vaultOf({ secret: random(32) })]
    const ciphers = await Promise.all([
      vault.segment(vault.newSegment().salt),
      ...vaults.map((one) => one.segment(salt)),
    ])
    expect(await codeOf((await vault.segment(salt)).decrypt(8, stored))).toBe("BLOCK_CORRUPT")
    for (const cipher of ciphers) expect(await codeOf(cipher.decrypt(7, stored))).toBe("BLOCK_CORRUPT")
  })

  test("a flipped bit anywhere, or a part, is found", async () => {
    const vault = await vaultOf()
    const cipher = await vault.segment(vault.newSegment().salt)
    const stored = await cipher.encrypt(0, plain)
    for (const [at, flipped] of flipsOf(stored))
      expect([at, await codeOf(cipher.decrypt(0, flipped))]).toEqual([at, "BLOCK_CORRUPT"])
    for (let length = 0; length < stored.length; length++)
      expect(await codeOf(cipher.decrypt(0, stored.subarray(0, length)))).toBe("BLOCK_CORRUPT")
  })

  test("new segments have salts of their own", async () => {
    const vault = await vaultOf()
    const salts = Array.from({ length: 100 }, () => toHex(vault.newSegment().salt))
    expect(new Set(salts).size).toBe(100)
    expect(salts[0]).toHaveLength(64)
  })
})
