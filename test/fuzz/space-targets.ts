/**
 * Decoders of what comes from a bucket. Owns: how each is reached: stored bytes, and objects that a member with all keys makes of
 * fields and rows that no engine writes.
 */
import { fromHex, toHex, utf8Encode } from "../../packages/core/src/base/bytes.ts"
import { formatStamp, type Stamp } from "../../packages/core/src/clock/stamp.ts"
import { rowKey } from "../../packages/core/src/codec/key.ts"
import { cidOf } from "../../packages/core/src/codec/cid.ts"
import { decodeCbor, encodeCbor } from "../../packages/core/src/codec/cbor.ts"
import { importRoot } from "../../packages/core/src/crypto/key-tree.ts"
import { createSigner } from "../../packages/core/src/crypto/signing.ts"
import { createSpaceKeys } from "../../packages/core/src/crypto/space-keys.ts"
import { lossesGathered } from "../../packages/core/src/crdt/gathered-losses.ts"
import { lossesOf, type StoredLosses, storedLosses } from "../../packages/core/src/crdt/losses-form.ts"
import { rowState } from "../../packages/core/src/crdt/row-state.ts"
import { absorbRows } from "../../packages/core/src/db/absorb-rows.ts"
import { checkLosses } from "../../packages/core/src/sync/losses-check.ts"
import { controlName, doorbellName, hlcText, packName, parseDataName } from "../../packages/core/src/sync/names.ts"
import { actorTable, blocksToRows } from "../../packages/core/src/sync/row-form.ts"
import { openObject, type ObjectKind, sealObject } from "../../packages/core/src/sync/sealed-object.ts"
import { createSpaceCodec } from "../../packages/core/src/sync/space-codec.ts"
import { fixedHost, goldenSecret } from "../golden/fixed-host.ts"
import golden from "../golden/forms.json" with { type: "json" }
import type { Input, Target } from "./fuzz.ts"
import { cborTree } from "./stored-targets.ts"

const host = fixedHost()
const actor = "vlguvherhnmec677"
const keys = importRoot(host.crypto, Uint8Array.from(goldenSecret)).then((root) =>
  createSpaceKeys(host.crypto, root, "golden"),
)
const codec = keys.then((own) => createSpaceCodec({ host, keys: own }))
const signer = createSigner(host.crypto, new Uint8Array(32).fill(7))
const stored = (name: keyof typeof golden) => fromHex(golden[name])
const place = { actor, lo: 4096 }

interface Kind {
  readonly kind: ObjectKind
  readonly golden: keyof typeof golden
  readonly name: string
  open(bytes: Uint8Array): Promise<unknown>
}

const kinds: readonly Kind[] = [
  {
    kind: "pack",
    golden: "pack",
    name: packName(actor, 4096),
    open: async (bytes) => (await codec).openPack(packName(actor, 4096), bytes, place),
  },
  {
    kind: "base",
    golden: "header of a base",
    name: "p/2/x/h",
    open: async (bytes) => (await codec).openGroup("p/2/x/h", bytes, "base"),
  },
  {
    kind: "run",
    golden: "header of a run",
    name: "p/1/x/h",
    open: async (bytes) => (await codec).openGroup("p/1/x/h", bytes, "run"),
  },
  {
    kind: "part",
    golden: "part of a base",
    name: "p/2/x/0",
    open: async (bytes) => (await codec).openPart("p/2/x/0", bytes, await cidOf(host.crypto, bytes, "raw")),
  },
  {
    kind: "control",
    golden: "control entry",
    name: controlName(3),
    open: async (bytes) => (await codec).openControl(controlName(3), bytes),
  },
  {
    kind: "doorbell",
    golden: "doorbell",
    name: doorbellName,
    open: async (bytes) => (await codec).openDoorbell(doorbellName, bytes),
  },
]

/** The kinds of objects, by the golden bytes of each. */
export const objectKinds = kinds

const sealed: readonly Target[] = kinds.map(({ kind, golden: form, open }) => ({
  name: `${kind}, sealed`,
  samples: () => [stored(form)],
  weight: 8,
  async run(input) {
    await open(Uint8Array.from(input as Uint8Array))
    if (toHex(input as Uint8Array) !== golden[form]) throw new Error("bytes that nobody sealed were opened")
  },
}))

/** Other entries of the control log than the golden one. */
const controlFields = [
  { type: "genesis", q: new Uint8Array(16), at: 1 },
  { type: "add", q: new Uint8Array(16), actor },
  { type: "rotate", q: new Uint8Array(16), epoch: 2, secret: new Uint8Array(32) },
]

/** Fields that a member makes up, sealed and signed as they must be. */
const fields: readonly Target[] = kinds.map(({ kind, golden: form, name, open }) => ({
  name: `${kind}, fields`,
  async samples() {
    const { header } = await openObject(
      { crypto: host.crypto, keys: await keys },
      kind,
      await whole(name),
      stored(form),
    )
    return [header, ...(kind === "control" ? controlFields : [])].map((one) => encodeCbor(one))
  },
  weight: 12,
  tree: cborTree,
  async run(input) {
    const header = decodeCbor(input as Uint8Array) as Readonly<Record<string, unknown>>
    const isOpenToAll = kind === "control" || kind === "doorbell"
    const request = {
      kind,
      name: await whole(name),
      epoch: isOpenToAll ? 0 : 1,
      salt: new Uint8Array(16).fill(9),
      ...(kind !== "part" && kind !== "doorbell" && { signer: await signer }),
    }
    const bytes = await sealObject({ crypto: host.crypto, keys: await keys }, request, { header, blocks: [] })
    await open(bytes)
    return kind === "control" ? String(header["type"]) : ""
  },
}))

const whole = async (name: string) => `${(await keys).name}/${name}`

const others = [actor, "0123456789abcdef", "vvvvvvvvvvvvvvvv"]
const key = rowKey("docs", "a")
const samples = [
  '["docs","a"]\n{"a":1,"b":{"c":[1,2],"d":null}}\t[8192,0]',
  '["docs","a"]\n{"a":1,"n":7,"tags":["x"]}\t[8192,0,1,[4096,1],["a"],[4100,2,["n\\u0000c0123456789abcdef",7],"tags\\u0000s\\"x\\""]]',
  '["docs","a"]\n\t[8192,1,[5,2]]\n"b"\n{}\t[3,0]\n["more","größe"]\n{"at":{"$":["d",5]}}\t[9,0,[2,1],0,["at"]]',
  '["docs","a"]\n{"o":{}}\t[8192,0,0,0,["o\\u0000o",["gone"]]]',
  '["docs","a"]\n{"t":"hi"}\t[8192,0,0,0,[["t\\u0000y0123456789abcdef.0","AAA="]]]',
]
/** Text that is a block as it stands. */
const plain = { deflate: async (bytes: Uint8Array) => bytes, inflate: async (bytes: Uint8Array) => bytes }

/** Lines of a block as a tree: of each row its place, its document and its meta. */
const rowTree: NonNullable<Target["tree"]> = {
  parse: (input) =>
    (input as string).split("\n").map((line) => line.split("\t").map((part) => JSON.parse(part || '""') as unknown)),
  format: (tree) =>
    (tree as readonly (readonly unknown[])[])
      .map((line) => line.map((part) => (part === "" ? "" : JSON.stringify(part))).join("\t"))
      .join("\n"),
  bytes: false,
}

/** Rows of a member, read, and joined with what is here in every way that there is. */
const rows: Target = {
  name: "rows of a block",
  samples: () => samples,
  weight: 2,
  tree: rowTree,
  async run(input) {
    const read = await blocksToRows(plain, [utf8Encode(input as string)], others)
    const actors = actorTable(others)
    const locals = [undefined, ...samples.slice(0, 4).map((sample) => sample.split("\n")[1] ?? "")]
    for (const local of locals)
      for (const kind of ["pack", "run", "base"] as const) {
        const step = { kind, actors: others, rows: read, known: { [actor]: 4096 }, told: { [actor]: 8192 } }
        const parts = { actors, self: others[1] ?? "", isUncut: () => false, rows: new Map([[key, local]]) }
        const { rows: changed } = absorbRows([step], parts)
        const again = { ...parts, rows: new Map(changed.map((row) => [row.key, row.after] as const)) }
        absorbRows([step], again)
      }
    return String(read.length)
  },
}

const lostStamp = formatStamp({ hlc: 4100, actor })
const lossSamples = [
  { life: 0, registers: [[1, "a", lostStamp, 2]], documents: [] },
  { life: lostStamp, registers: [[1, "b.c", lostStamp]], documents: [[1, 0, [["a", lostStamp, { $: ["d", 5] }]], []]] },
  {
    life: 0,
    registers: [],
    documents: [[1, lostStamp, [['tags\0s"x"', lostStamp, true]], [["o\0o", lostStamp, true]]]],
  },
]

/** What a member says that gave way, read, and joined with what is here, alive, over and begun anew. */
const losses: Target = {
  name: "losses of a part",
  samples: () => lossSamples.map((one) => JSON.stringify(one)),
  weight: 2,
  tree: {
    parse: (input) => JSON.parse(input as string) as never,
    format: (tree) => JSON.stringify(tree),
    bytes: false,
  },
  run(input) {
    checkLosses(input as string)
    const theirs = lossesOf(JSON.parse(input as string) as StoredLosses)
    const rows = samples.slice(0, 3).map((sample) => rowState(sample.split("\n")[1] ?? "", actorTable(others)))
    for (const local of [undefined, ...rows])
      for (const there of [undefined, ...rows])
        for (const isWhole of [true, false]) {
          const after = local ?? there
          if (after === undefined) continue
          const sides = { isKnown: ({ hlc }: Stamp) => hlc < 4096, isTold: () => true }
          const found = lossesGathered(theirs, { local, there, isWhole, theirs, after, ...sides, metMs: 1 })
          JSON.stringify(storedLosses(found))
        }
    return `${theirs.registers.length} ${theirs.documents.length}`
  },
}

const block: Target = {
  name: "block of a pack",
  async samples() {
    return Promise.all(samples.map((sample) => host.compression.deflate(utf8Encode(sample))))
  },
  weight: 12,
  run: async (input) => void (await blocksToRows(host.compression, [input as Uint8Array], others)),
}

const name: Target = {
  name: "name of an object",
  samples: () => [
    packName(actor, 4096),
    packName(actor, 0, "ab12"),
    `p/2/${hlcText(8192)}-${actor}-01234567/h`,
    `p/1/${hlcText(8192)}-${actor}-01234567/12`,
  ],
  weight: 1,
  run: (input: Input) => parseDataName(input as string)?.kind ?? "none",
}

/** All of them. */
export const spaceTargets: readonly Target[] = [name, ...sealed, ...fields, rows, losses, block]
