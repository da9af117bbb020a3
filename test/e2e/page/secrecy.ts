/** Commands of the secrecy test: work with markers at full logging, and all that an origin has stored, as bytes. */
import * as api from "fixpoint"
import { type KeyKind, type Markers, workWithSecrets } from "./secret-work.ts"
import { databaseNames, openDatabase } from "./stored.ts"

/** Something stored, in base64. */
export interface StoredBytes {
  readonly where: string
  readonly base64: string
}

/** The commands. */
export const secrecy = {
  /** Turns all logging on: for this page before any database is opened, and for workers. */
  secrecyDebug(debug: string, format: string): void {
    localStorage.setItem("FP_DEBUG", debug)
    localStorage.setItem("FP_FORMAT", format)
    localStorage.setItem("FP_STACK", "1")
  },

  /** Does everything once in a database; gives the codes of what was refused. */
  async secrecyWork(
    name: string,
    key: KeyKind,
    markers: Markers,
  ): Promise<{ refused: readonly string[]; count: number }> {
    const { refused, count } = await workWithSecrets(api, { name, key }, markers)
    return { refused, count }
  },

  /** Prints to the consoles of the page and of a worker. */
  async secrecyPrint(text: string): Promise<void> {
    console.log(text)
    const source = `console.log(${JSON.stringify(text)} + " in a worker"); postMessage("done")`
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }))
    const worker = new Worker(url)
    await new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }))
    worker.terminate()
  },

  /** All that IndexedDB, localStorage and the caches of the origin hold. */
  async storedBytes(): Promise<StoredBytes[]> {
    const found: StoredBytes[] = []
    const add = (where: string, bytes: Uint8Array) => {
      const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")
      found.push({ where, base64: btoa(text) })
    }
    const addValue = (where: string, value: unknown): void => {
      if (typeof value === "string") add(where, new TextEncoder().encode(value))
      else if (value instanceof CryptoKey) add(`${where} CryptoKey extractable=${value.extractable}`, new Uint8Array())
      else if (value instanceof ArrayBuffer) add(where, new Uint8Array(value))
      else if (ArrayBuffer.isView(value)) add(where, new Uint8Array(value.buffer))
      else if (typeof value === "object" && value !== null)
        for (const [key, one] of Object.entries(value)) {
          addValue(`the name of ${where}.${key}`, key)
          addValue(`${where}.${key}`, one)
        }
      else add(where, new TextEncoder().encode(String(value)))
    }
    for (const name of await databaseNames()) {
      add("the name of a database", new TextEncoder().encode(name))
      const db = await openDatabase(name)
      for (const store of db.objectStoreNames) {
        await new Promise<void>((resolve, reject) => {
          const request = db.transaction(store).objectStore(store).openCursor()
          request.onerror = () => reject(request.error ?? new Error("request failed"))
          request.onsuccess = () => {
            const cursor = request.result
            if (!cursor) return resolve()
            addValue(`the key in ${store}`, cursor.key)
            addValue(`${name} ${store}`, cursor.value)
            cursor.continue()
          }
        })
      }
      db.close()
    }
    for (const [key, value] of Object.entries(localStorage)) addValue("localStorage", `${key}=${value}`)
    for (const cache of await caches.keys()) {
      const opened = await caches.open(cache)
      for (const request of await opened.keys())
        addValue(`cache ${cache}`, `${request.url} ${await (await opened.match(request))?.text()}`)
    }
    return found
  },
}
