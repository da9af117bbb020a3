/**
 * Commands of the large file test: a file that is made up as it is read, stored, and compared with itself as it is read back.
 * Invariant: neither side of the comparison is ever there as a whole.
 */
import { type Attachment, type Database, fixpoint, keys } from "fixpoint"
import { http } from "@fixpoint/gateways/http"

const blockBytes = 1024 * 1024
const held: { db?: Database } = {}

/** What was read, and how long it took. */
export interface ReadBack {
  readonly bytes: number
  /** Offset of the first byte that is not what was stored, -1 where all are. */
  readonly wrongAt: number
  readonly ms: number
}

/** A MiB of bytes that do not compress and are the same for the same number. */
function blockOf(at: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(blockBytes / 4)
  let state = (at + 1) * 2_654_435_761
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return new Uint8Array(words.buffer)
}

/** Gives back what is of no more use: what is measured is the database's memory. */
function letGo({ buffer }: Uint8Array): void {
  const { port1, port2 } = new MessageChannel()
  port2.close()
  port1.postMessage(undefined, [buffer as ArrayBuffer])
  port1.close()
}

function madeUp(blocks: number): ReadableStream<Uint8Array> {
  let at = 0
  let last = new Uint8Array(0)
  return new ReadableStream(
    {
      pull(controller) {
        letGo(last)
        if (at < blocks) controller.enqueue((last = blockOf(at++)))
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** Reads a stream whose first byte is the one at `from`, and compares it. */
async function compared(stream: ReadableStream<Uint8Array>, from: number): Promise<Omit<ReadBack, "ms">> {
  const reader = stream.getReader()
  let at = from
  let wrongAt = -1
  let wanted = { number: -1, block: new Uint8Array(0) }
  for (let { value } = await reader.read(); value !== undefined; { value } = await reader.read()) {
    for (let rest = value; rest.length > 0; ) {
      const number = Math.floor(at / blockBytes)
      if (wanted.number !== number) {
        letGo(wanted.block)
        wanted = { number, block: blockOf(number) }
      }
      const start = at % blockBytes
      const length = Math.min(rest.length, blockBytes - start)
      for (let i = 0; i < length && wrongAt < 0; i++) if (rest[i] !== wanted.block[start + i]) wrongAt = at + i
      at += length
      rest = rest.subarray(length)
    }
    letGo(value)
  }
  return { bytes: at - from, wrongAt }
}

async function stored(): Promise<Attachment> {
  const found = await (held.db as Database).get("large")
  return (found as unknown as { readonly file: Attachment }).file
}

/** The commands. */
export const largeFile = {
  async largeOpen(secret: readonly number[]): Promise<void> {
    held.db = fixpoint("large-file", { keys: keys.raw(Uint8Array.from(secret)) })
    await held.db.put({ _id: "small", text: "first" })
  },

  /** Sends everything to a bucket, and takes in what is there; gives the time. */
  async largeSync(url: string): Promise<number> {
    const startedAt = performance.now()
    await (held.db as Database).attach(http({ url })).sync()
    await (held.db as Database).synced()
    return performance.now() - startedAt
  },

  /** Stores a file of so many MiB from a stream; gives the time. */
  async largePut(blocks: number): Promise<number> {
    const startedAt = performance.now()
    await (held.db as Database).put({ _id: "large", file: madeUp(blocks) } as never)
    return performance.now() - startedAt
  },

  /** Reads a range, or all, by stream. */
  async largeRead(range?: readonly [number, number]): Promise<ReadBack> {
    const file = await stored()
    const startedAt = performance.now()
    const read = await compared(file.stream(range === undefined ? {} : { range }), range?.[0] ?? 0)
    return { ...read, ms: performance.now() - startedAt }
  },
}
