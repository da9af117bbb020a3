/** Browsers as a platform. Owns: the choice of IndexedDB there. */
import { deleteIdbStore, openIdbStore } from "@fixpoint/core"
import { browserHost } from "./browser-host.ts"
import type { Platform } from "./platform.ts"

const agent = (): string => (globalThis.navigator as Partial<Navigator> | undefined)?.userAgent ?? ""

/** Chromium, whatever it is called, keeps IndexedDB in LevelDB. */
const isOverLevelDb = () => /Chrom(e|ium)\//.test(agent())

/** Every browser of iOS is WebKit. */
const isWebKit = () => /AppleWebKit\//.test(agent()) && !isOverLevelDb()

/** The platform of pages and their workers. */
export const browserPlatform: Platform = {
  host: browserHost,
  place(name, storage, { timers, log }) {
    if (typeof storage === "object" || !("indexedDB" in globalThis)) return undefined
    const options = { name, timers, log: log("store"), turnsLog: isOverLevelDb(), endsReads: !isWebKit() }
    return {
      openStore: () => openIdbStore(options),
      destroyStorage: () => deleteIdbStore(options),
      sentinelName: name,
    }
  },
}
