/**
 * Stamps: the total order of writes. Owns: actors, stamps, their order and text.
 * Invariant: the order of stamps' texts is the order of stamps. Must not know what a stamp is put on.
 */
import { toBase32Hex } from "../base/bytes.ts"
import type { Hlc } from "./hlc.ts"

/** One incarnation of a device: 16 characters of lower-case base32hex. */
export type ActorId = string

/** The moment and the author of a commit. */
export interface Stamp {
  readonly hlc: Hlc
  readonly actor: ActorId
}

const actorBytes = 10
/** 11 digits of 5 bits hold every safe integer; the first digit is at most 7. */
const hlcDigits = 11
const stampText = /^([0-7][0-9a-v]{10})-([0-9a-v]{16})$/

/** Negative, 0 or positive: by clock, then by actor. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.hlc - b.hlc || (a.actor < b.actor ? -1 : a.actor > b.actor ? 1 : 0)
}

/** The stamp as text: fixed-width clock, dash, actor. */
export function formatStamp(stamp: Stamp): string {
  return `${stamp.hlc.toString(32).padStart(hlcDigits, "0")}-${stamp.actor}`
}

/** The stamp of `formatStamp`; undefined for any other text. */
export function parseStamp(text: string): Stamp | undefined {
  const [, digits, actor] = stampText.exec(text) ?? []
  if (digits === undefined || actor === undefined) return undefined
  return { hlc: Number.parseInt(digits, 32), actor }
}

/** A new actor: 80 random bits, so that no two incarnations ever share one. */
export function newActor(random: (byteCount: number) => Uint8Array): ActorId {
  return toBase32Hex(random(actorBytes))
}
