/**
 * The host of browsers, in a page and in a worker. Owns: the sentinel in the Cache API, which pages and workers have alike.
 * Invariant: a platform that refuses the sentinel opens databases without one: it guards against loss, and must not cause it.
 */
import type { Host, Sentinel, SentinelRecord } from "@fixpoint/core"
import type { LogHub, Logger } from "@fixpoint/core/log"
import { webHost } from "./web-host.ts"

/** Opening does not wait longer than this for a platform that does not answer. */
const answerMs = 3_000

const cacheName = "fixpoint-sentinel"

/** The effects of a browser. */
export function browserHost(name: string, hub: LogHub): Host {
  const host = webHost(name, hub)
  return { ...host, sentinel: cacheSentinel(host.log("host"), host.timers) }
}

/** A cache takes requests with an address of the web; this one leads nowhere. */
const addressOf = (database: string) => `https://fixpoint.invalid/${encodeURIComponent(database)}`

function cacheSentinel(log: Logger, timers: Host["timers"]): Sentinel {
  let hasFailed = !("caches" in globalThis)
  if (hasFailed) log.info("there is no sentinel on this platform")
  const attempt = async <T>(what: string, work: (cache: Cache) => Promise<T>): Promise<T | undefined> => {
    if (hasFailed) return undefined
    try {
      return await within(timers, caches.open(cacheName).then(work))
    } catch (error) {
      hasFailed = true
      log.warn(`the sentinel cannot ${what}`, { reason: error instanceof Error ? error.name : "unknown" })
      return undefined
    }
  }
  return {
    read: (database) =>
      attempt("be read", async (cache) => {
        const found = await cache.match(addressOf(database))
        return found && readRecord(await found.json())
      }),
    write: async (database, record) => {
      await attempt("be written", (cache) => cache.put(addressOf(database), Response.json(record)))
    },
    remove: async (database) => {
      await attempt("be removed", (cache) => cache.delete(addressOf(database)))
    },
  }
}

function readRecord(json: unknown): SentinelRecord | undefined {
  const { databaseId, head } = (json ?? {}) as Partial<SentinelRecord>
  return typeof databaseId === "string" && typeof head === "number" ? { databaseId, head } : undefined
}

function within<T>(timers: Host["timers"], promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(answerMs, () => resolve(undefined))
    promise.then(resolve, reject).finally(cancel)
  })
}
