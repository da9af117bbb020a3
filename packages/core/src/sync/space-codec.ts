/**
 * The codec of a space: objects as sealed, signed bytes (docs/format.md). Owns: the fields of each kind of object.
 * Invariant: fields are read with doubt: of the right kind, within bounds, and of the actor that the name tells.
 * Must not know buckets, nor what is done with an object.
 */
import { type Bytes, concatBytes, fromHex, toHex, utf8Encode } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import type { VersionVector } from "../clock/version-vector.ts"
import { decodeCbor, encodeCbor } from "../codec/cbor.ts"
import { cidOf, digestOf } from "../codec/cid.ts"
import { createSigner, secretBytes, type Signer } from "../crypto/signing.ts"
import { controlEpoch, type SpaceKeys } from "../crypto/space-keys.ts"
import { readActor, readBytes, readHash, readHlc, readList, readPairs, readText, refuseField } from "./fields.ts"
import { checkLosses } from "./losses-check.ts"
import type { ControlEntry, Doorbell, Group, GroupPart, ObjectCodec, Pack, ReadControl } from "./objects.ts"
import type { Head, Heads, Incarnation, PackedRows } from "./replica.ts"
import { blocksToRows, checkedRows, rowsToBlocks, rowTexts } from "./row-form.ts"
import { type ClearObject, type ObjectKind, objectSaltBytes, openObject, sealObject } from "./sealed-object.ts"

/** What a codec needs. */
export interface SpaceCodecParts {
  readonly host: Pick<Host, "crypto" | "compression" | "random">
  readonly keys: SpaceKeys
}

type Fields = Readonly<Record<string, unknown>>

/** A block of so many bytes stands in the header: it needs no tag of its own. */
const inlineBytesMax = 4096

/** The codec of a space. */
export function createSpaceCodec({ host, keys }: SpaceCodecParts): ObjectCodec {
  return new SpaceCodec(host, keys)
}

class SpaceCodec implements ObjectCodec {
  readonly #host: SpaceCodecParts["host"]
  readonly #keys: SpaceKeys
  readonly #signers = new Map<string, Promise<Signer>>()

  constructor(host: SpaceCodecParts["host"], keys: SpaceKeys) {
    this.#host = host
    this.#keys = keys
  }

  get space(): string {
    return this.#keys.name
  }

  async newIncarnation(): Promise<Incarnation> {
    const secret = this.#host.random(secretBytes) as Bytes
    const { actor } = await createSigner(this.#host.crypto, secret)
    return { actor, secret }
  }

  async encodePack(pack: Omit<Pack, "hash">, previous: string): Promise<{ content: Bytes; hash: string }> {
    const hash = await this.hashOf({ ...pack, hash: "" }, previous)
    const blocks = await rowsToBlocks(this.#host.compression, pack.rows)
    const fields = { ...packFields({ ...pack, hash }), d: blocks, z: this.#host.random(objectSaltBytes) }
    return { content: encodeCbor(fields), hash }
  }

  async decodePack(content: Bytes, place: Pick<Pack, "actor" | "lo">): Promise<Pack> {
    const { d, ...fields } = decodeCbor(content) as Fields
    return this.#readPack(fields, readList(d, readBytes), place)
  }

  async hashOf(pack: Pack, previous: string): Promise<string> {
    const { crypto } = this.#host
    const rows = await digestOf(crypto, utf8Encode(rowTexts(pack.rows).join("\n\n")))
    const fields = encodeCbor({ ...packFields(pack), c: undefined, lo: pack.lo, by: pack.actor, rows })
    return toHex((await digestOf(crypto, concatBytes(fromHex(previous), fields))).subarray(0, 16))
  }

  async sealPack(name: string, content: Bytes, author: Incarnation): Promise<Bytes> {
    const { d, z, ...header } = decodeCbor(content) as Fields
    const blocks = readList(d, readBytes)
    const [only] = blocks
    const isInline = blocks.length === 1 && only !== undefined && only.length <= inlineBytesMax
    const clear = isInline ? { header: { ...header, d: only }, blocks: [] } : { header, blocks }
    return this.#seal({ kind: "pack", name, salt: readBytes(z), author, clear })
  }

  async openPack(name: string, bytes: Uint8Array, place: Pick<Pack, "actor" | "lo">): Promise<Pack> {
    const { header, blocks, signer } = await this.#open("pack", name, bytes)
    if (signer !== place.actor) throw new FixpointError("ACTOR_MISMATCH")
    const { d, ...fields } = header
    return this.#readPack(fields, d === undefined ? blocks : [readBytes(d)], place)
  }

  async sealPart(name: string, rows: PackedRows): Promise<{ bytes: Bytes; cid: string }> {
    const { compression } = this.#host
    const { actors, losses = [] } = rows
    const blocks = await rowsToBlocks(compression, rows.rows)
    const lost = losses.length > 0 && { c: await rowsToBlocks(compression, losses) }
    const clear = { header: { a: actors, ...lost }, blocks }
    const bytes = await this.#seal({ kind: "part", name, clear })
    return { bytes, cid: await cidOf(this.#host.crypto, bytes, "raw") }
  }

  async openPart(name: string, bytes: Uint8Array, cid: string): Promise<PackedRows> {
    if ((await cidOf(this.#host.crypto, bytes, "raw")) !== cid)
      throw new FixpointError("BLOCK_CORRUPT", undefined, { details: { part: "cid" } })
    const { header, blocks } = await this.#open("part", name, bytes)
    const read = await this.#readRows(header, blocks)
    if (header.c === undefined) return read
    return { ...read, losses: await checkedRows(this.#host.compression, readList(header.c, readBytes), checkLosses) }
  }

  sealGroup(name: string, group: Group, maker: Incarnation): Promise<Bytes> {
    const { kind, lo, heads, horizon, parts, digest } = group
    const header = {
      h: headsFields(heads),
      o: Object.entries(horizon),
      g: digest,
      p: parts.map(({ cid, byteCount, rowCount, first }) => [cid, byteCount, rowCount, first]),
      ...(kind === "run" && { l: Object.entries(lo) }),
    }
    return this.#seal({ kind, name, author: maker, clear: { header, blocks: [] } })
  }

  async openGroup(name: string, bytes: Uint8Array, kind: Group["kind"]): Promise<Group> {
    const { header, signer } = await this.#open(kind, name, bytes)
    return {
      kind,
      maker: readActor(signer),
      lo: kind === "run" ? readVector(header.l) : {},
      heads: readHeads(header.h),
      horizon: readVector(header.o),
      parts: readList(header.p, readPart),
      digest: readText(header.g),
    }
  }

  sealControl(name: string, entry: ControlEntry, by: Incarnation): Promise<Bytes> {
    const { previous, by: _, ...fields } = entry
    const header = { ...fields, q: fromHex(previous) } as Record<string, unknown>
    if (entry.type === "seal") header.head = entry.head && [entry.head[0], fromHex(entry.head[1])]
    return this.#seal({ kind: "control", name, author: by, epoch: controlEpoch, clear: { header, blocks: [] } })
  }

  async openControl(name: string, bytes: Uint8Array): Promise<ReadControl> {
    const { header, signer } = await this.#open("control", name, bytes)
    const hash = toHex((await digestOf(this.#host.crypto, bytes)).subarray(0, 16))
    return { entry: readControlEntry(header, readActor(signer)), hash }
  }

  sealDoorbell(name: string, { recent, control }: Doorbell): Promise<Bytes> {
    const clear = { header: { r: recent, c: control }, blocks: [] }
    return this.#seal({ kind: "doorbell", name, epoch: controlEpoch, clear })
  }

  async openDoorbell(name: string, bytes: Uint8Array): Promise<Doorbell> {
    const { header } = await this.#open("doorbell", name, bytes)
    const recent = readList(header.r, (one) => {
      const [actor, lo, hi] = readList(one, (part) => part)
      return [readActor(actor), readHlc(lo), readHlc(hi)] as const
    })
    return { recent, control: readHlc(header.c) }
  }

  addEpoch(epoch: number, secret: Bytes): Promise<void> {
    return this.#keys.addEpoch(epoch, secret)
  }

  async #seal(request: {
    readonly kind: ObjectKind
    readonly name: string
    readonly clear: ClearObject
    readonly salt?: Bytes
    readonly epoch?: number
    readonly author?: Incarnation
  }): Promise<Bytes> {
    const { kind, name, clear, salt, epoch, author } = request
    const parts = { crypto: this.#host.crypto, keys: this.#keys }
    return sealObject(
      parts,
      {
        kind,
        name: this.#place(name),
        epoch: epoch ?? this.#keys.epoch,
        salt: salt ?? (this.#host.random(objectSaltBytes) as Bytes),
        ...(author && { signer: await this.#signerOf(author) }),
      },
      clear,
    )
  }

  #open(kind: ObjectKind, name: string, bytes: Uint8Array) {
    return openObject({ crypto: this.#host.crypto, keys: this.#keys }, kind, this.#place(name), bytes)
  }

  #place(name: string): string {
    return `${this.#keys.name}/${name}`
  }

  #signerOf({ actor, secret }: Incarnation): Promise<Signer> {
    const known = this.#signers.get(actor) ?? createSigner(this.#host.crypto, secret)
    this.#signers.set(actor, known)
    return known
  }

  async #readPack(fields: Fields, blocks: readonly Uint8Array[], place: Pick<Pack, "actor" | "lo">): Promise<Pack> {
    const hi = readHlc(fields.h)
    if (hi <= place.lo) refuseField()
    const seen = readHeads(fields.s)
    const rows = await this.#readRows(fields, blocks)
    return { ...place, ...rows, hi, hash: readHash(fields.c), seen, isFull: fields.f === true }
  }

  async #readRows({ a }: Fields, blocks: readonly Uint8Array[]): Promise<PackedRows> {
    const actors = readList(a, readActor)
    return { actors, rows: await blocksToRows(this.#host.compression, blocks, actors) }
  }
}

const packFields = ({ hi, hash, seen, isFull, actors }: Pack) => ({
  h: hi,
  c: fromHex(hash),
  s: headsFields(seen),
  ...(isFull && { f: true }),
  a: actors,
})

const headsFields = (heads: Heads) =>
  Object.entries(heads)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([actor, [hlc, hash]]) => [actor, hlc, fromHex(hash)])

function readHeads(value: unknown): Heads {
  return Object.fromEntries(
    readList(value, (one) => {
      const [actor, hlc, hash] = readList(one, (part) => part)
      return [readActor(actor), [readHlc(hlc), readHash(hash)]] as const
    }),
  )
}

function readVector(value: unknown): VersionVector {
  return Object.fromEntries(readPairs(value).map(([actor, hlc]) => [readActor(actor), readHlc(hlc)]))
}

function readPart(value: unknown): GroupPart {
  const [cid, byteCount, rowCount, first] = readList(value, (part) => part)
  return { cid: readText(cid), byteCount: readHlc(byteCount), rowCount: readHlc(rowCount), first: readText(first) }
}

function readControlEntry(fields: Fields, by: string): ControlEntry {
  const origin = { previous: readHash(fields.q), by }
  switch (fields.type) {
    case "genesis":
      return { ...origin, type: "genesis", at: readHlc(fields.at) }
    case "add":
    case "fence":
      return { ...origin, type: fields.type, actor: readActor(fields.actor) }
    case "seal":
      return { ...origin, type: "seal", actor: readActor(fields.actor), head: readSealed(fields.head) }
    case "rotate":
      return { ...origin, type: "rotate", epoch: readHlc(fields.epoch), secret: readBytes(fields.secret) as Bytes }
    default:
      throw new FixpointError("FORMAT_TOO_NEW", undefined, { details: { kind: "control" } })
  }
}

function readSealed(value: unknown): Head | null {
  if (value === null) return null
  const [hlc, hash] = readList(value, (part) => part)
  return [readHlc(hlc), readHash(hash)]
}
