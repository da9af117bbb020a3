/**
 * A folder as a bucket, for Node and its like. Owns: how keys become paths, and how a file comes into being: written beside its
 * place, synced, then linked (when it may not replace another) or renamed, so that it is whole or not there.
 * Invariant: no path leaves the folder, as keys have no part that begins with a dot; temporary files begin with one, so that they
 * are never objects. Node's modules are asked for when they are used, so that a bundle of a page is not broken by this.
 */
import {
  checkObjectKey,
  checkObjectPrefix,
  type Gateway,
  isObjectKey,
  type ListedObject,
  toHex,
} from "@fixpoint/core/gateway"
import { checkBody, checkPage, checkRange, checkSignal, sliceOf } from "./admit.ts"
import { fsFailure, type NodeFiles, nodeFiles } from "./node-files.ts"

/** What `fs` takes. */
export interface FsOptions {
  /** Made when it is not there. */
  readonly directory: string
}

/** A gateway to a folder. */
export function openFs({ directory }: FsOptions): Gateway {
  const coded = async <T>(signal: AbortSignal | undefined, work: (node: NodeFiles) => Promise<T>): Promise<T> => {
    checkSignal(signal)
    try {
      return await work(nodeFiles())
    } catch (error) {
      throw fsFailure(error)
    }
  }
  const pathOf = (key: string) => {
    checkObjectKey(key)
    return `${directory}/${key}`
  }
  return {
    name: `fs: ${directory}`,
    capabilities: async (options) => {
      checkSignal(options?.signal)
      return { createIfAbsent: true, strongList: true, serverTime: false }
    },
    get: async (key, { ifNoneMatch, range, signal } = {}) => {
      const path = pathOf(key)
      checkRange(range)
      return await coded(signal, async (node) => {
        const bytes = await node.read(path)
        if (bytes === undefined) return { kind: "notFound" }
        const etag = await etagOf(bytes)
        return etag === ifNoneMatch ? { kind: "notModified" } : { kind: "found", body: sliceOf(bytes, range), etag }
      })
    },
    put: async (key, body, { ifAbsent = false, signal } = {}) => {
      const path = pathOf(key)
      checkBody(body)
      return await coded(signal, async (node) => {
        const etag = await etagOf(body)
        const isStored = await node.write(path, body, ifAbsent)
        return isStored ? { kind: "stored", etag } : { kind: "exists" }
      })
    },
    list: async (prefix, { after, limit, signal } = {}) => {
      checkObjectPrefix(prefix)
      const page = checkPage(after, limit)
      return await coded(signal, async (node) => {
        const keys = await keysIn(node, directory, prefix, page.after)
        const listed: ListedObject[] = []
        for (const key of keys) {
          if (listed.length === page.limit) return { keys: listed, next: listed.at(-1)!.key }
          const size = await node.size(`${directory}/${key}`)
          // It may have been deleted meanwhile.
          if (size !== undefined) listed.push({ key, size })
        }
        return { keys: listed }
      })
    },
    delete: async (key, { signal } = {}) => {
      const path = pathOf(key)
      await coded(signal, (node) => node.remove(path))
    },
  }
}

/** As the bytes are the same, so is the etag, whoever wrote them and when. */
async function etagOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as BufferSource)
  return toHex(new Uint8Array(digest, 0, 16))
}

/** All keys with a prefix, greater than `after`, in order. */
async function keysIn(node: NodeFiles, directory: string, prefix: string, after: string): Promise<string[]> {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1)
  const found: string[] = []
  const waiting = [folder]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop())
    for (const { name, isFolder } of await node.entries(`${directory}/${at}`)) {
      const key = at + name
      // A name that is no part of a key belongs to somebody else.
      if (!isObjectKey(key)) continue
      const isBelow = isFolder ? key.startsWith(prefix) || `${key}/`.startsWith(prefix) : key.startsWith(prefix)
      if (!isBelow) continue
      if (isFolder) waiting.push(`${key}/`)
      else if (key > after) found.push(key)
    }
  return found.sort()
}
