/**
 * From the bytes of a journal file to the state that they stand for. Owns: which frames count.
 *
 * Writers append without asking each other; the order of the file decides. The state has a newest frame; the next one is
 * the first after it that is whole, has the next number and names it as the one it follows. All other frames came second,
 * and count for nothing. So a frame, once it counts, counts for ever and for everybody, whatever is appended later.
 * What is no frame is what a writer left who was killed, or a power cut: it is passed over when the next frame follows it.
 * Invariant: damage is told from that. A whole extent with a wrong body counts, for others to find it damaged; bytes that
 * neither a kill nor a power cut explains are STORE_UNREADABLE.
 * Must not know files.
 */
import { FixpointError } from "../base/errors.ts"
import { type Frame, headBytes, headsFrom, isFrameStart, type Look, lookAt, type Stub } from "./fs-frame.ts"
import { applyFrame, type FsState } from "./fs-state.ts"

/** The bytes of a file from `base` to its end. */
export interface Tail {
  readonly bytes: Uint8Array
  readonly base: number
  crc32(bytes: Uint8Array): number
}

/** As long a run of zeros as this is not what was written: sealed bytes and JSON have none. */
const zeroRunBytes = 64
/** The last page of a file may hold only this little of a frame. */
const zeroEndBytes = 8

/** What a reading came to. */
export interface Folded {
  /** The frames that count, which have been applied. */
  readonly counted: Frame[]
  /** The place behind all that is decided. */
  readonly at: number
  /** The first place before that where something was never written. */
  readonly holeAt: number | undefined
}

/** Applies the frames from `from` on that count. */
export function foldFrames(tail: Tail, from: number, state: FsState): Folded {
  const counted: Frame[] = []
  let at = from
  let holeAt: number | undefined
  while (state.next === undefined) {
    const frame = nextFrame(tail, at, state)
    if (frame === undefined) break
    if (holeAt === undefined && hasZeroRun(tail, at, frame.at)) holeAt = at
    applyFrame(state, frame)
    counted.push(frame)
    at = frame.end
  }
  return { counted, at: behindOutrun(tail, at, state), holeAt }
}

const look = ({ bytes, base, crc32 }: Tail, at: number) => lookAt(bytes, base, at, crc32)
const heads = ({ bytes, base, crc32 }: Tail, from: number) => headsFrom(bytes, base, from, crc32)
const isFrame = (found: Look): found is Frame => found?.directory !== undefined
const isWhole = (found: Look): found is Frame => isFrame(found) && found.isWhole

function nextFrame(tail: Tail, from: number, state: FsState): Frame | undefined {
  const isNext = ({ seq, previous, at }: Frame) =>
    state.seq === 0 ? at === 0 : seq === state.seq + 1 && previous === state.at
  const at = behindOutrun(tail, from, state)
  const here = look(tail, at)
  // Its extent is all there, and nobody else wrote into it: it was written, and was damaged since.
  const isDamaged = isFrame(here) && !hasHeadWithin(tail, here) && !hasZeroRun(tail, at, here.end)
  if (isFrame(here) && isNext(here) && (here.isWhole || isDamaged)) return here
  for (const found of heads(tail, at + 1)) if (isWhole(found) && isNext(found)) return found
  return undefined
}

/** The place behind frames that came second. */
function behindOutrun(tail: Tail, from: number, state: FsState): number {
  let at = from
  for (;;) {
    const here = look(tail, at)
    if (!isWhole(here) || here.seq > state.seq) return at
    at = here.end
  }
}

/** A writer who is killed leaves less than a frame: the next one begins within the extent of the first. */
function hasHeadWithin(tail: Tail, { at, end }: Frame | Stub): boolean {
  const { value: next } = heads(tail, at + 1).next()
  return next !== undefined && next.at < end
}

/** Whether there are places that were never written: a long run of zeros, or a shorter one at the end of the file. */
function hasZeroRun({ bytes, base }: Tail, from: number, to: number): boolean {
  let run = 0
  for (let i = from - base; i < to - base; i++) {
    run = bytes[i] === 0 ? run + 1 : 0
    if (run === zeroRunBytes) return true
  }
  return to - base === bytes.length && run >= zeroEndBytes
}

/**
 * Throws STORE_UNREADABLE when what lies behind the last frame that counts cannot be the trace of kills or of a power cut:
 * when it had reached the disk already, or is neither cut short nor has places that were never written.
 */
export function judgeRest(tail: Tail, { at: from, holeAt }: Folded, state: FsState): void {
  const end = tail.base + tail.bytes.length
  const unlinked = [...heads(tail, from)].filter(isWhole).filter(({ seq }) => seq > state.seq)
  const wasSynced = unlinked.some(({ synced }) => synced > (holeAt ?? from))
  const isCut = unlinked.length === 0 && isCutShort(tail, from)
  if (!wasSynced && (isCut || holeAt !== undefined || hasZeroRun(tail, from, end))) return
  throw new FixpointError("STORE_UNREADABLE", "The journal is damaged.", { details: { at: from, end } })
}

/** Whether from `from` on there are only frames that came second, and beginnings of frames. */
function isCutShort(tail: Tail, from: number): boolean {
  const end = tail.base + tail.bytes.length
  let at = from
  while (at < end) {
    const here = look(tail, at)
    const { value: found } = heads(tail, at + 1).next()
    const next = found?.at ?? end
    if (isWhole(here)) at = here.end
    else if (here !== undefined ? here.end > end || next < here.end : isLessThanHead(tail, at, next)) at = next
    else return false
  }
  return true
}

function isLessThanHead({ bytes, base }: Tail, at: number, end: number): boolean {
  return end - at < headBytes && isFrameStart(bytes.subarray(at - base, end - base))
}
