/**
 * What every platform of web standards has in common: clock, timers, crypto, compression, locks, broadcasts, loggers.
 * Invariant: nothing is touched before it is used, and inflating stops at its bound. Must not know storage.
 */
import type { Channel, Compression, Host, Locks, Network } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import type { LogHub } from "@fixpoint/core/log"
import { threadChannel, threadLocks } from "./thread-locks.ts"

/** A host without a memory outside of the store. */
export type WebHost = Omit<Host, "sentinel" | "deviceKeys">

/** The effects of this platform. */
export function webHost(name: string, hub: LogHub): WebHost {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined
  if (subtle === undefined)
    throw new FixpointError("STORE_UNAVAILABLE", "There is no WebCrypto here: a page needs https, or localhost.")
  return {
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    timers: {
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs)
        return () => clearTimeout(timer)
      },
    },
    crypto: subtle,
    compression: compressionInTurn(),
    locks: webLocks(),
    random: (byteCount) => crypto.getRandomValues(new Uint8Array(byteCount)),
    channel: openChannel,
    ...(hasNetworkNews() && { network }),
    log: (module) => hub.logger(module, { db: name }),
  }
}

/** Sandboxed pages, without an origin of their own, share nothing with others and may not ask. */
const isAlone = () => globalThis.origin === "null"

function webLocks(): Locks {
  // Platforms without them have no such property, or null.
  const { locks = null } = (globalThis.navigator ?? {}) as { readonly locks?: LockManager | null }
  if (locks === null || isAlone()) return threadLocks
  return {
    async hold(name, { ifAvailable = false, signal }, work) {
      // The platform takes either of the two, not both.
      const options: LockOptions = ifAvailable || signal === undefined ? { ifAvailable } : { signal }
      try {
        return await locks.request(name, options, async (lock) => (lock === null ? undefined : await work()))
      } catch (error) {
        if (signal?.aborted) throw new FixpointError("ABORTED", undefined, { cause: error })
        throw error
      }
    },
  }
}

function openChannel(name: string, onMessage: (message: number) => void): Channel {
  // In Node a BroadcastChannel keeps the process alive.
  if (typeof BroadcastChannel === "undefined" || isAlone() || "process" in globalThis)
    return threadChannel(name, onMessage)
  const channel = new BroadcastChannel(name)
  channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (typeof data === "number") onMessage(data)
  })
  let isOpen = true
  return {
    post(message) {
      // A commit that ends while its engine closes has told nobody; that is as good as a lost hint.
      if (isOpen) channel.postMessage(message)
    },
    close() {
      isOpen = false
      channel.close()
    },
  }
}

const hasNetworkNews = () => typeof addEventListener === "function" && typeof globalThis.navigator?.onLine === "boolean"

/** Pages and workers hear of their network by two events. */
const network: Network = {
  isOnline: () => navigator.onLine,
  onChange(listener) {
    const events = ["online", "offline"]
    for (const event of events) addEventListener(event, listener)
    return () => {
      for (const event of events) removeEventListener(event, listener)
    }
  },
}

/** One stream after another: Chromium needs eight times as long for each of 32 blocks at once as for each of them alone. */
function compressionInTurn(): Compression {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
  return {
    deflate: (bytes) => inTurn(() => deflate(bytes)),
    inflate: (bytes, bytesMax) => inTurn(() => inflate(bytes, bytesMax)),
  }
}

async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const { readable, writable } = new CompressionStream("deflate-raw")
  const [deflated] = await Promise.all([new Response(readable).arrayBuffer(), writeAll(writable, bytes)])
  return new Uint8Array(deflated)
}

async function inflate(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  const { readable, writable } = new DecompressionStream("deflate-raw")
  // What the writer fails with, the reader fails with too.
  writeAll(writable, bytes).catch(() => undefined)
  const reader = readable.getReader()
  const parts: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { value } = await reader.read()
    if (value === undefined) break
    parts.push(value)
    size += value.length
    if (size <= bytesMax) continue
    await reader.cancel()
    throw new FixpointError("LIMIT_SIZE", "Stored bytes inflate beyond their bound.", { details: { max: bytesMax } })
  }
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

async function writeAll(writable: WritableStream<BufferSource>, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter()
  await Promise.all([writer.write(bytes as Uint8Array<ArrayBuffer>), writer.close()])
}
