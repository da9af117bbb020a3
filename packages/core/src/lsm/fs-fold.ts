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
import { type Frame, headBytes, isFrameStart, lookAt, placesOfFrames } from "./fs-frame.ts"
import { applyFrame, type FsState } from "./fs-state.ts"

/** The bytes of a file from `base` to its end. */
export interface Tail {
  readonly bytes: Uint8Array
  readonly base: number
  crc32(bytes: Uint8Array): number
}

/** As long a run of zeros as this is not what was written: sealed bytes and JSON have none. */
const zeroRunBytes = 64

/** Applies the frames from `at` on that count. Gives them, and the place behind all that is decided. */
export function foldFrames(
  tail: Tail,
  from: number,
  state: FsState,
): { readonly counted: Frame[]; readonly at: number } {
  const counted: Frame[] = []
  let at = from
  while (state.next === undefined) {
    const frame = nextFrame(tail, at, state)
    if (frame === undefined) break
    applyFrame(state, frame)
    counted.push(frame)
    at = frame.end
  }
  return { counted, at: behindOutrun(tail, at, state) }
}

/** The place behind frames that came second. */
function behindOutrun(tail: Tail, from: number, state: FsState): number {
  let at = from
  for (;;) {
    const here = lookAt(tail.bytes, tail.base, at, tail.crc32)
    if (typeof here === "string" || !here.isWhole || here.seq > state.seq) return at
    at = here.end
  }
}

function nextFrame(tail: Tail, from: number, state: FsState): Frame | undefined {
  const isNext = ({ seq, previous, at: place }: Frame) =>
    state.seq === 0 ? place === 0 : seq === state.seq + 1 && previous === state.at
  let at = from
  for (;;) {
    const here = lookAt(tail.bytes, tail.base, at, tail.crc32)
    if (typeof here === "string") return findWhole(tail, at + 1, isNext)
    if (here.isWhole && isNext(here)) return here
    if (here.isWhole) {
      at = here.end
      continue
    }
    // A writer who was killed leaves less than a frame: the next one begins within the extent of the first.
    const inside = findWhole(tail, at + 1, isNext)
    if (inside !== undefined && inside.at < here.end) return inside
    if (isNext(here) && !hasZeroRun(tail, at, here.end)) return here
    return inside
  }
}

function findWhole(tail: Tail, from: number, fits: (frame: Frame) => boolean): Frame | undefined {
  for (const at of placesOfFrames(tail.bytes, tail.base, from)) {
    const frame = lookAt(tail.bytes, tail.base, at, tail.crc32)
    if (typeof frame !== "string" && frame.isWhole && fits(frame)) return frame
  }
  return undefined
}

function hasZeroRun({ bytes, base }: Tail, from: number, to: number): boolean {
  let run = 0
  for (let i = from - base; i < to - base; i++) {
    run = bytes[i] === 0 ? run + 1 : 0
    if (run === zeroRunBytes) return true
  }
  return run > 0 && run === to - from
}

/**
 * Throws STORE_UNREADABLE when what lies behind the last frame that counts cannot be the trace of kills or of a power cut:
 * when it had reached the disk already, or is neither cut short nor has places that were never written.
 */
export function judgeRest(tail: Tail, from: number, state: FsState): void {
  const end = tail.base + tail.bytes.length
  const whole = [...placesOfFrames(tail.bytes, tail.base, from)]
    .map((at) => lookAt(tail.bytes, tail.base, at, tail.crc32))
    .filter((frame): frame is Frame => typeof frame !== "string" && frame.isWhole)
  const unlinked = whole.filter(({ seq }) => seq > state.seq)
  const wasSynced = unlinked.some(({ synced }) => synced > from)
  const isCut = unlinked.length === 0 && isCutShort(tail, from, whole)
  if (!wasSynced && (isCut || hasZeroRun(tail, from, end))) return
  throw new FixpointError("STORE_UNREADABLE", "The journal is damaged.", { details: { at: from, end } })
}

/** Whether from `from` on there are only frames that came second, and beginnings of frames where the next one, or the end, follows. */
function isCutShort(tail: Tail, from: number, whole: readonly Frame[]): boolean {
  const end = tail.base + tail.bytes.length
  let at = from
  while (at < end) {
    const here = lookAt(tail.bytes, tail.base, at, tail.crc32)
    if (typeof here !== "string" && here.isWhole) {
      at = here.end
      continue
    }
    const next = whole.find((frame) => frame.at > at)?.at ?? end
    const extent = typeof here === "string" ? end : here.end
    const isBeginning = here !== "none" || isMagic(tail, at, next)
    if (!isBeginning || (next >= extent && here !== "short")) return false
    at = next
  }
  return true
}

/** Whether there is less of a frame than its head. */
function isMagic({ bytes, base }: Tail, at: number, end: number): boolean {
  return end - at < headBytes && isFrameStart(bytes.subarray(at - base, end - base))
}
