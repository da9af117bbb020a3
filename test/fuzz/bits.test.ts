// One object of each stored kind with each of its bits turned, and cut at each of its bytes: its reader gives what was stored, or
// the code of the damage, and never anything else.
import { expect, test } from "vitest"
import { fromHex } from "../../packages/core/src/base/bytes.ts"
import { FixpointError } from "../../packages/core/src/base/errors.ts"
import { rawKeys } from "../../packages/core/src/crypto/raw-keys.ts"
import { lookAt } from "../../packages/core/src/lsm/fs-frame.ts"
import { fixedHost, goldenDatabaseId, goldenSecret } from "../golden/fixed-host.ts"
import golden from "../golden/forms.json" with { type: "json" }
import { objectKinds } from "./space-targets.ts"
import { crc32, sealedKinds } from "./stored-targets.ts"

/** Codes that tell of damage, or of what cannot be told from it. */
const codes: ReadonlySet<string> = new Set([
  "LOG_CORRUPT",
  "MANIFEST_CORRUPT",
  "BLOCK_CORRUPT",
  "BLOCK_MISPLACED",
  "KEYS_CORRUPT",
  "KEY_WRONG",
  "KEY_MISSING",
  "FORMAT_TOO_NEW",
])

interface Reader {
  readonly name: string
  readonly bytes: Uint8Array
  read(bytes: Uint8Array): Promise<unknown>
}

const host = fixedHost()
const context = { databaseId: goldenDatabaseId, host, storesKeys: false }
const record = JSON.parse(golden["key record, raw"]) as { readonly body: string; readonly checksum: string }
const [body, checksum] = [fromHex(record.body), fromHex(record.checksum)]
const openKeys = async (keys: object, databaseId = goldenDatabaseId) =>
  (await rawKeys(goldenSecret).open(keys, { ...context, databaseId })).algorithm.name

const readers: readonly Reader[] = [
  ...sealedKinds.map(({ name, golden: form, open }) => ({ name, bytes: fromHex(golden[form]), read: open })),
  ...objectKinds.map(({ kind, golden: form, open }) => ({ name: kind, bytes: fromHex(golden[form]), read: open })),
  { name: "key record", bytes: body, read: (bytes) => openKeys({ body: bytes, checksum }) },
  { name: "checksum of a key record", bytes: checksum, read: (bytes) => openKeys({ body, checksum: bytes }) },
  {
    name: "database id of an identity",
    bytes: new TextEncoder().encode(goldenDatabaseId),
    read: (bytes) => openKeys({ body, checksum }, new TextDecoder().decode(bytes)),
  },
  {
    name: "journal frame",
    bytes: fromHex(golden["journal frame"]),
    // The body is authenticated by who reads it: a frame only tells whether it is whole.
    read: async (bytes) => {
      const found = lookAt(bytes, 0, 0, crc32)
      if (found?.directory !== undefined && found.isWhole) return found
      throw new FixpointError("LOG_CORRUPT")
    },
  },
]

/** What a reader gives for damaged bytes: the code, or the value. */
async function outcome({ read }: Reader, bytes: Uint8Array): Promise<{ readonly value: unknown } | string> {
  try {
    return { value: await read(bytes) }
  } catch (error) {
    return error instanceof FixpointError ? error.code : String(error)
  }
}

test.each(readers.map((reader) => [reader.name, reader] as const))("%s", { timeout: 120_000 }, async (_, reader) => {
  const { bytes, read } = reader
  const stored = await read(bytes)
  const damaged = [
    ...Array.from({ length: bytes.length * 8 }, (__, bit) =>
      bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))),
    ),
    ...Array.from({ length: bytes.length }, (__, length) => bytes.slice(0, length)),
  ]
  const wrong: string[] = []
  for (const [i, one] of damaged.entries()) {
    const found = await outcome(reader, one)
    if (typeof found === "string" ? !codes.has(found) : JSON.stringify(found.value) !== JSON.stringify(stored))
      wrong.push(`case ${i}: ${JSON.stringify(found)}`)
  }
  process.stdout.write(`bits of ${reader.name}: ${bytes.length * 8} bits, ${bytes.length} lengths\n`)
  expect(wrong).toEqual([])
})
