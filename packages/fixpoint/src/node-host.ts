/**
 * The host of Node and its like. Owns: the sentinel and the device keys as files outside of every database.
 * Invariant: a sentinel that cannot be read or written is logged and done without; a device key that cannot be saved is an
 * error, as data that it guards would be lost with it.
 */
import type { DeviceKeys, Host, Sentinel, SentinelRecord, Timers } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import type { Logger, LogHub } from "@fixpoint/core/log"
import { type SmallFiles, smallFiles } from "./node-files.ts"
import { webHost } from "./web-host.ts"

/** The effects of a process. */
export function nodeHost(name: string, hub: LogHub): Host {
  const host = { ...webHost(name, hub), timers }
  const keys = smallFiles("keys")
  const sentinel = fileSentinel(smallFiles("sentinel"), host.log("host"))
  return keys === undefined ? { ...host, sentinel } : { ...host, sentinel, deviceKeys: fileKeys(keys) }
}

interface DenoTimers {
  readonly Deno?: { unrefTimer?(timer: number): void }
}

/** Chores wait for a process that lives; they do not keep it alive. */
const timers: Timers = {
  after(delayMs, run) {
    const timer: unknown = setTimeout(run, delayMs)
    // Deno and platforms of the web alone give a number.
    if (typeof timer === "object") (timer as { unref?(): void }).unref?.()
    else (globalThis as DenoTimers).Deno?.unrefTimer?.(timer as number)
    return () => clearTimeout(timer as number)
  },
}

function fileKeys(files: SmallFiles): DeviceKeys {
  const coded = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new FixpointError("STORE_UNAVAILABLE", "The folder of device keys cannot be used.", {
        details: { reason },
        cause: error,
      })
    }
  }
  return {
    load: (databaseId) => coded(files.read(databaseId)),
    save: (databaseId, key) => coded(files.write(databaseId, key)),
    remove: (databaseId) => coded(files.remove(databaseId)),
  }
}

function fileSentinel(files: SmallFiles | undefined, log: Logger): Sentinel {
  const attempt = async <T>(what: string, work: Promise<T> | undefined): Promise<T | undefined> => {
    try {
      return await work
    } catch (error) {
      log.warn(`the sentinel cannot ${what}`, { reason: error instanceof Error ? error.name : "unknown" })
      return undefined
    }
  }
  return {
    async read(database) {
      const bytes = await attempt("be read", files?.read(database))
      return bytes && parseRecord(new TextDecoder().decode(bytes))
    },
    async write(database, record) {
      await attempt("be written", files?.write(database, new TextEncoder().encode(JSON.stringify(record))))
    },
    async remove(database) {
      await attempt("be removed", files?.remove(database))
    },
  }
}

function parseRecord(text: string): SentinelRecord | undefined {
  try {
    const { databaseId, head } = JSON.parse(text) as Partial<SentinelRecord>
    return typeof databaseId === "string" && typeof head === "number" ? { databaseId, head } : undefined
  } catch {
    return undefined
  }
}
