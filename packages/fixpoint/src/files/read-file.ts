/**
 * Reads the bytes of a file through the engine. Owns: which chunks a range needs, and how many are on their way at once.
 * Invariant: no more than `aheadMax` chunks are on their way or waiting, whatever the size of the file. Loaded with the first read.
 */
import type { FileContent } from "@fixpoint/core/codec"
import { checkSignal } from "../abort.ts"
import type { Lane } from "../lane.ts"
import { refused } from "../refused.ts"
import type { FileReadOptions } from "./file-options.ts"

/** From a bucket a chunk takes as long as a request: so many are asked for at once. */
const aheadMax = 3

type Bytes = Uint8Array<ArrayBuffer>

/** The chunks of a range, cut to it. */
export async function* readChunks(
  lane: Lane,
  content: FileContent,
  { range, onProgress, signal }: FileReadOptions,
): AsyncGenerator<Bytes, void, undefined> {
  checkSignal(signal)
  const [start, end] = checkRange(range, content[1])
  if (start >= end) return
  const ask = (verb: string, ...args: readonly unknown[]) =>
    lane.outside("part", ["files", verb, [content, ...args]], { signal })
  const chunkBytes = ((await ask("measure")) as number) || 1
  const last = Math.ceil(end / chunkBytes) - 1
  const coming: Promise<Bytes>[] = []
  let next = Math.floor(start / chunkBytes)
  for (let index = next, done = 0; index <= last; index++) {
    for (; next <= last && coming.length < aheadMax; next++) {
      const chunk = ask("read", next) as Promise<Bytes>
      // Whoever takes it gets the failure.
      chunk.catch(() => undefined)
      coming.push(chunk)
    }
    const chunk = (await coming.shift()) as Bytes
    const from = index * chunkBytes
    const part = chunk.subarray(Math.max(0, start - from), Math.min(chunk.length, end - from))
    done += part.length
    onProgress?.({ done, total: end - start })
    yield part
  }
}

function checkRange(range: FileReadOptions["range"], size: number): readonly [start: number, end: number] {
  if (range === undefined) return [0, size]
  const [start, end] = range
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start)
    throw refused("range", "A range is two numbers of bytes, from 0, in order.")
  return [Math.min(start, size), Math.min(end, size)]
}
