/**
 * Objects of a space, one small sample of each kind. Owns: the samples. Their signer's secret is known, and their salts can be told by eye.
 * Must not know buckets.
 */
import { fromHex, toHex } from "../../packages/core/src/base/bytes.ts"
import { formatStamp } from "../../packages/core/src/clock/stamp.ts"
import { rowKey } from "../../packages/core/src/codec/key.ts"
import { importRoot } from "../../packages/core/src/crypto/key-tree.ts"
import { createSpaceKeys } from "../../packages/core/src/crypto/space-keys.ts"
import { controlName, doorbellName, packName } from "../../packages/core/src/sync/names.ts"
import { noHash, type ObjectCodec } from "../../packages/core/src/sync/objects.ts"
import { createSpaceCodec } from "../../packages/core/src/sync/space-codec.ts"
import { fixedHost, goldenSecret } from "./fixed-host.ts"

/** What forms.ts calls a form. */
interface SpaceForm {
  readonly name: string
  make(): Promise<string>
  read(golden: string): Promise<unknown>
  readonly says: unknown
  readonly isExact?: false
}

const actor = "vlguvherhnmec677"
const author = { actor, secret: new Uint8Array(32).fill(7) }
const hash = "ab".repeat(16)
const rows = [[rowKey("docs", "größe"), '{"a":1}\t[8192,0]']] as const
const lostStamp = formatStamp({ hlc: 4097, actor })
const lostFields = { life: 0, registers: [[1_765_000_000_000, "a", lostStamp, 2]], documents: [] }
const losses = [[rowKey("docs", "größe"), JSON.stringify(lostFields)]] as const
const pack = { actor, lo: 4096, hi: 8192, seen: { [actor]: [5, hash] as const }, isFull: true, actors: [actor], rows }
const head = [8192, hash] as const
const base = {
  kind: "base",
  maker: actor,
  lo: {},
  heads: { [actor]: head },
  horizon: { [actor]: 4096 },
  parts: [{ cid: "bafkrei", byteCount: 9, rowCount: 1, first: rowKey("docs", "a") }],
  digest: "fp1:0123456789abcdef",
} as const
const run = { ...base, kind: "run", lo: { [actor]: 4096 }, digest: "" } as const
const seal = { type: "seal", actor, head, previous: hash, by: actor } as const
const doorbell = { recent: [[actor, 4096, 8192]] as const, control: 2 }

async function codec(): Promise<ObjectCodec> {
  const host = fixedHost()
  const root = await importRoot(host.crypto, Uint8Array.from(goldenSecret))
  return createSpaceCodec({ host, keys: await createSpaceKeys(host.crypto, root, "golden") })
}

const form = (
  name: string,
  says: unknown,
  make: (by: ObjectCodec) => Promise<Uint8Array>,
  read: (by: ObjectCodec, bytes: Uint8Array) => Promise<unknown>,
): SpaceForm => ({
  name,
  says,
  make: async () => toHex(await make(await codec())),
  read: async (golden) => read(await codec(), fromHex(golden)),
})

/** All forms of a space. */
export const spaceForms: readonly SpaceForm[] = [
  {
    name: "name of a space",
    make: async () => (await codec()).space,
    read: async (golden) => golden,
    says: "vhr76vureji5qhbo",
  },
  {
    ...form(
      "pack",
      pack,
      async (by) => by.sealPack(packName(actor, pack.lo), (await by.encodePack(pack, noHash)).content, author),
      async (by, bytes) => {
        const { hash: found, ...read } = await by.openPack(packName(actor, pack.lo), bytes, pack)
        return found === (await by.hashOf({ ...read, hash: found }, noHash)) ? read : found
      },
    ),
    isExact: false,
  },
  {
    ...form(
      "part of a base",
      { actors: [actor], rows },
      async (by) => (await by.sealPart("p/2/x/0", { actors: [actor], rows })).bytes,
      async (by, bytes) => {
        const { cidOf } = await import("../../packages/core/src/codec/cid.ts")
        return by.openPart("p/2/x/0", bytes, await cidOf(fixedHost().crypto, bytes, "raw"))
      },
    ),
    isExact: false,
  },
  {
    ...form(
      "part of a base with conflicts",
      { actors: [actor], rows, losses },
      async (by) => (await by.sealPart("p/2/x/0", { actors: [actor], rows, losses })).bytes,
      async (by, bytes) => {
        const { cidOf } = await import("../../packages/core/src/codec/cid.ts")
        return by.openPart("p/2/x/0", bytes, await cidOf(fixedHost().crypto, bytes, "raw"))
      },
    ),
    isExact: false,
  },
  form(
    "header of a base",
    base,
    (by) => by.sealGroup("p/2/x/h", base, author),
    (by, bytes) => by.openGroup("p/2/x/h", bytes, "base"),
  ),
  form(
    "header of a run",
    run,
    (by) => by.sealGroup("p/1/x/h", run, author),
    (by, bytes) => by.openGroup("p/1/x/h", bytes, "run"),
  ),
  form(
    "control entry",
    seal,
    (by) => by.sealControl(controlName(3), seal, author),
    async (by, bytes) => (await by.openControl(controlName(3), bytes)).entry,
  ),
  form(
    "doorbell",
    doorbell,
    (by) => by.sealDoorbell(doorbellName, doorbell),
    (by, bytes) => by.openDoorbell(doorbellName, bytes),
  ),
]
