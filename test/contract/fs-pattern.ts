/** What the processes of the crash tests write: every byte of it can be told from its place. */
import type { LogRecord, StoreChange, StoredManifest } from "@fixpoint/core"

/** Lengths from some bytes to some hundred thousand, so that kills meet long writes. */
const lengthOf = (n: number) => 16 + (n % 3 === 0 ? 600_000 : (n * 7919) % 5000)

function pattern(mark: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = ((mark * 31 + i * 7) & 0xff) | 1
  new DataView(bytes.buffer).setUint32(0, mark)
  return bytes
}

/** A record: its number, who wrote it, and a pattern. */
export function recordOf(n: number, writer: number): LogRecord {
  const bytes = pattern(n, lengthOf(n))
  bytes[4] = writer
  return { n, bytes }
}

/** Who wrote a record. */
export const writerOf = ({ bytes }: LogRecord): number => bytes[4] ?? -1

/** Whether a record is whole and in its place. */
export function isIntact(record: LogRecord): boolean {
  return equal(record.bytes, recordOf(record.n, writerOf(record)).bytes)
}

/** The three blocks of a segment. */
export const blocksOf = (segment: number): NonNullable<StoreChange["blocks"]> =>
  [0, 1, 2].map((index) => ({ segment, index, bytes: pattern(segment * 3 + index, 40_000) }))

/** A manifest that names segments. */
export const manifestOf = (version: number, segments: readonly number[]): StoredManifest => ({
  version,
  bytes: new TextEncoder().encode(JSON.stringify(segments)),
})

/** The segments that a manifest names. */
export const segmentsOf = (bytes: Uint8Array | undefined): number[] =>
  bytes === undefined ? [] : (JSON.parse(new TextDecoder().decode(bytes)) as number[])

/** Whether two arrays hold the same bytes. */
export function equal(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}
