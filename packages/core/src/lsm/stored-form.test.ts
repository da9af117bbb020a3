// Control data that was sealed by a holder of the key, and has no form of ours: the code of its damage, never an error without one.
import { expect, test } from "vitest"
import type { HostCrypto } from "../base/host.ts"
import { encodeCbor } from "../codec/cbor.ts"
import { importRoot } from "../crypto/key-tree.ts"
import { createVault, type Vault } from "../crypto/vault.ts"
import { openManifest, type SegmentMeta } from "./manifest.ts"
import { partitionBase } from "./segment-format.ts"
import { openBlock, openPartition } from "./segment-open.ts"

const crypto = globalThis.crypto.subtle as HostCrypto
const host = { crypto, random: (byteCount: number) => new Uint8Array(byteCount) }
const newVault = async (): Promise<Vault> =>
  createVault({ host, databaseId: "00".repeat(16), root: await importRoot(crypto, new Uint8Array(32)) })
const refuses = { deflate: async (bytes: Uint8Array) => bytes, inflate: () => Promise.reject(new Error("no DEFLATE")) }
const segment = { id: 1, salt: new Uint8Array(32), blocks: 1 } as SegmentMeta

const whole = { v: 1, version: 5, seq: 1, sweeps: 0, note: null, segments: [], retired: [] }

test.each([
  ["without segments", { ...whole, segments: undefined }],
  ["with segments that are no list", { ...whole, segments: { length: 1 } }],
  ["with a segment that is null", { ...whole, segments: [null] }],
  ["without what was retired", { ...whole, retired: null }],
  ["of another version", { ...whole, version: 4 }],
  ["that is null", null],
])("a manifest %s is MANIFEST_CORRUPT", async (_, value) => {
  const vault = await newVault()
  const bytes = await vault.seal("manifest", "5", encodeCbor(value))
  await expect(openManifest(vault, { version: 5, bytes })).rejects.toMatchObject({ code: "MANIFEST_CORRUPT" })
})

test("a manifest of its form is read", async () => {
  const vault = await newVault()
  const bytes = await vault.seal("manifest", "5", encodeCbor(whole))
  expect(await openManifest(vault, { version: 5, bytes })).toMatchObject({ seq: 1 })
})

test("a partition without a filter and a block that is no DEFLATE are BLOCK_CORRUPT", async () => {
  const vault = await newVault()
  const cipher = await vault.segment(segment.salt)
  const partition = await cipher.encrypt(partitionBase, encodeCbor({ keys: ["a"], digests: new Uint8Array(32) }))
  const block = await cipher.encrypt(0, Uint8Array.of(1, 2, 3))
  const opener = { vault, compression: refuses }
  await expect(openPartition(opener, segment, 0, partition)).rejects.toMatchObject({ code: "BLOCK_CORRUPT" })
  await expect(openBlock(opener, segment, 0, block)).rejects.toMatchObject({ code: "BLOCK_CORRUPT" })
})
