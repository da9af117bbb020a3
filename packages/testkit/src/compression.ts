/**
 * Raw DEFLATE by the streams of the platform. Owns: the bound on what is inflated.
 */
import type { Compression } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"

/** Compression with nothing but what every platform has. */
export const streamCompression: Compression = {
  deflate: (bytes) => piped(bytes, new CompressionStream("deflate-raw"), Number.POSITIVE_INFINITY),
  inflate: (bytes, bytesMax) => piped(bytes, new DecompressionStream("deflate-raw"), bytesMax),
}

async function piped(
  bytes: Uint8Array,
  through: CompressionStream | DecompressionStream,
  bytesMax: number,
): Promise<Uint8Array> {
  const body = new Response(bytes as BodyInit).body as ReadableStream<Uint8Array<ArrayBuffer>>
  const reader = body.pipeThrough<Uint8Array<ArrayBuffer>>(through).getReader()
  const parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer())
    length += value.length
    if (length > bytesMax) {
      await reader.cancel()
      throw new FixpointError("LIMIT_SIZE", undefined, { details: { max: bytesMax } })
    }
    parts.push(value)
  }
}
