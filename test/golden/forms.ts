/**
 * Every stored format of version 1, one small sample of each. Owns: how a sample is made and read, and what it says.
 * Invariant: a form is never edited once it has golden bytes: a changed format is a form of a new name beside the old one,
 * whose bytes stay readable for ever.
 */
import { fromHex, toHex } from "../../packages/core/src/base/bytes.ts"
import type { Json } from "../../packages/core/src/base/json.ts"
import { formatStamp, parseStamp } from "../../packages/core/src/clock/stamp.ts"
import { decodeCbor, encodeCbor } from "../../packages/core/src/codec/cbor.ts"
import { collectionOfRowKey, idOfRowKey, rowKey } from "../../packages/core/src/codec/key.ts"
import { decodeDocument, encodeDocument } from "../../packages/core/src/codec/value.ts"
import { deviceKeys } from "../../packages/core/src/crypto/device-keys.ts"
import { importRoot } from "../../packages/core/src/crypto/key-tree.ts"
import type { KeyContext, KeySource } from "../../packages/core/src/crypto/keys.ts"
import { passphraseKeys } from "../../packages/core/src/crypto/passphrase-keys.ts"
import { rawKeys } from "../../packages/core/src/crypto/raw-keys.ts"
import { createVault, type Vault } from "../../packages/core/src/crypto/vault.ts"
import { encodeFrame, lookAt } from "../../packages/core/src/lsm/fs-frame.ts"
import { type Manifest, openManifest, sealManifest, type SegmentMeta } from "../../packages/core/src/lsm/manifest.ts"
import { openBlock, openFooter, openPartition } from "../../packages/core/src/lsm/segment-open.ts"
import { SegmentWriter } from "../../packages/core/src/lsm/segment-writer.ts"
import { type LogEntry, type OpenedRecord, openRecord, sealRecord } from "../../packages/core/src/lsm/wal.ts"
import { makeConflicts, readGoldenConflicts, saidByConflicts } from "./conflict-forms.ts"
import { derivedNote, makeEntries, readEntries, saidByEntries, throughTable } from "./index-forms.ts"
import { fileForms } from "./file-forms.ts"
import { makeHistory, readHistory, saidByHistory } from "./history-forms.ts"
import { makeRows, readRows, saidByRows } from "./row-forms.ts"
import {
  makeHashedSyncRows,
  makeSyncRows,
  readSyncNote,
  readSyncRows,
  saidByHashedSyncRows,
  saidBySyncNotes,
  saidBySyncRows,
  syncNotes,
} from "./sync-forms.ts"
import { makeSiblings, readSiblings, saidBySiblings } from "./sibling-forms.ts"
import { spaceForms } from "./space-forms.ts"
import { fixedHost, goldenDatabaseId, goldenPassphrase, goldenSecret } from "./fixed-host.ts"

/** One format: how today's code writes and reads it, and what its sample says. Bytes are hex. */
export interface Form {
  readonly name: string
  make(): Promise<string>
  read(golden: string): Promise<unknown>
  readonly says: unknown
  /** Whether the same input always gives the same bytes; a state has many rows, and compression is the platform's. */
  readonly isExact?: false
}

const host = fixedHost()

const goldenVault = async (): Promise<Vault> => {
  const fresh = fixedHost()
  return createVault({ host: fresh, databaseId: goldenDatabaseId, root: await importRoot(host.crypto, secretCopy()) })
}
const secretCopy = () => Uint8Array.from(goldenSecret)

const document = {
  _id: "größe",
  title: "milk",
  n: -1.5,
  done: false,
  tags: ["a", null],
  at: new Date(1_765_000_000_000),
  bytes: new Uint8Array([0, 255]),
  big: 12345678901234567890n,
  $odd: { $: 1 },
}

const entry: LogEntry = {
  n: 36,
  entries: [
    [rowKey("docs", "a"), '10\t{"a":1}\tmeta'],
    [rowKey("docs", "größe"), "10\ttext: ä\tmeta"],
    [rowKey("notes", "b"), null],
  ],
  note: { hlc: 7, actors: ["0123456789abcdef"], counts: { docs: 2 } },
}

/** The second row, as an edit of one of 18 characters. */
const goldenEdits: OpenedRecord["edits"] & {} = [[rowKey("docs", "größe"), [0xfedcba98, 18, "10", 1, 7, "ä", 9, 5]]]

const segment = (over: Partial<SegmentMeta> = {}): SegmentMeta => ({
  id: 0xfedcba98,
  salt: new Uint8Array(32).fill(4),
  level: 1,
  first: 1,
  last: 36,
  rows: 3,
  blocks: 1,
  bytes: 1234,
  min: rowKey("docs", "a"),
  max: rowKey("notes", "b"),
  cid: "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
  ...over,
})

const manifest: Manifest = {
  version: 5,
  seq: 36,
  sweeps: 1,
  note: { hlc: 7, actors: ["0123456789abcdef"], counts: { docs: 2, notes: 0 } },
  segments: [segment()],
  retired: [{ id: 7, at: 1_765_000_000_000 }],
}

/** The blocks of a segment with the rows of `entry`: data block, partition, footer. */
async function segmentBlocks(isCompressed: boolean): Promise<readonly string[]> {
  const { id, level, first, last } = segment()
  const writer = new SegmentWriter(host, await goldenVault(), { id, level, first, last, isCompressed })
  for (const [key, value] of entry.entries) writer.add(key, value)
  writer.end()
  const data = await writer.seal(1)
  const { blocks } = await writer.finish()
  return [...data, ...blocks].map(({ bytes }) => toHex(bytes))
}

const opener = async () => ({ vault: await goldenVault(), compression: host.compression })
const rows = { keys: entry.entries.map(([key]) => key), values: entry.entries.map(([, value]) => value), note: null }

const frame = {
  head: { seq: 2 ** 40, previous: 2 ** 33, synced: 123_456 },
  directory: {
    by: "0123abcd",
    identity: { format: 1, suite: 1, databaseId: goldenDatabaseId },
    records: [[36, 2]],
    manifest: [5, 1],
    keys: 3,
    files: [{ file: "1-a", blocks: [[0xfedcba98, 0xfffff, 0, 10]] }],
    trim: 35,
    drop: [7],
    next: 2,
  },
  body: [fromHex("aabb"), fromHex("cc"), fromHex("ddeeff")],
} as const

/** CRC-32 as in RFC 1952, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

/** A record of keys as text: its two byte fields in hex. */
const recordForm = (name: string, source: () => KeySource, context: () => KeyContext): Form => ({
  name,
  make: async () => {
    const { record } = await source().create(context())
    const { body, checksum } = record as { readonly body: Uint8Array; readonly checksum: Uint8Array }
    return JSON.stringify({ body: toHex(body), checksum: toHex(checksum) })
  },
  read: async (golden) => {
    const { body, checksum } = JSON.parse(golden) as Record<"body" | "checksum", string>
    const root = await source().open({ body: fromHex(body), checksum: fromHex(checksum) }, context())
    // A root has no bytes to look at: the check in the record has said that it is the right one.
    return root.algorithm.name
  },
  says: "HKDF",
})

const plainContext = (): KeyContext => ({ databaseId: goldenDatabaseId, host: fixedHost(), storesKeys: false })
/** The host's key of a golden device slot is the first random of its host. */
const deviceContext = (): KeyContext => ({
  ...plainContext(),
  host: {
    ...fixedHost(),
    deviceKeys: { load: async () => new Uint8Array(32).fill(1), save: async () => {}, remove: async () => {} },
  },
})

/** All forms. */
export const forms: readonly Form[] = [
  {
    name: "document",
    make: async () => encodeDocument(document).text,
    read: async (golden) => decodeDocument("größe", golden),
    says: document,
  },
  {
    name: "row key",
    make: async () => rowKey("Zürich", "größe"),
    read: async (golden) => [collectionOfRowKey(golden), idOfRowKey(golden)],
    says: ["Zürich", "größe"],
  },
  {
    name: "index entries",
    make: async () => makeEntries(),
    read: async (golden) => readEntries(golden),
    says: saidByEntries,
  },
  {
    name: "history entries",
    make: async () => makeHistory(),
    read: async (golden) => readHistory(golden),
    says: saidByHistory,
  },
  {
    name: "row of conflicts",
    make: async () => makeConflicts(),
    read: async (golden) => readGoldenConflicts(golden),
    says: saidByConflicts,
  },
  {
    name: "note of derivations",
    make: async () => JSON.stringify(derivedNote),
    read: async (golden) => throughTable(JSON.parse(golden) as Json),
    says: derivedNote,
  },
  {
    name: "stamp",
    make: async () => formatStamp({ hlc: 123_456_789_012_345, actor: "0123456789abcdef" }),
    read: async (golden) => parseStamp(golden),
    says: { hlc: 123_456_789_012_345, actor: "0123456789abcdef" },
  },
  {
    name: "stored rows of a document",
    make: async () => makeRows(),
    read: async (golden) => readRows(golden),
    says: saidByRows,
    isExact: false,
  },
  {
    name: "rows with siblings",
    make: async () => makeSiblings(),
    read: async (golden) => readSiblings(golden),
    says: saidBySiblings,
    isExact: false,
  },
  {
    name: "rows of sync",
    make: async () => makeSyncRows(),
    read: async (golden) => readSyncRows(golden),
    says: saidBySyncRows,
  },
  {
    name: "rows of sync, with the hash of a pack",
    make: async () => makeHashedSyncRows(),
    read: async (golden) => readSyncRows(golden),
    says: saidByHashedSyncRows,
  },
  {
    name: "notes of sync",
    make: async () => JSON.stringify(syncNotes),
    read: async (golden) => readSyncNote(golden),
    says: saidBySyncNotes,
  },
  {
    name: "canonical dag-cbor",
    make: async () => toHex(encodeCbor({ b: [1, -1, 1.5, "ä", null, true], a: new Uint8Array([1]), aa: {} })),
    read: async (golden) => decodeCbor(fromHex(golden)),
    says: { b: [1, -1, 1.5, "ä", null, true], a: new Uint8Array([1]), aa: {} },
  },
  recordForm("key record, raw", () => rawKeys(goldenSecret), plainContext),
  recordForm("key record, passphrase", () => passphraseKeys(() => goldenPassphrase), plainContext),
  recordForm("key record, device key kept by the host", deviceKeys, deviceContext),
  {
    name: "log record",
    make: async () => toHex((await sealRecord(await goldenVault(), entry)).bytes),
    read: async (golden) => openRecord(await goldenVault(), { n: entry.n, bytes: fromHex(golden) }),
    says: entry,
  },
  {
    name: "log record with edits",
    make: async () => toHex((await sealRecord(await goldenVault(), entry, new Map(goldenEdits))).bytes),
    read: async (golden) => openRecord(await goldenVault(), { n: entry.n, bytes: fromHex(golden) }),
    says: { ...entry, entries: [entry.entries[0], entry.entries[2]], edits: goldenEdits },
  },
  {
    name: "manifest",
    make: async () => toHex((await sealManifest(await goldenVault(), manifest)).bytes),
    read: async (golden) => openManifest(await goldenVault(), { version: manifest.version, bytes: fromHex(golden) }),
    says: manifest,
  },
  {
    name: "data block, raw",
    make: async () => (await segmentBlocks(false))[0] ?? "",
    read: async (golden) => (await openBlock(await opener(), segment(), 0, fromHex(golden))).block,
    says: rows,
  },
  {
    name: "data block, deflated",
    make: async () => (await segmentBlocks(true))[0] ?? "",
    read: async (golden) => (await openBlock(await opener(), segment(), 0, fromHex(golden))).block,
    says: rows,
    isExact: false,
  },
  {
    name: "partition",
    make: async () => (await segmentBlocks(false))[1] ?? "",
    read: async (golden) => (await openPartition(await opener(), segment(), 0, fromHex(golden))).block,
    says: {
      keys: [rowKey("docs", "a")],
      digests: fromHex("975af1f87dda0caf867129e252723fc3c59a9e7972fca7304a1d27aaffcaae27"),
      bloom: fromHex("bf4d064000f8"),
    },
  },
  {
    name: "footer",
    make: async () => (await segmentBlocks(false))[2] ?? "",
    read: async (golden) => (await openFooter(await opener(), segment(), fromHex(golden))).block,
    says: {
      v: 1,
      keys: [rowKey("docs", "a")],
      digests: fromHex("436677a4cba72e7ef6f0ef885201904abbe9f7023aa9ea657236034bca9403b1"),
      rows: 3,
      blocks: 1,
    },
  },
  {
    name: "journal frame",
    make: async () => toHex(encodeFrame(frame.head, frame.directory, frame.body, crc32).bytes),
    read: async (golden) => {
      const bytes = fromHex(golden)
      const found = Object(lookAt(bytes, 1000, 1000, crc32)) as { readonly bodyAt?: number }
      return { ...found, body: toHex(bytes.subarray((found.bodyAt ?? bytes.length) - 1000)) }
    },
    says: {
      ...frame.head,
      directory: frame.directory,
      at: 1000,
      bodyAt: 1284,
      end: 1290,
      isWhole: true,
      body: "aabbccddeeff",
    },
  },
  ...spaceForms,
  ...fileForms,
]
