/**
 * What every platform of web standards has in common: clock, timers, crypto, compression, locks, broadcasts, loggers.
 * Invariant: nothing is touched before it is used, and inflating stops at its bound. Must not know storage.
 */
import type { Channel, Compression, Host, Locks } from "@fixpoint/core"
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
    compression,
    locks: webLocks(),
    random: (byteCount) => crypto.getRandomValues(new Uint8Array(byteCount)),
    channel: openChannel,
    log: (module) => hub.logger(module, { db: name }),
  }
}

/** Sandboxed pages, without an origin of their own, share nothing with others and may not ask. */
const isAlone = () => globalThis.origin === "null"

function webLocks(): Locks {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks
  if (locks === undefined || isAlone()) return threadLocks
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

const compression: Compression = {
  async deflate(bytes) {
    const stream = new Response(bytes as BodyInit).body?.pipeThrough(new CompressionStream("deflate-raw"))
    return new Uint8Array(await new Response(stream ?? null).arrayBuffer())
  },
  async inflate(bytes, bytesMax) {
    const stream = new Response(bytes as BodyInit).body?.pipeThrough(new DecompressionStream("deflate-raw"))
    const parts: Uint8Array[] = []
    let size = 0
    const reader = stream?.getReader()
    for (;;) {
      const { value } = (await reader?.read()) ?? {}
      if (value === undefined) break
      parts.push(value)
      size += value.length
      if (size <= bytesMax) continue
      await reader?.cancel()
      throw new FixpointError("LIMIT_SIZE", "Stored bytes inflate beyond their bound.", { details: { max: bytesMax } })
    }
    const whole = new Uint8Array(size)
    let at = 0
    for (const part of parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  },
}
