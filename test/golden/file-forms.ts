/**
 * Files, one small sample of each form. Owns: the samples. The key is known, so that the bytes can be told.
 * Must not know where files are kept.
 */
import { fromHex, toHex, utf8Decode, utf8Encode } from "../../packages/core/src/base/bytes.ts"
import { parseDocumentText } from "../../packages/core/src/codec/document.ts"
import {
  createFileCipher,
  decodeFileIndex,
  encodeFileIndex,
  type FileCipher,
  indexPlace,
} from "../../packages/core/src/crypto/file-cipher.ts"
import { formatDraft, formatFile, parseDraft, parseFile } from "../../packages/core/src/db/file-rows.ts"
import { fixedHost } from "./fixed-host.ts"

/** What forms.ts calls a form. */
interface FileForm {
  readonly name: string
  make(): Promise<string>
  read(golden: string): Promise<unknown>
  readonly says: unknown
}

const secret = `${"B".repeat(42)}A=`
const cid = `bafkrei${"a".repeat(52)}`
const document = { photo: { $: ["f", [cid, 5, 1, secret, secret, "text/plain", "größe.txt"]] } }
const index = { chunkBytes: 4, digests: new Uint8Array(64).fill(9) }
const row = {
  segment: 2 ** 32 + 1,
  size: 5,
  chunks: 2,
  key: secret,
  digest: secret,
  isHere: true,
  at: 1_765_000_000_000,
  owners: ["0123456789abcdef"],
  unnamedAt: 1_765_000_000_001,
  sent: { bucket: 3 },
} as const
const sparse = { ...row, isHere: false, owners: [], unnamedAt: undefined, sent: {} } as const
const draft = { owner: "0123456789abcdef", at: 1_765_000_000_000 } as const

const cipher = (): Promise<FileCipher> => createFileCipher(fixedHost().crypto, new Uint8Array(32).fill(7))

const textForm = (name: string, text: string, read: (text: string) => unknown, says: unknown): FileForm => ({
  name,
  says,
  make: async () => toHex(utf8Encode(text)),
  read: async (golden) => read(utf8Decode(fromHex(golden))),
})

/** All forms of files. */
export const fileForms: readonly FileForm[] = [
  textForm("document with a file", JSON.stringify(document), parseDocumentText, document),
  textForm("row of a file", formatFile(row), parseFile, row),
  textForm("row of a file of another device", formatFile(sparse), parseFile, sparse),
  textForm("row of a file that is being put", formatDraft(draft), parseDraft, draft),
  {
    name: "chunk of a file",
    says: "hello",
    make: async () => toHex(await (await cipher()).seal(1, utf8Encode("hello"))),
    read: async (golden) => utf8Decode(await (await cipher()).open(1, fromHex(golden))),
  },
  {
    name: "index of a file",
    says: index,
    make: async () => toHex(await (await cipher()).seal(indexPlace, encodeFileIndex(index))),
    read: async (golden) =>
      decodeFileIndex(await (await cipher()).open(indexPlace, fromHex(golden)), { size: 5, chunks: 2 }),
  },
]
