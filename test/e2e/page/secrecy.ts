/**
 * Commands of the secrecy test: everything that touches documents, with markers in ids, collections, field names and values, at
 * full logging, including calls that are refused; and all that an origin has stored, as bytes.
 */
import { type Collection, collection, counter, fixpoint, keys, set } from "fixpoint"
import { errorReport } from "./command-loop.ts"
import { databaseNames, openDatabase } from "./stored.ts"

/** What must not be found again. */
export interface Markers {
  readonly id: string
  readonly collection: string
  readonly field: string
  readonly value: string
  readonly passphrase: string
  /** Bytes of a key. */
  readonly key: readonly number[]
}

/** Something stored, in base64. */
export interface StoredBytes {
  readonly where: string
  readonly base64: string
}

const openSecrets = (name: string, { collection: secret, field, passphrase, key }: Markers) => {
  const fields = { [`${field}-votes`]: counter(), [`${field}-labels`]: set() }
  const sources = {
    device: () => keys.device(),
    passphrase: () => keys.passphrase(() => passphrase),
    raw: () => keys.raw(Uint8Array.from(key)),
  }
  const source = Object.entries(sources).find(([kind]) => name.startsWith(kind))
  return fixpoint(name, { keys: source?.[1]() ?? keys.device(), collections: { [secret]: collection({ fields }) } })
}

const refused: string[] = []
const expectRefusal = async (call: Promise<unknown>) => {
  await call.then(
    () => refused.push("nothing"),
    (error: unknown) => refused.push(errorReport(error).code ?? "no code"),
  )
}

async function writeAll(db: ReturnType<typeof openSecrets>, secrets: Collection, markers: Markers): Promise<void> {
  const { id, field, value } = markers
  const document = (n: number) => ({
    _id: `${id}-${n}`,
    [field]: { [field]: `${value} ${n}`, list: [value, { [field]: value }] },
    text: `${value} `.repeat(20),
    bytes: new TextEncoder().encode(value),
  })
  await secrets.putMany(Array.from({ length: 200 }, (_, n) => document(n)))
  await secrets.insert(document(200))
  await secrets.put({ [field]: value })
  await secrets.patch(`${id}-1`, { [`${field}.${field}`]: `${value} patched` })
  await secrets.increment(`${id}-2`, `${field}-votes`, 1)
  await secrets.add(`${id}-2`, `${field}-labels`, value)
  await secrets.delete(`${id}-3`)
  await secrets.update(`${id}-4`, (old) => ({ ...old, [field]: `${value} updated` }))
  await db.transaction(async (tx) => {
    await tx.collection(markers.collection).get(`${id}-5`)
    await tx.collection(markers.collection).put(document(5))
  })
}

async function readAll(secrets: Collection, { id, field, value }: Markers): Promise<number> {
  await secrets.get(`${id}-1`)
  await secrets.getMany([`${id}-1`, `${id}-2`])
  await secrets.where({ [`${field}.${field}`]: { startsWith: value } }).explain()
  await secrets
    .where({ [`${field}.${field}`]: `${value} 7` })
    .orderBy(field)
    .limit(5)
    .all()
  await secrets.changes()
  return secrets.where({}).count()
}

async function callWrongly(secrets: Collection, { id, field, value }: Markers): Promise<void> {
  await expectRefusal(secrets.insert({ _id: `${id}-1` }))
  await expectRefusal(secrets.put({ _id: `${id}-9`, [field]: Number.NaN }))
  await expectRefusal(secrets.put({ _id: `${id}-9`, [field]: value.repeat(200_000) }))
  await expectRefusal(secrets.put({ _id: id.repeat(100) }))
  await expectRefusal(secrets.put({ _id: `${id}-9`, [field]: { constructor: value } }))
  await expectRefusal(secrets.increment(`${id}-1`, `${field}-votes`, Number.NaN))
}

/** The commands. */
export const secrecy = {
  /** Turns all logging on: for this page before any database is opened, and for workers. */
  secrecyDebug(debug: string, format: string): void {
    localStorage.setItem("FP_DEBUG", debug)
    localStorage.setItem("FP_FORMAT", format)
    localStorage.setItem("FP_STACK", "1")
  },

  /** Does everything once in a database whose name begins with the kind of its key; gives the codes of what was refused. */
  async secrecyWrite(name: string, markers: Markers): Promise<{ refused: readonly string[]; count: number }> {
    refused.length = 0
    const db = openSecrets(name, markers)
    const secrets: Collection = db.collection(markers.collection)
    let steps = 0
    const stop = secrets.where({ [markers.field]: { exists: true } }).watch(() => {
      steps++
    })
    await writeAll(db, secrets, markers)
    await db.compact()
    await secrets.put({ _id: `${markers.id}-in-the-log`, [markers.field]: markers.value }, { durability: "strict" })
    const count = await readAll(secrets, markers)
    await callWrongly(secrets, markers)
    await db.check({ deep: true })
    await db.stats()
    stop()
    if (steps === 0) throw new Error("the live query gave nothing")
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
