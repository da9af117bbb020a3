/**
 * Node, Deno, Bun and workerd as a platform. Owns: the choice of store there: IndexedDB where somebody provides one, else files
 * where there is a file system.
 */
import { deleteIdbStore, openIdbStore } from "@fixpoint/core"
import { nodeHost } from "./node-host.ts"
import type { Platform } from "./platform.ts"

/** The platform of everything that is not a page. */
export const nodePlatform: Platform = {
  host: nodeHost,
  place(name, storage, host) {
    const options = { name, timers: host.timers, log: host.log("store") }
    if ("indexedDB" in globalThis && typeof storage === "string")
      return {
        openStore: () => openIdbStore(options),
        destroyStorage: () => deleteIdbStore(options),
        sentinelName: name,
      }
    return undefined
  },
}
