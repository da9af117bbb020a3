import { CID } from "multiformats/cid"
import { create } from "multiformats/hashes/digest"
import { expect, test } from "vitest"
import { toHex, utf8Encode } from "../base/bytes.ts"
import type { HostCrypto } from "../base/host.ts"
import { cidOf, digestOf } from "./cid.ts"

const crypto = globalThis.crypto.subtle as HostCrypto

test("the digest is SHA-256", async () => {
  expect(toHex(await digestOf(crypto, utf8Encode("abc")))).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  )
})

test("the CID is that of other implementations", async () => {
  expect(await cidOf(crypto, utf8Encode("hello world"), "raw")).toBe(
    "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
  )
  expect(await cidOf(crypto, new Uint8Array([0xa0]), "dag-cbor")).toBe(
    "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua",
  )
})

test("the text is that of multiformats, for any bytes", async () => {
  for (let length = 0; length < 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) % 256)
    const digest = create(0x12, await digestOf(crypto, bytes))
    expect(await cidOf(crypto, bytes, "raw")).toBe(CID.createV1(0x55, digest).toString())
    expect(await cidOf(crypto, bytes, "dag-cbor")).toBe(CID.createV1(0x71, digest).toString())
  }
})
