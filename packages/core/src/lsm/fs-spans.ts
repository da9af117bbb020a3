/**
 * Reads runs of bytes of one file. Owns: which of them are read together.
 * Invariant: what is given are fresh arrays of exactly the length asked for, in the order asked for; undefined where the
 * file ends earlier. Must not know what the bytes are.
 */
import type { FileHandle } from "./fs-platform.ts"
import type { Span } from "./fs-state.ts"

const gapBytesMax = 4096
const readBytesMax = 1024 * 1024

interface Group {
  readonly at: number
  end: number
  readonly members: number[]
}

/** The bytes of each span. */
export async function readSpans(handle: FileHandle, spans: readonly Span[]): Promise<(Uint8Array | undefined)[]> {
  const found = spans.map((): Uint8Array | undefined => undefined)
  for (const { at, end, members } of grouped(spans)) {
    const bytes = await readRange(handle, at, end - at)
    for (const i of members) {
      const { at: from, length } = spans[i]!
      const part = bytes.slice(from - at, from - at + length)
      if (part.length === length) found[i] = part
    }
  }
  return found
}

/** Neighbours in the file, which are read at once. */
function grouped(spans: readonly Span[]): Group[] {
  const groups: Group[] = []
  const order = [...spans.keys()].sort((a, b) => spans[a]!.at - spans[b]!.at)
  for (const i of order) {
    const { at, length } = spans[i]!
    const last = groups.at(-1)
    if (last !== undefined && at - last.end <= gapBytesMax && at + length - last.at <= readBytesMax) {
      last.end = Math.max(last.end, at + length)
      last.members.push(i)
    } else groups.push({ at, end: at + length, members: [i] })
  }
  return groups
}

/** The bytes from `at`, as many as there are up to `length`. */
export async function readRange(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, at + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done === length ? bytes : bytes.subarray(0, done)
}
