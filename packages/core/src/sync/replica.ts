/**
 * The Replica seam: a database as the bucket protocol sees it. The engine implements it over its line of commits, the
 * testkit over plain cells, and one machine (machine.ts) drives either.
 *
 * Contract, held by every implementation through one suite (testkit/contracts/replica):
 * - A replica is one per database, whatever the number of tabs and remotes. What a verb changes, rows and protocol state
 *   together, is one durable record, or nothing.
 * - A verb is given the revision that its caller decided on, and is "outrun" when the replica has a later one: the caller reads
 *   again. So a tab that was frozen in mid-sync cannot write what it decided before. Local commits leave the revision alone.
 * - Rows travel under a table of actors of their own (crdt/row.ts), as the part of a document that is told of.
 * - All that this device wrote before a cut is in it or in an earlier one, until it was written over by this device itself.
 *   A write that a join is about to beat is cut first.
 * - The clock of the database is past every stamp that it was given, so that what is written on top of it wins.
 * Must not know buckets, packs' bytes or keys.
 */
import type { Bytes } from "../base/bytes.ts"
import type { JsonObject } from "../base/json.ts"
import type { Hlc } from "../clock/hlc.ts"
import type { ActorId } from "../clock/stamp.ts"
import type { VersionVector } from "../clock/version-vector.ts"
import type { Key, KeyRange } from "../codec/key.ts"

/** The clock of the last pack known of an actor, and the hash of its chain of packs up to there: 32 hex characters. */
export type Head = readonly [hlc: Hlc, hash: string]

/** Heads by actor. Their clocks are the database's version vector. */
export type Heads = Readonly<Record<ActorId, Head>>

/** An actor that is bound to a signing key (sync/signer.ts). */
export interface Incarnation {
  readonly actor: ActorId
  /** What the signing key is made from: 32 random bytes, kept in a sealed row of this device and never sent. */
  readonly secret: Bytes
}

/** What this device has cut and not yet seen acknowledged for good, as the machine wrote it. */
export interface OutgoingPack {
  /** The author: an earlier incarnation's packs may wait for a second remote. */
  readonly actor: ActorId
  readonly lo: Hlc
  readonly hi: Hlc
  /** The hash of its chain at `hi`. What an earlier version has cut has it in its content alone. */
  readonly hash?: string | undefined
}

/** The durable state of the protocol at one moment. */
export interface ReplicaState {
  /** Counts the changes of everything below but `hasUncut`. */
  readonly revision: number
  /** The actor of this device's commits; undefined until the first `reincarnate`, when it is bound to no key yet. */
  readonly incarnation: Incarnation | undefined
  /** What is known of whom. The own head is that of the last cut. */
  readonly heads: Heads
  /** Whether there are commits after the own head. */
  readonly hasUncut: boolean
  /** Whether writes of an earlier incarnation wait for `reissue`. They are in no pack. */
  readonly hasVoid: boolean
  /** In the order in which they were cut. Their contents can be large, and are read one by one. */
  readonly outbox: readonly OutgoingPack[]
  /** What the machine remembers for all remotes together, as it gave it. */
  readonly memory: JsonObject | undefined
  /** What the machine remembers of one remote, by the remote's name. */
  readonly notes: Readonly<Record<string, JsonObject>>
}

/** A change of what the machine remembers, stored with whatever else a verb changes. */
export interface ProtocolChange {
  readonly memory?: JsonObject
  /** Null forgets a remote. */
  readonly notes?: Readonly<Record<string, JsonObject | null>>
  /** Leaves the outbox: what every remote has for certain. */
  readonly delivered?: readonly Pick<OutgoingPack, "actor" | "lo">[]
}

/** Parts of documents under a table of actors. */
export interface PackedRows {
  /** The actors that the rows name by their place here. */
  readonly actors: readonly ActorId[]
  /** Ascending by key; keys are those of the rows' key space. */
  readonly rows: readonly (readonly [key: Key, row: string])[]
  /**
   * Only with whole states and spans: what gave way of documents (crdt/losses-form.ts), ascending by key. Of a document that is among
   * these or the rows, it is all that is lost there.
   */
  readonly losses?: readonly (readonly [key: Key, losses: string])[]
}

/** What a cut is about to become. */
export interface CutPart extends PackedRows {
  /** Whether it was cut off at a commit, as there is too much for one pack: the caller cuts again. */
  readonly isPartial?: boolean
  readonly lo: Hlc
  readonly hi: Hlc
  /** What this device had seen of the others when it wrote this. */
  readonly heads: Heads
}

/** A pack's content and the hash of the chain with it; runs within the cut, and may run again when it was outrun. */
export type EncodeCut = (part: CutPart) => Promise<{ readonly content: Bytes; readonly hash: string }>

/** Rows to take in, and how (crdt/absorb.ts). */
export interface AbsorbStep extends PackedRows {
  /**
   * "pack": what one actor wrote. "run": all cells of a span, those that are known here and gone were collected. "base": the
   * whole state of a range; what it knows of and does not hold was collected, here as there.
   */
  readonly kind: "pack" | "run" | "base"
  /** Only of a base: the keys that the rows are the whole of. */
  readonly range?: KeyRange
  /** What is known here before this step. Own stamps are known. */
  readonly known: VersionVector
  /** What the rows tell of: their writer's or maker's knowledge. A local write outside of it had not been seen there. */
  readonly told: VersionVector
}

/** One atomic step of what remote devices wrote. */
export interface Absorption extends ProtocolChange {
  readonly steps: readonly AbsorbStep[]
  /** Heads that move. */
  readonly heads: Heads
}

/** What came of a verb. */
export type ReplicaOutcome = "done" | "outrun"

/** A database, as one device has it. */
export interface Replica {
  /** The state now, all commits of other tabs taken in. */
  read(): Promise<ReplicaState>
  /** The content of an outgoing pack, which is never cut again: one range of one actor has one content for ever. */
  contentOf(pack: Pick<OutgoingPack, "actor" | "lo">): Promise<Bytes | undefined>
  /**
   * Puts commits since the last cut into the outbox as one pack, all of them up to a moment of now or as many as a pack should
   * hold, and moves the own head there. The pack has no rows when there are no commits, or while void writes wait: it registers the actor, and tells what it has seen.
   */
  cut(revision: number, encode: EncodeCut): Promise<ReplicaOutcome>
  /**
   * Takes in what others wrote. "uncut" when a step would beat a local write that is in no cut and not void: the caller cuts
   * and tries again.
   */
  absorb(revision: number, absorption: Absorption): Promise<ReplicaOutcome | "uncut">
  /** Stores a change of the protocol's state alone. */
  remember(revision: number, change: ProtocolChange): Promise<ReplicaOutcome>
  /**
   * Goes on as another actor: at first contact, and after doubt about the own history (R6). What the old actor wrote after
   * `keep` becomes void, with all local writes until `reissue`: it stays in the rows under the new actor, at its old time. At
   * first contact, when no actor was bound yet, that is everything. A counter's void part is what was added after `keep`.
   * Outgoing packs of the old actor after `keep` go; its head becomes `keep`, or goes with it. The new actor has no head.
   * A device that was put back is bound to none either; of the one that it was all stays that is in no outgoing pack after `keep`.
   */
  reincarnate(revision: number, next: Incarnation, keep: Head | undefined): Promise<ReplicaOutcome>
  /**
   * Ends the time of void writes, once all that the bucket holds was absorbed: what is left of them, neither beaten nor of a
   * life that is over, gets stamps of now.
   */
  reissue(revision: number): Promise<ReplicaOutcome>
  /**
   * The rows of a range of keys as of one moment, dead ones included, in pages. Undefined when the replica is past `revision`,
   * has commits that no cut has, or void ones: such rows tell more than the heads do, and must not be published.
   */
  scan(revision: number, range?: KeyRange): Promise<AsyncIterable<PackedRows> | undefined>
  /** Resolves when everything before survives a power cut: before anything is published. */
  barrier(): Promise<void>
}
