/** Commands on the browser itself, past Fixpoint: what a database left in it, byte for byte, and a control to compare with. */

const settled = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error("request failed"))
  })

async function databaseNames(): Promise<string[]> {
  return (await indexedDB.databases()).map(({ name }) => name ?? "").sort()
}

const openDatabase = (name: string, stores: readonly string[] = []) => {
  const request = indexedDB.open(name)
  request.onupgradeneeded = () => {
    for (const store of stores) request.result.createObjectStore(store)
  }
  return settled(request)
}

async function hex(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")
}

/** A value of structured clone as something that JSON can hold; a CryptoKey by its class alone. */
function plain(value: unknown): unknown {
  if (value instanceof CryptoKey) return `CryptoKey ${value.type} ${value.algorithm.name} ${value.extractable}`
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)]
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]))
  return value
}

/** Digest of each object store of a database, keys and values. */
async function storeDigests(name: string): Promise<Record<string, string>> {
  const db = await openDatabase(name)
  try {
    const digests: Record<string, string> = { version: `${db.version}` }
    for (const store of db.objectStoreNames) {
      const objects = db.transaction(store).objectStore(store)
      const [keys, values] = await Promise.all([settled(objects.getAllKeys()), settled(objects.getAll())])
      digests[store] = await hex(new TextEncoder().encode(JSON.stringify([plain(keys), plain(values)])))
    }
    return digests
  } finally {
    db.close()
  }
}

export const platform = {
  ping: (): string => navigator.userAgent,

  databaseNames,

  /** Digests of all databases, and the names of what else an origin can keep. */
  async fingerprint(): Promise<Record<string, unknown>> {
    const names = await databaseNames()
    const databases = await Promise.all(names.map(async (name) => [name, await storeDigests(name)] as const))
    return {
      databases: Object.fromEntries(databases),
      localStorage: Object.entries(localStorage).sort(),
      caches: await caches.keys(),
    }
  },

  /** A database without Fixpoint, in clear: what a scan of the profile must find. */
  async writeControl(name: string, values: readonly string[]): Promise<void> {
    const db = await openDatabase(name, ["control"])
    const transaction = db.transaction("control", "readwrite", { durability: "strict" })
    for (const [at, value] of values.entries()) transaction.objectStore("control").put(value, at)
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"))
    })
    db.close()
  },

  /** Keeps the page's thread busy, so that its process can be told from the others by its share of the processor. */
  spin(ms: number): void {
    const end = performance.now() + ms
    while (performance.now() < end) Math.sqrt(end)
  },

  reload(): void {
    setTimeout(() => location.reload(), 0)
  },
}
