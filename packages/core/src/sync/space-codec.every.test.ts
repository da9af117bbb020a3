// Objects of a space: what goes in comes out, in its own place, and nothing else does.
import { beforeAll, describe, expect, test } from "vitest"
import { streamCompression } from "../../../testkit/src/compression.ts"
import { createDice } from "../../../testkit/src/dice.ts"
import { type Bytes, fromHex, toHex, utf8Encode } from "../base/bytes.ts"
import { isFixpointError } from "../base/errors.ts"
import type { HostCrypto } from "../base/host.ts"
import { encodeCbor } from "../codec/cbor.ts"
import { rowKey } from "../codec/key.ts"
import { importRoot } from "../crypto/key-tree.ts"
import { createSpaceKeys } from "../crypto/space-keys.ts"
import { controlName, packName } from "./names.ts"
import { noHash, type ObjectCodec, type Pack } from "./objects.ts"
import type { Incarnation } from "./replica.ts"
import { createSpaceCodec } from "./space-codec.ts"

const crypto = globalThis.crypto.subtle as HostCrypto

async function newCodec({ database = "notes", seed = 1, secret = 7 } = {}): Promise<ObjectCodec> {
  const dice = createDice(seed)
  const host = { crypto, compression: streamCompression, random: (byteCount: number) => dice.bytes(byteCount) }
  const root = await importRoot(crypto, new Uint8Array(32).fill(secret))
  return createSpaceCodec({ host, keys: await createSpaceKeys(crypto, root, database) })
}

const marker = "MARKER-0123456789"
const row = (text: string, hlc = 5): string => `${text}\t${JSON.stringify([hlc, 0])}`

let codec: ObjectCodec
let author: Incarnation
let other: Incarnation
beforeAll(async () => {
  codec = await newCodec()
  author = await codec.newIncarnation()
  other = await codec.newIncarnation()
})

const packOf = (actor: string, over: Partial<Pack> = {}): Omit<Pack, "hash"> => ({
  actor,
  lo: 4,
  hi: 9,
  seen: { [other.actor]: [3, "ab".repeat(16)] },
  isFull: false,
  actors: [actor],
  rows: [[rowKey(marker, marker), row(`{"${marker}":"${marker}"}`)]],
  ...over,
})

/** A sealed pack under its name. */
async function sealed(by = author, over: Partial<Pack> = {}): Promise<{ name: string; bytes: Bytes }> {
  const { content } = await codec.encodePack(packOf(by.actor, over), noHash)
  const name = packName(by.actor, 4)
  return { name, bytes: await codec.sealPack(name, content, by) }
}

const open = (name: string, bytes: Uint8Array, actor = author.actor, by = codec) =>
  by.openPack(name, bytes, { actor, lo: 4 })

/** The code that a promise fails with. */
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "fine",
    (error: unknown) => (isFixpointError(error) ? error.code : String(error)),
  )

test("every kind of object comes back as it was", async () => {
  const { name, bytes } = await sealed()
  const { content, hash } = await codec.encodePack(packOf(author.actor), noHash)
  expect(await open(name, bytes)).toEqual({ ...packOf(author.actor), hash })
  expect(await codec.decodePack(content, { actor: author.actor, lo: 4 })).toEqual({ ...packOf(author.actor), hash })
  expect(await codec.hashOf({ ...packOf(author.actor), hash }, noHash)).toBe(hash)
  expect(await codec.hashOf({ ...packOf(author.actor), hash }, hash)).not.toBe(hash)
  const heads = { [author.actor]: [9, hash] as const }
  const rows = { actors: [author.actor], rows: [[rowKey("a", "b"), row("{}")]] as const }
  const part = await codec.sealPart("p/2/x/0", rows)
  expect(await codec.openPart("p/2/x/0", part.bytes, part.cid)).toEqual(rows)
  for (const kind of ["run", "base"] as const) {
    const group = {
      kind,
      maker: author.actor,
      lo: kind === "run" ? { [author.actor]: 4 } : {},
      heads,
      horizon: { [author.actor]: 3 },
      parts: [{ cid: part.cid, byteCount: part.bytes.length, rowCount: 1, first: rowKey("a", "b") }],
      digest: "fp1:0",
    }
    expect(await codec.openGroup("p/h", await codec.sealGroup("p/h", group, author), kind)).toEqual(group)
  }
  const origin = { previous: noHash, by: author.actor }
  for (const entry of [
    { ...origin, type: "genesis", at: 5 },
    { ...origin, type: "add", actor: other.actor },
    { ...origin, type: "fence", actor: other.actor },
    { ...origin, type: "seal", actor: other.actor, head: [9, hash] },
    { ...origin, type: "seal", actor: other.actor, head: null },
    { ...origin, type: "rotate", epoch: 2, secret: new Uint8Array(32).fill(5) },
  ] as const)
    expect((await codec.openControl("c/0", await codec.sealControl("c/0", entry, author))).entry).toEqual(entry)
  const doorbell = { recent: [[author.actor, 4, 9]] as const, control: 2 }
  expect(await codec.openDoorbell("!", await codec.sealDoorbell("!", doorbell))).toEqual(doorbell)
})

test("a pack of one field is small, and a pack has one form", async () => {
  const small = packOf(author.actor, {
    actors: [author.actor],
    rows: [[rowKey("todos", "01jcz8x4n0p7q2r5s8t1v4w7"), row('{"done":true}', 7_906_543_210_123_456)]],
    hi: 7_906_543_210_123_456,
    seen: {},
  })
  const { content } = await codec.encodePack(small, noHash)
  const first = await codec.sealPack(packName(author.actor, 4), content, author)
  expect(first.length).toBeLessThanOrEqual(350)
  expect(toHex(await codec.sealPack(packName(author.actor, 4), content, author))).toBe(toHex(first))
})

test("rows of many blocks come back, and blocks are bounded", async () => {
  const rows = Array.from({ length: 400 }, (_, i) => {
    const text = toHex(createDice(i).bytes(300))
    return [rowKey(i < 200 ? "a" : "b", `${1000 + i}`), row(JSON.stringify({ text }))] as const
  })
  const { name, bytes } = await sealed(author, { rows })
  expect((await open(name, bytes)).rows).toEqual(rows)
})

describe("a hostile bucket", () => {
  test("1: an object under another name is misplaced", async () => {
    const { bytes } = await sealed()
    expect(await codeOf(codec.openPack(packName(author.actor, 5), bytes, { actor: author.actor, lo: 5 }))).toBe(
      "BLOCK_MISPLACED",
    )
    expect(await codeOf(open(packName(other.actor, 4), bytes, other.actor))).toBe("BLOCK_MISPLACED")
  })

  test("2: an object of another database of the same key opens nowhere else", async () => {
    const { name, bytes } = await sealed()
    expect(await codeOf(open(name, bytes, author.actor, await newCodec({ database: "other" })))).toBe("KEY_WRONG")
    expect(await codeOf(open(name, bytes, author.actor, await newCodec({ secret: 8 })))).toBe("KEY_WRONG")
  })

  test("6: a flipped bit anywhere is noticed", async () => {
    const { name, bytes } = await sealed()
    const codes = new Set<string>()
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice()
      damaged[i] = (damaged[i] as number) ^ (1 << (i % 8))
      codes.add(await codeOf(open(name, damaged)))
    }
    // A bit of suite, epoch or commitment looks like another suite, epoch or key.
    expect([...codes].sort()).toEqual([
      "BLOCK_CORRUPT",
      "BLOCK_MISPLACED",
      "FORMAT_TOO_NEW",
      "KEY_MISSING",
      "KEY_WRONG",
    ])
  })

  test("7: a truncated object is noticed at every length", async () => {
    const { name, bytes } = await sealed()
    for (let length = 0; length < bytes.length; length++)
      expect(await codeOf(open(name, bytes.subarray(0, length)))).toBe("BLOCK_CORRUPT")
  })

  test("8: blocks of one pack behind the header of another are noticed", async () => {
    const rows = Array.from({ length: 80 }, (_, i) => {
      const text = toHex(createDice(i).bytes(500))
      return [rowKey("a", `${1000 + i}`), row(JSON.stringify({ text }))] as const
    })
    const a = await sealed(author, { rows })
    const b = await sealed(author, { rows })
    const half = Math.floor(a.bytes.length / 2)
    const mixed = new Uint8Array([...a.bytes.subarray(0, half), ...b.bytes.subarray(half)])
    expect(await codeOf(open(a.name, mixed))).toBe("BLOCK_CORRUPT")
  })

  test("8: a part is the one that its header names, and no other that was sealed for its place", async () => {
    const rows = { actors: [author.actor], rows: [[rowKey("a", "b"), row("{}")]] as const }
    const [one, other] = [await codec.sealPart("p/2/x/0", rows), await codec.sealPart("p/2/x/0", rows)]
    expect(await codeOf(codec.openPart("p/2/x/0", one.bytes, one.cid))).toBe("fine")
    expect(await codeOf(codec.openPart("p/2/x/0", one.bytes, other.cid))).toBe("BLOCK_CORRUPT")
  })

  test("9: contents of one name and author share no salt", async () => {
    const salts = new Set<string>()
    for (let i = 0; i < 20; i++) salts.add(toHex((await sealed()).bytes.subarray(8, 24)))
    expect(salts.size).toBe(20)
  })

  test("13: a pack under an actor that did not sign it is refused", async () => {
    const { content } = await codec.encodePack(packOf(author.actor), noHash)
    const name = packName(author.actor, 4)
    expect(await codeOf(open(name, await codec.sealPack(name, content, other)))).toBe("ACTOR_MISMATCH")
  })

  test("15: what inflates without end is refused", async () => {
    const bomb = await streamCompression.deflate(new Uint8Array(64 * 1024 * 1024))
    const { content } = await codec.encodePack(packOf(author.actor), noHash)
    const { decodeCbor } = await import("../codec/cbor.ts")
    const fields = decodeCbor(content) as Record<string, unknown>
    const place = { actor: author.actor, lo: 4 }
    expect(await codeOf(codec.decodePack(encodeCbor({ ...fields, d: [bomb] }), place))).toBe("LIMIT_SIZE")
  })

  test("17: nested without end, or longer than there are bytes, is refused before it is read", async () => {
    const place = { actor: author.actor, lo: 4 }
    const deep = new Uint8Array(1_000_000).fill(0x81)
    expect(await codeOf(codec.decodePack(deep, place))).toBe("LIMIT_DEPTH")
    expect(await codeOf(codec.decodePack(fromHex("bb001fffffffffffff"), place))).toBe("FORMAT_UNKNOWN")
    const nested = `{"a":${"[".repeat(100)}${"]".repeat(100)}}`
    expect(await codeOf(withRow(row(nested)))).toBe("LIMIT_DEPTH")
  })

  test("18: keys that reach a prototype are refused at every level", async () => {
    for (const key of ["__proto__", "constructor", "prototype"])
      for (const bad of [
        row(`{"${key}":1}`),
        row(`{"a":{"b":[{"${key}":1}]}}`),
        `{}\t${JSON.stringify([5, 0, 0, 0, [[`a.${key}`, 1]]])}`,
        `{}\t[5,0,0,0,[["a",{"${key}":1}]]]`,
      ])
        expect([bad, await codeOf(withRow(bad))]).not.toEqual([bad, "fine"])
  })

  test("rows that no engine writes are refused", async () => {
    for (const bad of [
      "{}",
      "{}\tx",
      "{}\t[]",
      "{}\t[5]",
      "{}\t[5,1]",
      "{}\t[-1,0]",
      "{}\t[5,0,[1]]",
      "[]\t[5,0]",
      "{} \t[5,0]\t",
    ])
      expect([bad, await codeOf(withRow(bad))]).not.toEqual([bad, "fine"])
  })

  function withRow(bad: string): Promise<Pack> {
    return codec
      .encodePack(packOf(author.actor, { rows: [[rowKey("a", "b"), bad]] }), noHash)
      .then(({ content }) => codec.decodePack(content, { actor: author.actor, lo: 4 }))
  }
})

test("nothing of a document, and no pattern of it, is in the bytes or the names", async () => {
  const { name, bytes } = await sealed()
  const second = await newCodec({ database: "other", seed: 2 })
  const twin = await second.newIncarnation()
  const { content } = await second.encodePack(packOf(twin.actor), noHash)
  const twinBytes = await second.sealPack(packName(twin.actor, 4), content, twin)
  const forms = [marker, btoa(marker), toHex(utf8Encode(marker)), marker.split("").reverse().join("")]
  for (const form of forms) {
    expect(String.fromCharCode(...bytes)).not.toContain(form)
    expect(name + second.space + codec.space).not.toContain(form)
  }
  expect(second.space).not.toBe(codec.space)
  const windows = new Set<string>()
  // The clear head is of 8 bytes and those of the length; beyond it no 8 bytes are shared.
  for (let i = 8; i + 8 <= bytes.length; i++) windows.add(toHex(bytes.subarray(i, i + 8)))
  for (let i = 8; i + 8 <= twinBytes.length; i++) expect(windows.has(toHex(twinBytes.subarray(i, i + 8)))).toBe(false)
})

test("another epoch is another key", async () => {
  const before = await sealed()
  const reader = await newCodec()
  await codec.addEpoch(2, new Uint8Array(32).fill(9))
  const { name, bytes } = await sealed()
  expect(await codeOf(open(name, bytes))).toBe("fine")
  expect(await codeOf(open(before.name, before.bytes))).toBe("fine")
  expect(await codeOf(open(name, bytes, author.actor, reader))).toBe("KEY_MISSING")
  await reader.addEpoch(2, new Uint8Array(32).fill(9))
  expect(await codeOf(open(name, bytes, author.actor, reader))).toBe("fine")
  expect(controlName(12)).toBe("c/00000012")
})
