/**
 * Decoders of what a database stores on its device. Owns: how each is reached: sealed bytes as they lie there, and clear bytes
 * that are sealed first, as a broken writer with the key would.
 */
import { fromHex, toHex } from "../../packages/core/src/base/bytes.ts"
import { parseStamp, formatStamp } from "../../packages/core/src/clock/stamp.ts"
import { decodeCbor, encodeCbor } from "../../packages/core/src/codec/cbor.ts"
import { digestOf } from "../../packages/core/src/codec/cid.ts"
import { deviceKeys } from "../../packages/core/src/crypto/device-keys.ts"
import type { EnvelopeKind } from "../../packages/core/src/crypto/envelope.ts"
import { importRoot } from "../../packages/core/src/crypto/key-tree.ts"
import { passphraseKeys } from "../../packages/core/src/crypto/passphrase-keys.ts"
import { rawKeys } from "../../packages/core/src/crypto/raw-keys.ts"
import { createVault, type Vault } from "../../packages/core/src/crypto/vault.ts"
import { encodeFrame, lookAt } from "../../packages/core/src/lsm/fs-frame.ts"
import { openManifest, type SegmentMeta } from "../../packages/core/src/lsm/manifest.ts"
import { openBlock, openFooter, openPartition } from "../../packages/core/src/lsm/segment-open.ts"
import { partitionBase } from "../../packages/core/src/lsm/segment-format.ts"
import { openRecord } from "../../packages/core/src/lsm/wal.ts"
import { fixedHost, goldenDatabaseId, goldenPassphrase, goldenSecret } from "../golden/fixed-host.ts"
import golden from "../golden/forms.json" with { type: "json" }
import type { Input, Target } from "./fuzz.ts"

const host = fixedHost()
const root = importRoot(host.crypto, Uint8Array.from(goldenSecret))
const vault: Promise<Vault> = root.then((key) =>
  createVault({ host: fixedHost(), databaseId: goldenDatabaseId, root: key }),
)
const opener = async () => ({ vault: await vault, compression: host.compression })

const segment: SegmentMeta = {
  id: 0xfedcba98,
  salt: new Uint8Array(32).fill(4),
  level: 1,
  first: 1,
  last: 36,
  rows: 3,
  blocks: 1,
  bytes: 1234,
  min: "",
  max: "",
  cid: "",
}

const stored = (name: keyof typeof golden) => fromHex(golden[name])
const bytesOf = (input: Input): Uint8Array<ArrayBuffer> => Uint8Array.from(input as Uint8Array)

/** Values of control data, changed part by part. */
export const cborTree: NonNullable<Target["tree"]> = {
  parse: (input) => decodeCbor(input as Uint8Array),
  format: (tree) => encodeCbor(tree),
  bytes: true,
}

interface Kind {
  readonly name: string
  readonly golden: keyof typeof golden
  open(bytes: Uint8Array): Promise<unknown>
}

const log = async (bytes: Uint8Array) => openRecord(await vault, { n: 36, bytes })
const manifest = async (bytes: Uint8Array) => openManifest(await vault, { version: 5, bytes })
const footer = async (bytes: Uint8Array) => openFooter(await opener(), segment, bytes)
const partition = async (bytes: Uint8Array) => openPartition(await opener(), segment, 0, bytes)
const block = async (bytes: Uint8Array) => openBlock(await opener(), segment, 0, bytes)

/** What is sealed, by the golden bytes of it. */
export const sealedKinds: readonly Kind[] = [
  { name: "log record", golden: "log record", open: log },
  { name: "manifest", golden: "manifest", open: manifest },
  { name: "footer", golden: "footer", open: footer },
  { name: "partition", golden: "partition", open: partition },
  { name: "data block", golden: "data block, raw", open: block },
  { name: "data block, deflated", golden: "data block, deflated", open: block },
]

/** Stored bytes that are not the golden ones must be refused. */
const sealed: readonly Target[] = sealedKinds.map(({ name, golden: form, open }) => ({
  name: `${name}, sealed`,
  samples: () => [stored(form)],
  weight: 3,
  ...(/block|partition/.test(name) && { outcomesMin: 1 as const }),
  async run(input) {
    await open(bytesOf(input))
    if (toHex(input as Uint8Array) !== golden[form]) throw new Error("bytes that nobody sealed were opened")
  },
}))

async function clearEnvelope(kind: EnvelopeKind, name: string, form: keyof typeof golden): Promise<Uint8Array> {
  return (await vault).open(kind, name, stored(form))
}

const envelope = (
  kind: EnvelopeKind,
  name: string,
  form: "log record" | "log record with edits" | "manifest" | "footer",
  open: (bytes: Uint8Array) => Promise<unknown>,
): Target => ({
  name: `${form}, clear`,
  samples: async () => [await clearEnvelope(kind, name, form)],
  weight: 4,
  ...(form.startsWith("log record") ? {} : { tree: cborTree }),
  run: async (input) => void (await open(await (await vault).seal(kind, name, bytesOf(input)))),
})

const inSegment = (
  name: string,
  at: { readonly index: number; readonly form: keyof typeof golden },
  open: (bytes: Uint8Array) => Promise<unknown>,
): Target => ({
  name,
  samples: async () => [await (await (await vault).segment(segment.salt)).decrypt(at.index, stored(at.form))],
  weight: 4,
  ...(at.index === 0 ? {} : { tree: cborTree }),
  async run(input) {
    const cipher = await (await vault).segment(segment.salt)
    await open(await cipher.encrypt(at.index, bytesOf(input)))
  },
})

/** A host whose PBKDF2 is quick: what a slot may ask for is checked before. */
const quickHost = {
  ...fixedHost(),
  crypto: new Proxy(host.crypto, {
    get(target, name) {
      const call = Reflect.get(target, name) as (...args: readonly unknown[]) => Promise<unknown>
      return name === "deriveKey"
        ? (algorithm: object, ...rest: readonly unknown[]) =>
            call.call(target, "iterations" in algorithm ? { ...algorithm, iterations: 1 } : algorithm, ...rest)
        : call.bind(target)
    },
  }),
}
const deviceKeyStore = {
  load: async () => new Uint8Array(32).fill(1),
  save: async () => undefined,
  remove: async () => undefined,
}
const keyContext = {
  databaseId: goldenDatabaseId,
  host: { ...quickHost, deviceKeys: deviceKeyStore },
  storesKeys: false,
}
const keyBody = (form: "key record, raw" | "key record, passphrase" | "key record, device key kept by the host") =>
  fromHex((JSON.parse(golden[form]) as { readonly body: string }).body)

const keyRecord: Target = {
  name: "key record",
  samples: () => [
    keyBody("key record, raw"),
    keyBody("key record, passphrase"),
    keyBody("key record, device key kept by the host"),
  ],
  weight: 6,
  tree: cborTree,
  async run(input) {
    const body = bytesOf(input)
    const record = { body, checksum: await digestOf(host.crypto, body) }
    const sources = [rawKeys(goldenSecret), passphraseKeys(() => goldenPassphrase), deviceKeys()]
    const results = await Promise.allSettled(sources.map((source) => source.open(record, keyContext)))
    const opened = results.findIndex(({ status }) => status === "fulfilled")
    if (opened >= 0) return String(opened)
    throw (results as readonly PromiseRejectedResult[]).map(({ reason }): unknown => reason)[body.length % 3]
  },
}

/** CRC-32 as in RFC 1952, bit by bit. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

const frame: Target = {
  name: "journal frame",
  samples: () => [
    stored("journal frame"),
    encodeFrame({ seq: 1, previous: 0, synced: 0 }, { by: "a" }, [], crc32).bytes,
  ],
  weight: 1,
  run: (input) => (lookAt(input as Uint8Array, 0, 0, crc32) === undefined ? "none" : "found"),
}

const cbor: Target = {
  name: "canonical dag-cbor",
  samples: async () => [
    stored("canonical dag-cbor"),
    encodeCbor({ a: [1, [2, [3]]], bytes: new Uint8Array(40), long: "ä".repeat(30), n: -(2 ** 40) }),
    await clearEnvelope("manifest", "5", "manifest"),
  ],
  weight: 1,
  tree: cborTree,
  run(input) {
    const bytes = input as Uint8Array
    if (toHex(encodeCbor(decodeCbor(bytes))) !== toHex(bytes)) throw new Error("a value has two encodings")
  },
}

const stamp: Target = {
  name: "stamp",
  samples: () => [golden.stamp],
  weight: 1,
  run(input) {
    const read = parseStamp(input as string)
    if (read !== undefined && formatStamp(read) !== input) throw new Error("a stamp has two texts")
    return read === undefined ? "none" : "stamp"
  },
}

/** All of them. */
export const storedTargets: readonly Target[] = [
  cbor,
  stamp,
  ...sealed,
  envelope("log", "36", "log record", log),
  envelope("log", "36", "log record with edits", log),
  envelope("manifest", "5", "manifest", manifest),
  envelope("footer", String(segment.id), "footer", footer),
  inSegment("partition, clear", { index: partitionBase, form: "partition" }, partition),
  inSegment("data block, clear", { index: 0, form: "data block, raw" }, block),
  inSegment("data block, deflated and clear", { index: 0, form: "data block, deflated" }, block),
  keyRecord,
  frame,
]
