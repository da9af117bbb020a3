/**
 * The objects of a space in clear, and the codec between them and stored bytes. Owns: what each kind of object says.
 * Invariant: the machine decides on these alone. What a codec opens is authentic: written by a holder of the space's keys for
 * that name, and signed by the actor that it says; anything else is a FixpointError.
 * Must not know how bytes are sealed (space-codec.ts), nor who asks.
 */
import type { Bytes } from "../base/bytes.ts"
import type { Hlc } from "../clock/hlc.ts"
import type { ActorId } from "../clock/stamp.ts"
import type { VersionVector } from "../clock/version-vector.ts"
import type { Key } from "../codec/key.ts"
import type { Head, Heads, Incarnation, PackedRows } from "./replica.ts"

/** What one actor wrote from `lo`, exclusive, to `hi`. Its name tells actor and lo. */
export interface Pack extends PackedRows {
  readonly actor: ActorId
  readonly lo: Hlc
  readonly hi: Hlc
  /** The chain's hash at `hi`: of the hash at `lo` and this content. A reader who knows the former can check the latter. */
  readonly hash: string
  /** What the author had seen of others: all heads where `isFull`, else those that moved since its last pack. */
  readonly seen: Heads
  readonly isFull: boolean
}

/** A part of a run or a base, in the order of keys. */
export interface GroupPart {
  /** The hash of the part's bytes. */
  readonly cid: string
  readonly byteCount: number
  readonly rowCount: number
  /** The first key; the part ends where the next one begins. */
  readonly first: Key
}

/** A run: all cells from `lo` to `heads`. A base: the whole state at `heads`. */
export interface Group {
  readonly kind: "run" | "base"
  readonly maker: ActorId
  /** Of a run: what one must know to take it. Empty for a base. */
  readonly lo: VersionVector
  readonly heads: Heads
  /** What every actor that is not sealed had seen. */
  readonly horizon: VersionVector
  readonly parts: readonly GroupPart[]
  /** Of a base: the convergence digest of its state. */
  readonly digest: string
}

/** An entry of the control log. */
export type ControlEntry = { readonly previous: string; readonly by: ActorId } & (
  | { readonly type: "genesis"; readonly at: number }
  /** An actor announces itself. Packs tell as much: kept for members to come. */
  | { readonly type: "add"; readonly actor: ActorId }
  /** From here on nothing new of the actor is taken. */
  | { readonly type: "fence"; readonly actor: ActorId }
  /** The last of the actor that counts; no head when it is nothing. */
  | { readonly type: "seal"; readonly actor: ActorId; readonly head: Head | null }
  /** What is sealed later is sealed under this epoch. */
  | { readonly type: "rotate"; readonly epoch: number; readonly secret: Bytes }
)

/** A hint: the newest packs, and how many control entries there are. Never trusted for safety. */
export interface Doorbell {
  readonly recent: readonly (readonly [actor: ActorId, lo: Hlc, hi: Hlc])[]
  readonly control: number
}

/** A control entry, and the hash that the next one names. */
export interface ReadControl {
  readonly entry: ControlEntry
  readonly hash: string
}

/** Between objects and bytes, for one space. */
export interface ObjectCodec {
  /** The folder of the space. */
  readonly space: string
  /** A new actor with its key. */
  newIncarnation(): Promise<Incarnation>
  /** What the outbox keeps of a pack, and its hash behind `previous`, the hash of the chain at its lo. */
  encodePack(pack: Omit<Pack, "hash">, previous: string): Promise<{ readonly content: Bytes; readonly hash: string }>
  /** The pack that an outbox keeps. */
  decodePack(content: Bytes, place: Pick<Pack, "actor" | "lo">): Promise<Pack>
  /** The hash that a pack must have behind `previous`. */
  hashOf(pack: Pack, previous: string): Promise<string>
  sealPack(name: string, content: Bytes, author: Incarnation): Promise<Bytes>
  openPack(name: string, bytes: Uint8Array, place: Pick<Pack, "actor" | "lo">): Promise<Pack>
  /** Bytes are what a header names by `cid`. */
  sealPart(name: string, rows: PackedRows): Promise<{ readonly bytes: Bytes; readonly cid: string }>
  openPart(name: string, bytes: Uint8Array, cid: string): Promise<PackedRows>
  sealGroup(name: string, group: Group, maker: Incarnation): Promise<Bytes>
  openGroup(name: string, bytes: Uint8Array, kind: Group["kind"]): Promise<Group>
  sealControl(name: string, entry: ControlEntry, by: Incarnation): Promise<Bytes>
  openControl(name: string, bytes: Uint8Array): Promise<ReadControl>
  sealDoorbell(name: string, doorbell: Doorbell): Promise<Bytes>
  openDoorbell(name: string, bytes: Uint8Array): Promise<Doorbell>
  /** Takes up an epoch of the control log. */
  addEpoch(epoch: number, secret: Bytes): Promise<void>
}

/** The hash of a chain without any pack. */
export const noHash: string = "0".repeat(32)
