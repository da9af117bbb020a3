/**
 * Puts a file into the engine. Owns: the way of its bytes there. A blob is handed over, and read there; a stream is read here, in
 * chunks of one length, and the next is read when the engine has the one before.
 * Invariant: a put that ends early leaves nothing behind. Must not know documents. Loaded with the first file.
 */
import type { FileContent } from "@fixpoint/core/codec"
import { abortable, checkSignal } from "../abort.ts"
import type { Lane } from "../lane.ts"
import type { FilePutOptions } from "./file-options.ts"
import { type FileSource, namesOf } from "./file-source.ts"

/** What the engine says of a file that was put. */
interface PutFile {
  readonly cid: string
  readonly size: number
  readonly chunks: number
  readonly key: string
  readonly digest: string
}

type Ask = (verb: string, argument?: unknown) => Promise<unknown>

/** Puts a file, and holds it until `releaseFile`. */
export async function putFile(lane: Lane, source: FileSource, options: FilePutOptions): Promise<FileContent> {
  const { onProgress, signal } = options
  checkSignal(signal)
  const total = source instanceof Blob ? source.size : undefined
  const told = (done: unknown) => onProgress?.({ done: done as number, total })
  const joined = lane.join({ told, resume: () => undefined })
  const ask: Ask = (verb, argument) => lane.outside("part", ["files", verb, [joined.session, argument]], {})
  try {
    const putting = source instanceof Blob ? ask("add", source) : pour(source, ask, told)
    const { cid, size, chunks, key, digest } = (await abortable(putting, signal)) as PutFile
    const { name, type } = namesOf(source, options)
    return [cid, size, chunks, key, digest, type, name]
  } catch (error) {
    // What has failed may be the engine itself: then there is nothing to take back.
    await ask("cancel").catch(() => undefined)
    throw error
  } finally {
    joined.leave()
  }
}

/** The page needs the file no more, or a document names it. */
export function releaseFile(lane: Lane, [cid]: FileContent): void {
  lane.outside("part", ["files", "release", [cid]], {}).catch(() => undefined)
}

/** Reads a stream to its end. */
async function pour(stream: ReadableStream<Uint8Array>, ask: Ask, told: (done: number) => void): Promise<unknown> {
  const chunkBytes = (await ask("begin")) as number
  const reader = stream.getReader()
  let chunk = new Uint8Array(chunkBytes)
  let filled = 0
  let done = 0
  const push = async (bytes: Uint8Array) => {
    const byteCount = bytes.length
    // The engine lets it go.
    await ask("push", bytes)
    done += byteCount
    told(done)
  }
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read())
      for (let rest = read.value; rest.length > 0; ) {
        const taken = rest.subarray(0, chunkBytes - filled)
        chunk.set(taken, filled)
        filled += taken.length
        rest = rest.subarray(taken.length)
        if (filled < chunkBytes) continue
        await push(chunk)
        chunk = new Uint8Array(chunkBytes)
        filled = 0
      }
    if (filled > 0) await push(chunk.slice(0, filled))
    return await ask("end")
  } catch (error) {
    await reader.cancel(error).catch(() => undefined)
    throw error
  }
}
