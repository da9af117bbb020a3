/**
 * Frames, of which a journal file is made. Owns: their bytes, and what a run of bytes is: a frame, the beginning of one, or
 * none.
 *
 * A frame is a head of 48 bytes, a directory (JSON), and a body (the bytes that the directory names, one after the other).
 * The head, the directory and the body have a checksum each, so that the extent of a frame is known when its body is
 * damaged, and damaged sealed bytes can be handed to those who authenticate them.
 * Must not know what follows from the frames of a file, nor files.
 */
import { concatBytes, utf8Decode, utf8Encode } from "../base/bytes.ts"
import type { Identity } from "./store.ts"

/** Blocks of one file, as segment, index, place and length of each. */
export interface BlockList {
  readonly file: string
  readonly blocks: readonly (readonly [segment: number, index: number, at: number, length: number])[]
}

/** What a frame says. Lengths are of the parts of the body: records, manifest, keys. */
export interface Directory {
  /** Who wrote it. */
  readonly by: string
  readonly identity?: Identity
  readonly records?: readonly (readonly [n: number, length: number])[]
  readonly manifest?: readonly [version: number, length: number]
  readonly keys?: number
  readonly files?: readonly BlockList[]
  readonly trim?: number
  readonly drop?: readonly number[]
  /** The journal ends here, and goes on in the file of this generation. */
  readonly next?: number
}

/** A frame's own facts. */
export interface FrameHead {
  /** Number of the frame: one more than that of the frame it follows. */
  readonly seq: number
  /** Place of the frame it follows, in the same file. */
  readonly previous: number
  /** Bytes of the file that had reached the disk when it was written. */
  readonly synced: number
}

/** A frame in a file. */
export interface Frame extends FrameHead {
  readonly at: number
  readonly bodyAt: number
  readonly end: number
  readonly directory: Directory
  /** Whether the body fits its checksum. */
  readonly isWhole: boolean
}

/** A head whose directory is not there, or is not what was written. The frame was to end at `end`. */
export interface Stub {
  readonly at: number
  readonly end: number
  readonly directory?: undefined
}

/** What lies at a place: a frame, what is left of one, or something else. */
export type Look = Frame | Stub | undefined

type Crc32 = (bytes: Uint8Array) => number

/** Bytes of a head. */
export const headBytes = 48
const magic = new Uint8Array([0x46, 0x50, 0x4a, 0x1a])

/** The bytes of a frame. */
export function encodeFrame(
  { seq, previous, synced }: FrameHead,
  directory: Directory,
  body: readonly Uint8Array[],
  crc32: Crc32,
): { bytes: Uint8Array; bodyOffset: number } {
  const text = utf8Encode(JSON.stringify(directory))
  const rest = concatBytes(...body)
  const head = new Uint8Array(headBytes)
  const view = new DataView(head.buffer)
  head.set(magic)
  view.setUint32(4, text.length)
  view.setUint32(8, rest.length)
  view.setUint32(12, crc32(rest))
  view.setBigUint64(16, BigInt(seq))
  view.setBigUint64(24, BigInt(synced))
  view.setBigUint64(32, BigInt(previous))
  view.setUint32(40, crc32(text))
  view.setUint32(44, crc32(head.subarray(0, 44)))
  return { bytes: concatBytes(head, text, rest), bodyOffset: headBytes + text.length }
}

/** What lies at `at` of a file whose bytes from `base` on are given. */
export function lookAt(bytes: Uint8Array, base: number, at: number, crc32: Crc32): Look {
  const from = at - base
  const head = bytes.subarray(from, from + headBytes)
  if (head.length < headBytes || !isFrameStart(head)) return undefined
  const view = new DataView(head.buffer, head.byteOffset, headBytes)
  if (view.getUint32(44) !== crc32(head.subarray(0, 44))) return undefined
  const textEnd = from + headBytes + view.getUint32(4)
  const end = textEnd + view.getUint32(8)
  const text = bytes.subarray(from + headBytes, textEnd)
  if (end > bytes.length || view.getUint32(40) !== crc32(text)) return { at, end: base + end }
  return {
    at,
    seq: Number(view.getBigUint64(16)),
    synced: Number(view.getBigUint64(24)),
    previous: Number(view.getBigUint64(32)),
    directory: JSON.parse(utf8Decode(text)) as Directory,
    bodyAt: base + textEnd,
    end: base + end,
    isWhole: view.getUint32(12) === crc32(bytes.subarray(textEnd, end)),
  }
}

/** Whether bytes are how a frame begins, as far as there are any. */
export function isFrameStart(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => i >= bytes.length || bytes[i] === byte)
}

/** What begins with a head, from `from` on. What is found may lie within the extent of what was found before. */
export function* headsFrom(bytes: Uint8Array, base: number, from: number, crc32: Crc32): Generator<Frame | Stub> {
  for (let i = from - base; i <= bytes.length - headBytes; i++) {
    i = bytes.indexOf(0x46, i)
    if (i < 0) return
    const found = lookAt(bytes, base, base + i, crc32)
    if (found !== undefined) yield found
  }
}
