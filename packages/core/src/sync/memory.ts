/**
 * What the machine remembers between rounds, beside heads and outbox. Owns: its plain form, and its changes.
 * Invariant: it is stored with the step that it tells of, so that a crash leaves both or neither. What was lost with a rollback
 * of the device is only ever too little: the bucket is asked again.
 * Must not know the bucket.
 */
import type { JsonObject } from "../base/json.ts"
import type { Hlc } from "../clock/hlc.ts"
import type { ActorId } from "../clock/stamp.ts"
import { joinVectors, type VersionVector } from "../clock/version-vector.ts"
import type { Group, Pack } from "./objects.ts"
import type { Head, Heads, ReplicaState } from "./replica.ts"

/** Of all remotes together. */
export interface Memory {
  /** What each actor had seen when it last published. */
  readonly seen: Readonly<Record<ActorId, VersionVector>>
  /** The heads of all bases taken in: what was collected may lie below. */
  readonly floor: VersionVector
  /** Actors that this device once was. */
  readonly retired: readonly ActorId[]
}

/** Of one remote. */
export interface RemoteNote {
  /** The actor that the rest of own matters is about; another one in force is not registered yet. */
  readonly actor: ActorId | null
  /** The end of what was put, and of what was then found uncontradicted. Null for nothing. */
  readonly sent: Head | null
  readonly sure: Head | null
  /** The control log, entry by entry, as base64 of stored bytes: any device can put it back. */
  readonly control: readonly string[]
  /** By actor, the los of packs that are there and in no run or base, up to the head. */
  readonly spans: Readonly<Record<ActorId, readonly Hlc[]>>
  /** When runs and bases were first seen there, by their ids, in ms of wall time by the remote's clock. */
  readonly groups?: Readonly<Record<string, number>>
  /** How often this device has begun anew with the remote. */
  readonly begun?: number
}

const emptyMemory: Memory = { seen: {}, floor: {}, retired: [] }
const emptyNote: RemoteNote = { actor: null, sent: null, sure: null, control: [], spans: {} }

/** The memory of a state. */
export function memoryOf({ memory }: ReplicaState): Memory {
  return memory === undefined ? emptyMemory : (memory as unknown as Memory)
}

/** The note of a remote. */
export function noteOf({ notes }: ReplicaState, remote: string): RemoteNote {
  const note = notes[remote]
  return note === undefined ? emptyNote : (note as unknown as RemoteNote)
}

/** Which beginning with a remote a note is of. */
export const begunOf = ({ begun = 0 }: RemoteNote): number => begun

/** The note of a remote that is met as if it had never been known. */
export const noteAnew = (note: RemoteNote): RemoteNote => ({ ...emptyNote, begun: begunOf(note) + 1 })

/** As a replica stores it. */
export function toJson(remembered: Memory | RemoteNote): JsonObject {
  return remembered as unknown as JsonObject
}

/** The clock of a head; 0 for none. */
export const clockOf = (head: Head | null | undefined): Hlc => head?.[0] ?? 0

/** The clocks of heads. */
export function vectorOf(heads: Heads): VersionVector {
  return Object.fromEntries(Object.entries(heads).map(([actor, [hlc]]) => [actor, hlc]))
}

/** The memory after a pack. An actor has seen all of its own. */
export function afterPack(memory: Memory, { actor, hi, seen, isFull }: Pack): Memory {
  const before = isFull ? {} : (memory.seen[actor] ?? {})
  const now = { ...joinVectors(before, vectorOf(seen)), [actor]: hi }
  return { ...memory, seen: { ...memory.seen, [actor]: now } }
}

/** The memory after a run or a base: its horizon is what each of its actors had seen at least. */
export function afterGroup(memory: Memory, { kind, heads, horizon }: Group, known: Heads): Memory {
  const seen = { ...memory.seen }
  for (const [actor, [hlc]] of Object.entries(heads))
    if (hlc > clockOf(known[actor])) seen[actor] = { ...joinVectors(seen[actor] ?? {}, horizon), [actor]: hlc }
  return { ...memory, seen, ...(kind === "base" && { floor: joinVectors(memory.floor, vectorOf(heads)) }) }
}

/** The note with packs added to what is there of an actor. */
export function withSpan(note: RemoteNote, actor: ActorId, lo: Hlc): RemoteNote {
  const los = note.spans[actor] ?? []
  return los.includes(lo) ? note : { ...note, spans: { ...note.spans, [actor]: [...los, lo] } }
}
