// Objects that are sealed as ours are, and are none that we would write: only a holder of the keys can make them.
import { beforeAll, describe, expect, test } from "vitest"
import { type Bytes, concatBytes } from "../base/bytes.ts"
import type { HostCrypto } from "../base/host.ts"
import { importRoot } from "../crypto/key-tree.ts"
import { createSigner, publicKeyBytes, secretBytes, signatureBytes, type Signer } from "../crypto/signing.ts"
import { createSpaceKeys } from "../crypto/space-keys.ts"
import { type ObjectKind, objectSaltBytes, openObject, sealObject, type SealParts } from "./sealed-object.ts"

const crypto = globalThis.crypto.subtle as HostCrypto
const salt: Bytes = new Uint8Array(objectSaltBytes)

let parts: SealParts
let signer: Signer
beforeAll(async () => {
  const root = await importRoot(crypto, new Uint8Array(32).fill(7))
  parts = { crypto, keys: await createSpaceKeys(crypto, root, "notes") }
  signer = await createSigner(crypto, new Uint8Array(secretBytes).fill(3))
})

const sealed = (kind: ObjectKind, header: object, by?: Signer, epoch = parts.keys.epoch) =>
  sealObject(parts, { kind, name: "x", epoch, salt, ...(by && { signer: by }) }, { header: { ...header }, blocks: [] })
const opened = (kind: ObjectKind, bytes: Uint8Array) => openObject(parts, kind, "x", bytes)

test("an object comes back with its signer, where its kind has one", async () => {
  expect(await opened("doorbell", await sealed("doorbell", { a: 1 }))).toMatchObject({ header: { a: 1 }, blocks: [] })
  expect(await opened("base", await sealed("base", { a: 1 }, signer))).toMatchObject({ signer: signer.actor })
})

test("nothing is sealed for an epoch whose key is not here", async () => {
  await expect(sealed("doorbell", {}, undefined, 9)).rejects.toMatchObject({ code: "KEY_MISSING" })
})

describe("is refused", () => {
  test.each([
    ["lengths that are no list", { b: 5 }, "lengths"],
    ["a length that is no number", { b: ["5"] }, "lengths"],
    ["a length below that of a tag", { b: [3] }, "lengths"],
    ["a length beyond the end", { b: [500] }, "lengths"],
  ])("%s", async (_, header, part) => {
    await expect(opened("doorbell", await sealed("doorbell", header))).rejects.toMatchObject({
      code: "BLOCK_CORRUPT",
      details: { part },
    })
  })

  test("bytes behind the last block", async () => {
    const bytes = concatBytes(await sealed("doorbell", {}), new Uint8Array(5))
    await expect(opened("doorbell", bytes)).rejects.toMatchObject({
      code: "BLOCK_CORRUPT",
      details: { part: "lengths" },
    })
  })

  test.each([
    ["no key of a signer", {}],
    ["one that is text", { k: "key" }],
    ["one that is too short", { k: new Uint8Array(publicKeyBytes - 1) }],
  ])("%s", async (_, header) => {
    const bytes = concatBytes(await sealed("base", header), new Uint8Array(signatureBytes))
    await expect(opened("base", bytes)).rejects.toMatchObject({ code: "ACTOR_MISMATCH", details: { part: "key" } })
  })

  test("a signature that is another one's", async () => {
    const other = await createSigner(crypto, new Uint8Array(secretBytes).fill(4))
    const bytes = await sealed("base", {}, { ...signer, publicKey: other.publicKey })
    await expect(opened("base", bytes)).rejects.toMatchObject({ code: "BLOCK_CORRUPT", details: { part: "signature" } })
  })
})
