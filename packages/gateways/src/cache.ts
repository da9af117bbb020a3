/**
 * A gateway that remembers objects which never change. Owns: which bodies are kept, and for how long.
 * Invariant: only whole objects of keys that the caller calls immutable are kept, and no more than the bound; an object that was
 * deleted through here is forgotten.
 */
import type { Gateway } from "@fixpoint/core/gateway"

/** What is kept. */
export interface CacheOptions {
  /** Whether the object of a key is never replaced by another one. */
  readonly isImmutable: (key: string) => boolean
  /** Bodies in all; 16 MiB otherwise. */
  readonly bytesMax?: number
}

interface Kept {
  readonly body: Uint8Array
  readonly etag: string
}

/** Answers GETs of immutable objects from memory, once they have been read or written. */
export function cached(gateway: Gateway, { isImmutable, bytesMax = 16 * 1024 * 1024 }: CacheOptions): Gateway {
  /** In the order of their last use. */
  const kept = new Map<string, Kept>()
  let bytes = 0
  const forget = (key: string) => {
    bytes -= kept.get(key)?.body.length ?? 0
    kept.delete(key)
  }
  const keep = (key: string, { body, etag }: Kept) => {
    forget(key)
    if (body.length > bytesMax) return
    kept.set(key, { body, etag })
    bytes += body.length
    for (const oldest of kept.keys()) {
      if (bytes <= bytesMax) break
      forget(oldest)
    }
  }
  return {
    name: gateway.name,
    async capabilities(options) {
      const { createIfAbsent, strongList, serverTime } = await gateway.capabilities(options)
      return { createIfAbsent, strongList, serverTime }
    },
    list: (prefix, options) => gateway.list(prefix, options),
    async get(key, options = {}) {
      const { ifNoneMatch, range, signal } = options
      const isWhole = isImmutable(key) && ifNoneMatch === undefined && range === undefined && !signal?.aborted
      const hit = isWhole ? kept.get(key) : undefined
      if (hit !== undefined) {
        keep(key, hit)
        return { kind: "found", ...hit }
      }
      const result = await gateway.get(key, options)
      if (isWhole && result.kind === "found") keep(key, result)
      return result
    },
    async put(key, body, options) {
      const result = await gateway.put(key, body, options)
      if (isImmutable(key) && result.kind === "stored") keep(key, { body, etag: result.etag })
      return result
    },
    async delete(key, options) {
      forget(key)
      await gateway.delete(key, options)
      forget(key)
    },
  }
}
