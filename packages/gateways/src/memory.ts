/**
 * A bucket in memory. Owns: MemoryBucket. Invariant: a call has its effect at once and as a whole, when it is made, so that
 * calls have one order. Several gateways may share one bucket, as devices share one.
 */
import {
  checkObjectKey,
  checkObjectPrefix,
  type Gateway,
  type GetResult,
  type ListResult,
} from "@fixpoint/core/gateway"
import { checkBody, checkPage, checkSignal, sliceOf } from "./admit.ts"

/** What a memory gateway keeps. */
export interface MemoryBucket {
  readonly objects: Map<string, { readonly body: Uint8Array; readonly etag: string }>
  /** Counts the PUTs: the etag of the last one. */
  version: number
}

/** A bucket that holds nothing, or a copy of another one. */
export function memoryBucket(from?: MemoryBucket): MemoryBucket {
  return { objects: new Map(from?.objects), version: from?.version ?? 0 }
}

/** A gateway to a bucket of its own, or to a given one. */
export function memory(bucket: MemoryBucket = memoryBucket()): Gateway {
  const { objects } = bucket
  return {
    name: "memory",
    async capabilities(options) {
      checkSignal(options?.signal)
      return { createIfAbsent: true, strongList: true, serverTime: false }
    },
    async get(key, { ifNoneMatch, range, signal } = {}): Promise<GetResult> {
      checkObjectKey(key)
      checkSignal(signal)
      const object = objects.get(key)
      if (object === undefined) return { kind: "notFound" }
      if (object.etag === ifNoneMatch) return { kind: "notModified" }
      return { kind: "found", body: sliceOf(object.body, range), etag: object.etag }
    },
    async put(key, body, { ifAbsent = false, signal } = {}) {
      checkObjectKey(key)
      checkBody(body)
      checkSignal(signal)
      if (ifAbsent && objects.has(key)) return { kind: "exists" }
      const etag = `${++bucket.version}`
      objects.set(key, { body, etag })
      return { kind: "stored", etag }
    },
    async list(prefix, { after, limit, signal } = {}): Promise<ListResult> {
      checkObjectPrefix(prefix)
      const page = checkPage(after, limit)
      checkSignal(signal)
      const all = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > page.after).sort()
      const keys = all.slice(0, page.limit).map((key) => {
        const { body, etag } = objects.get(key)!
        return { key, size: body.length, etag }
      })
      return all.length > keys.length ? { keys, next: keys.at(-1)!.key } : { keys }
    },
    async delete(key, options) {
      checkObjectKey(key)
      checkSignal(options?.signal)
      objects.delete(key)
    },
  }
}
