/**
 * Node, Deno, Bun and workerd as a platform. Owns: the choice of store there: IndexedDB where somebody provides one, else files
 * where there is a file system. Invariant: the store over files is loaded by the first database that needs it.
 */
import { deleteIdbStore, openIdbStore } from "@fixpoint/core"
import { absolute, fileName, homeFolder } from "./node-files.ts"
import { nodeHost } from "./node-host.ts"
import type { Place, Platform } from "./platform.ts"

/** The platform of everything that is not a page. */
export const nodePlatform: Platform = {
  host: nodeHost,
  place(name, storage, { timers, log }) {
    if (typeof storage === "object") return filePlace(name, storage.fs)
    if ("indexedDB" in globalThis) {
      const options = { name, timers, log: log("store") }
      return {
        openStore: () => openIdbStore(options),
        destroyStorage: () => deleteIdbStore(options),
        sentinelName: name,
      }
    }
    const home = homeFolder()
    return storage === "auto" && home !== undefined ? filePlace(name, `${home}/data`) : undefined
  },
}

/** Each database has a folder of its own in the one that was given. */
function filePlace(name: string, folder: string): Place {
  const directory = `${absolute(folder)}/${fileName(name)}`
  return {
    openStore: async () => await (await import("@fixpoint/core/fs")).openFsStore({ directory }),
    destroyStorage: async () => await (await import("@fixpoint/core/fs")).deleteFsStore({ directory }),
    sentinelName: directory,
  }
}
