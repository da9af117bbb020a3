/**
 * Fields of objects that come from a bucket. Owns: the check of each kind of field.
 * Invariant: a field is what its reader's type says, or the object is BLOCK_CORRUPT. Must not know which object it is of.
 */
import { type Bytes, toHex } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"

const actorForm = /^[0-9a-v]{16}$/
const hashBytes = 16

/** Stops the reader: the object is not of its form. */
export function refuseField(): never {
  throw new FixpointError("BLOCK_CORRUPT", undefined, { details: { part: "fields" } })
}

/** A list, each element read. */
export function readList<T>(value: unknown, read: (element: unknown) => T): T[] {
  return Array.isArray(value) ? value.map(read) : refuseField()
}

/** A list of pairs. */
export function readPairs(value: unknown): (readonly [unknown, unknown])[] {
  return readList(value, (pair) => (Array.isArray(pair) && pair.length === 2 ? [pair[0], pair[1]] : refuseField()))
}

/** An actor. */
export function readActor(value: unknown): string {
  return typeof value === "string" && actorForm.test(value) ? value : refuseField()
}

/** A clock or a count. */
export function readHlc(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : refuseField()
}

/** A text. */
export function readText(value: unknown): string {
  return typeof value === "string" ? value : refuseField()
}

/** Bytes. */
export function readBytes(value: unknown): Bytes {
  return value instanceof Uint8Array ? (value as Bytes) : refuseField()
}

/** A hash, as hex. */
export function readHash(value: unknown): string {
  const bytes = readBytes(value)
  return bytes.length === hashBytes ? toHex(bytes) : refuseField()
}
