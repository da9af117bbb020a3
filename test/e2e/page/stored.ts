/**
 * What an origin has stored, past Fixpoint: read whole, put back whole, and damaged record by record.
 * Owns: copies of a database's object stores and of what lies beside it (localStorage, caches). CryptoKeys stay in the page.
 */

/** One record of an object store. */
export interface StoredRecord {
  readonly key: IDBValidKey
  readonly value: unknown
}

/** Everything that an origin keeps for a database. */
export interface Snapshot {
  readonly stores: Readonly<Record<string, readonly StoredRecord[]>>
  readonly local: readonly (readonly [string, string])[]
  readonly cached: readonly { readonly cache: string; readonly url: string; readonly body: string }[]
}

const settled = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error("request failed"))
  })

const done = (transaction: IDBTransaction) =>
  new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"))
  })

/** Names of all databases of the origin. */
export async function databaseNames(): Promise<string[]> {
  return (await indexedDB.databases()).map(({ name }) => name ?? "").sort()
}

/** Opens a database past Fixpoint; makes `stores` where it makes the database. */
export async function openDatabase(name: string, stores: readonly string[] = []): Promise<IDBDatabase> {
  const request = indexedDB.open(name)
  request.onupgradeneeded = () => {
    for (const store of stores) request.result.createObjectStore(store)
  }
  return settled(request)
}

async function within<T>(name: string, stores: readonly string[], work: (db: IDBDatabase) => Promise<T>): Promise<T> {
  const db = await openDatabase(name, stores)
  try {
    return await work(db)
  } finally {
    db.close()
  }
}

async function readCaches(): Promise<Snapshot["cached"]> {
  const cached: { cache: string; url: string; body: string }[] = []
  for (const cache of await caches.keys()) {
    const opened = await caches.open(cache)
    for (const request of await opened.keys())
      cached.push({ cache, url: request.url, body: (await (await opened.match(request))?.text()) ?? "" })
  }
  return cached
}

/** Reads everything. */
export async function readStored(name: string): Promise<Snapshot> {
  const stores = await within(name, [], async (db) => {
    const found: Record<string, StoredRecord[]> = {}
    for (const store of db.objectStoreNames) {
      const objects = db.transaction(store).objectStore(store)
      const [keys, values] = await Promise.all([settled(objects.getAllKeys()), settled(objects.getAll())])
      found[store] = keys.map((key, at) => ({ key, value: values[at] as unknown }))
    }
    return found
  })
  return { stores, local: Object.entries(localStorage).sort(), cached: await readCaches() }
}

/** Makes everything as it was. */
export async function putStored(name: string, { stores, local, cached }: Snapshot): Promise<void> {
  await within(name, Object.keys(stores), async (db) => {
    const transaction = db.transaction(Object.keys(stores), "readwrite")
    for (const [store, records] of Object.entries(stores)) {
      const objects = transaction.objectStore(store)
      objects.clear()
      for (const { key, value } of records) objects.put(value, key)
    }
    await done(transaction)
  })
  localStorage.clear()
  for (const [key, value] of local) localStorage.setItem(key, value)
  for (const { cache, url, body } of cached) await (await caches.open(cache)).put(url, new Response(body))
}

/** Deletes a database. */
export async function dropDatabase(name: string): Promise<void> {
  await settled(indexedDB.deleteDatabase(name))
}

/** A value of structured clone as something that JSON can hold; a CryptoKey by its class alone. */
export function plain(value: unknown): unknown {
  if (value instanceof CryptoKey) return `CryptoKey ${value.type} ${value.algorithm.name} ${value.extractable}`
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)]
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]))
  return value
}

/** Text that is the same for the same content: which databases the origin has, all of one of them, and what lies beside them. */
export async function fingerprint(name: string): Promise<string> {
  const databases = await databaseNames()
  const { stores, local, cached } = databases.includes(name)
    ? await readStored(name)
    : { stores: {}, local: Object.entries(localStorage).sort(), cached: await readCaches() }
  return JSON.stringify({ databases, stores: plain(stores), local, cached })
}
