import { expect, test } from "vitest"
import { concatBytes, toHex, utf8Encode } from "../base/bytes.ts"
import type { HostCrypto } from "../base/host.ts"
import { aesGcm } from "./decrypt.ts"
import { commitmentBytes, saltBytes, writeHeader } from "./envelope.ts"
import { deriveCipherKey, deriveCommitment, importRoot } from "./key-tree.ts"
import { createVault } from "./vault.ts"

const { subtle } = globalThis.crypto
const random = (byteCount: number) => globalThis.crypto.getRandomValues(new Uint8Array(byteCount))
const databaseId = "00112233445566778899aabbccddeeff"

type Call = keyof HostCrypto

/** WebCrypto that tells each of its calls. */
function watched(
  onCall: (name: Call, args: readonly unknown[]) => void,
  answers: Partial<HostCrypto> = {},
): HostCrypto {
  const target = { ...answers } as HostCrypto
  return new Proxy(target, {
    get:
      (_, name: Call) =>
      (...args: never[]) => {
        onCall(name, args)
        const call = answers[name] ?? subtle[name]
        return (call as (...given: never[]) => unknown).apply(subtle, args)
      },
  })
}

const vaultOver = async (crypto: HostCrypto) =>
  createVault({ root: await importRoot(crypto, random(32)), databaseId, host: { crypto, random } })

test("more sealings than sixteen bits count have a nonce each", async () => {
  const nonces = new Set<string>()
  const crypto = watched(
    (name, [algorithm]) => {
      if (name === "encrypt") nonces.add(toHex((algorithm as { readonly iv: Uint8Array }).iv))
    },
    { encrypt: async () => new ArrayBuffer(0) },
  )
  const vault = await vaultOver(crypto)
  for (let batch = 0; batch < 70; batch++)
    await Promise.all(Array.from({ length: 1000 }, () => vault.seal("log", "1", new Uint8Array(0))))
  expect(nonces.size).toBe(70_000)
})

test("a block costs one call of WebCrypto, and a segment one more", async () => {
  const calls: Call[] = []
  const vault = await vaultOver(watched((name) => calls.push(name)))
  const { salt } = vault.newSegment()
  calls.length = 0
  const stored = await (await vault.segment(salt)).encrypt(0, random(100))
  await (await vault.segment(salt)).encrypt(1, random(100))
  await (await vault.segment(salt)).decrypt(0, stored)
  expect(calls).toEqual(["deriveKey", "encrypt", "encrypt", "decrypt"])
})

test("an envelope costs one call, once its engine's key is known", async () => {
  const calls: Call[] = []
  const vault = await vaultOver(watched((name) => calls.push(name)))
  const stored = await vault.seal("log", "1", random(100))
  calls.length = 0
  await vault.seal("log", "2", random(100))
  await vault.open("log", "1", stored)
  expect(calls).toEqual(["encrypt", "decrypt"])
})

test("an envelope is of the key that it commits to, and not of any that opens it", async () => {
  const crypto = subtle as HostCrypto
  const root = await importRoot(crypto, random(32))
  const vault = await createVault({ root, databaseId, host: { crypto, random } })
  const tree = { crypto, root, databaseId }
  const salt = random(saltBytes)
  const key = await deriveCipherKey(tree, "log", salt)
  const committed = await deriveCommitment(tree, "log", salt, commitmentBytes)
  /** What only a holder of the root can seal: everything fits but, at times, the commitment. */
  const sealed = async (commitment: typeof committed): Promise<Uint8Array> => {
    const nonce = random(12)
    const header = writeHeader("log", { salt, nonce, commitment })
    const associated = concatBytes(header, utf8Encode(`${databaseId}/1`))
    const body = await crypto.encrypt(aesGcm({ key, nonce, associated }), key, random(10))
    return concatBytes(header, new Uint8Array(body))
  }
  expect(await vault.open("log", "1", await sealed(committed))).toHaveLength(10)
  for (let bit = 0; bit < commitmentBytes * 8; bit++) {
    const other = committed.slice()
    other[bit >> 3]! ^= 1 << (bit & 7)
    const opening = vault.open("log", "1", await sealed(other))
    await expect(opening).rejects.toMatchObject({ code: "LOG_CORRUPT", details: { part: "commitment" } })
  }
})

test("a failure of the platform is not taken for damage", async () => {
  const failing = watched(() => {}, { decrypt: () => Promise.reject(new DOMException("gone", "InvalidStateError")) })
  const vault = await vaultOver(failing)
  const stored = await vault.seal("log", "1", random(10))
  await expect(vault.open("log", "1", stored)).rejects.toThrow("gone")
})

test("a derivation that failed is tried again", async () => {
  let failures = 1
  const flaky = watched((name) => {
    if (name === "deriveKey" && failures-- > 0) throw new DOMException("busy", "OperationError")
  })
  const vault = await vaultOver(flaky)
  await expect(vault.seal("log", "1", random(10))).rejects.toThrow("busy")
  const stored = await vault.seal("log", "1", random(10))
  expect(await vault.open("log", "1", stored)).toHaveLength(10)
})
