/**
 * The requests of each call on the stores log (key n, further parts of a large record under [n, part]), blk (key of
 * block-key.ts) and meta. Owns: what is stored under which key, and which requests read or change it.
 * Invariants: the checks of a change are requests of its own transaction, sent together with its writes. Requests of a read are
 * all sent at once, but for `listSegments`. A transaction that writes one value is told to commit with its requests: it then ends
 * by itself, also when this thread is frozen, and other tabs do not wait for one that stands still. One of several values is not: of a transaction that was
 * told to commit, Firefox undoes the others only if its last request fails.
 * Must not know connections, nor what any of the bytes mean.
 */
import { concatBytes } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import { blockKey, indexCount, segmentOf } from "./block-key.ts"
import type { Verdict } from "./idb-transaction.ts"
import type { Genesis, Identity, LogRecord, StoreChange, StoredManifest, StoreHeader } from "./store.ts"

/** A header as it lies there, and the platform's words where it once told that it had lost what was here. */
export interface FoundHeader extends Omit<StoreHeader, "identity"> {
  readonly identity: unknown
  readonly loss: string | undefined
}

/** Chromium answers more than this slower in one request than in several (docs/decisions/026). */
const blocksPerRequestMax = 8

/** Chromium keeps a value of more than 64 KiB in a file of its own, which costs 5 ms and more (docs/decisions/029). */
const partBytes = 60_000

/** A file of its own pays for larger ones: when it is trimmed its place is free at once, and nothing is copied for an undo. */
const partsMax = 8

/** All numbers lie below this one, and all lists, the keys of further parts, above it. */
const numberMax = Number.MAX_SAFE_INTEGER

/** IndexedDB takes counts of 32 bits. */
const countMax = 2 ** 32 - 1

/** The bytes in a buffer of their own size: a view is stored with all of the buffer behind it. */
export const ownBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()

/** What is not bytes any more is given as none at all: no authentication accepts that. */
const toBytes = (stored: unknown): Uint8Array => (stored instanceof Uint8Array ? stored : new Uint8Array())

function toManifest(stored: unknown): StoredManifest | undefined {
  if (stored === undefined) return undefined
  const { version, bytes } = Object(stored) as Partial<StoredManifest>
  return { version: typeof version === "number" ? version : 0, bytes: toBytes(bytes) }
}

/** The identity record, or FORMAT_UNKNOWN for what is none. */
export function toIdentity(stored: unknown): Identity | undefined {
  if (stored === undefined) return undefined
  const { format, suite, databaseId } = Object(stored) as Partial<Identity>
  if (typeof format === "number" && typeof suite === "number" && typeof databaseId === "string")
    return { format, suite, databaseId }
  throw new FixpointError("FORMAT_UNKNOWN", "The identity record is not one of Fixpoint.")
}

const after = <T>(request: IDBRequest<T>, handle: (result: T) => void): void => {
  request.onsuccess = () => handle(request.result)
}

const newest = (tx: IDBTransaction): IDBRequest<IDBCursor | null> =>
  tx.objectStore("log").openKeyCursor(IDBKeyRange.upperBound(numberMax), "prev")

const headOf = (cursor: IDBCursor | null): number => Number(cursor?.key ?? 0)

/** Identity, keys, manifest, head, and whether the platform lost data. */
export function readHeader(tx: IDBTransaction, give: (header: FoundHeader) => void): void {
  const meta = tx.objectStore("meta")
  const identity = meta.get("identity")
  const keys = meta.get("keys")
  const manifest = meta.get("manifest")
  const loss = meta.get("loss")
  after(newest(tx), (cursor) =>
    give({
      identity: identity.result as unknown,
      keys: keys.result as unknown,
      manifest: toManifest(manifest.result),
      head: headOf(cursor),
      loss: loss.result as string | undefined,
    }),
  )
}

/** The manifest's version and the log's head. */
export function readPosition(
  tx: IDBTransaction,
  give: (position: { manifestVersion: number; head: number }) => void,
): void {
  const manifest = tx.objectStore("meta").get("manifest")
  after(newest(tx), (cursor) =>
    give({ manifestVersion: toManifest(manifest.result)?.version ?? 0, head: headOf(cursor) }),
  )
}

/** The manifest. */
export function readManifest(tx: IDBTransaction, give: (manifest: StoredManifest | undefined) => void): void {
  after<unknown>(tx.objectStore("meta").get("manifest"), (stored) => give(toManifest(stored)))
}

/** Records, as far as one transaction could read them. */
export interface FoundLog {
  readonly records: LogRecord[]
  /** Whether a large record is without its parts, as it was not expected so far from the number asked for. */
  readonly lacksParts: boolean
}

/** Records after a number. Numbers follow each other, so that the parts of large ones are looked for up to the limit. */
export function readLog(
  tx: IDBTransaction,
  { after: number, limit }: { after: number; limit: number },
  give: (found: FoundLog) => void,
): void {
  const log = tx.objectStore("log")
  const range = IDBKeyRange.bound(number, numberMax, true)
  const count = Math.min(limit, countMax)
  const last = number + count
  const rest = IDBKeyRange.bound([number, numberMax], [last, numberMax])
  const keys = log.getAllKeys(range, count)
  const values: IDBRequest<unknown[]> = log.getAll(range, count)
  const names = log.getAllKeys(rest)
  after<unknown[]>(log.getAll(rest), (parts) => {
    const further = new Map<number, Uint8Array[]>()
    for (const [i, part] of parts.entries()) {
      const [n = 0] = names.result[i] as number[]
      further.set(n, [...(further.get(n) ?? []), toBytes(part)])
    }
    const records = keys.result.map((key, i) => {
      const n = Number(key)
      const bytes = toBytes(values.result[i])
      return { n, bytes: further.has(n) ? concatBytes(bytes, ...(further.get(n) ?? [])) : bytes }
    })
    give({ records, lacksParts: records.some(({ n, bytes }) => n > last && bytes.length === partBytes) })
  })
}

/** Blocks, as far as one transaction could read them. */
export interface FoundBlocks {
  readonly values: ReadonlyMap<number, Uint8Array>
  /** Names in runs in which something is missing: values come without their names. */
  readonly unsure: readonly number[]
}

/** Blocks by the runs that their names are in. */
export function readBlocks(tx: IDBTransaction, runs: readonly BlockRun[], give: (found: FoundBlocks) => void): void {
  const blk = tx.objectStore("blk")
  const requests = runs.map(
    ({ first, count }): IDBRequest<unknown[]> =>
      blk.getAll(count === 1 ? first : IDBKeyRange.bound(first, first + count - 1)),
  )
  const last = requests.at(-1)
  if (last === undefined) return give({ values: new Map(), unsure: [] })
  after(last, () => {
    const values = new Map<number, Uint8Array>()
    const unsure: number[] = []
    for (const [i, { first, count }] of runs.entries()) {
      const { result } = requests[i]!
      for (let k = 0; k < count; k++) {
        if (result.length === count) values.set(first + k, toBytes(result[k]))
        else if (count > 1) unsure.push(first + k)
      }
    }
    give({ values, unsure })
  })
}

/** Neighbours: the names from `first` on. */
export interface BlockRun {
  readonly first: number
  readonly count: number
}

/** Sorted names as runs of neighbours. */
export function contiguousRuns(names: readonly number[]): BlockRun[] {
  const runs: { first: number; count: number }[] = []
  for (const name of [...new Set(names)].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last !== undefined && name === last.first + last.count && last.count < blocksPerRequestMax) last.count++
    else runs.push({ first: name, count: 1 })
  }
  return runs
}

/** The segments that have blocks: one step of a cursor for each. */
export function listSegments(tx: IDBTransaction, give: (segments: number[]) => void): void {
  const segments: number[] = []
  after(tx.objectStore("blk").openKeyCursor(), (cursor) => {
    if (cursor === null) return give(segments)
    const segment = segmentOf(Number(cursor.key))
    segments.push(segment)
    cursor.continue(blockKey(segment + 1, 0))
  })
}

/** Stores what a database begins with, unless there is an identity. */
export function sendGenesis(tx: IDBTransaction, { identity, keys, manifest }: Genesis, { stop }: Verdict): void {
  const meta = tx.objectStore("meta")
  after(meta.getKey("identity"), (key) => {
    if (key !== undefined) stop()
  })
  meta.put(identity, "identity")
  meta.put(keys, "keys")
  putManifest(meta, manifest)
}

const putManifest = (meta: IDBObjectStore, { version, bytes }: StoredManifest): void =>
  void meta.put({ version, bytes: ownBytes(bytes) }, "manifest")

/** Stores one record of meta. */
export function putMeta(tx: IDBTransaction, key: string, value: unknown): void {
  tx.objectStore("meta").put(value, key)
  tx.commit()
}

/** Sends a change: its checks, which stop it when it comes second, and its writes. */
export function sendChange(tx: IDBTransaction, change: StoreChange, verdict: Verdict): void {
  const { append, manifest, blocks = [], trimLogThrough = 0, dropSegments = [] } = change
  if (append !== undefined) {
    const log = tx.objectStore("log")
    checkNext(log, append.n, verdict.stop)
    putRecord(log, append, verdict)
  }
  if (manifest !== undefined) {
    const meta = tx.objectStore("meta")
    after<unknown>(meta.get("manifest"), (stored) => {
      if ((toManifest(stored)?.version ?? 0) !== manifest.version - 1) verdict.stop()
    })
    putManifest(meta, manifest)
  }
  for (const { segment, index, bytes } of blocks) tx.objectStore("blk").put(ownBytes(bytes), blockKey(segment, index))
  for (const segment of dropSegments) {
    const range = IDBKeyRange.bound(blockKey(segment, 0), blockKey(segment, indexCount - 1))
    tx.objectStore("blk").delete(range)
  }
  if (trimLogThrough > 0) sendTrim(tx, trimLogThrough)
}

/** Runs after an append of the same change, whose record is then the newest. */
function sendTrim(tx: IDBTransaction, trimLogThrough: number): void {
  after(newest(tx), (cursor) => {
    const last = Math.min(trimLogThrough, headOf(cursor) - 1)
    if (last <= 0) return
    tx.objectStore("log").delete(IDBKeyRange.upperBound(last))
    tx.objectStore("log").delete(IDBKeyRange.bound([0], [last, numberMax]))
  })
}

/**
 * Asks whether n follows the newest number, and tells `refuse` when it does not. Where n - 1 still is, n was never trimmed,
 * as trimming goes upwards; and where n is taken, `add` fails. A look at one key spares Chromium a walk through the log.
 */
function checkNext(log: IDBObjectStore, n: number, refuse: () => void): void {
  after(log.getKey(n === 1 ? IDBKeyRange.lowerBound(1) : n - 1), (key) => {
    if ((n === 1) !== (key === undefined)) refuse()
  })
}

/** Whether a record is stored as one value. */
export const isOneValue = ({ bytes }: LogRecord): boolean =>
  bytes.length <= partBytes || bytes.length > partsMax * partBytes

/** Where the number is taken, the transaction is undone by that. */
function putRecord(log: IDBObjectStore, record: LogRecord, { regret }: Verdict): void {
  const { n, bytes } = record
  const isWhole = isOneValue(record)
  const adding = log.add(ownBytes(isWhole ? bytes : bytes.subarray(0, partBytes)), n)
  adding.onerror = () => {
    if (adding.error?.name === "ConstraintError") regret()
  }
  if (isWhole) return
  for (let part = 1; part * partBytes < bytes.length; part++)
    log.put(bytes.slice(part * partBytes, (part + 1) * partBytes), [n, part])
}

/**
 * Sends a record of one value in a transaction that waits for nobody: it fails by itself where the number is taken. If the
 * number is free, but not the next one, it was trimmed, and nobody reads it any more: `removeRecord` takes it away again.
 */
export function sendRecord(tx: IDBTransaction, record: LogRecord, verdict: Verdict): void {
  const log = tx.objectStore("log")
  checkNext(log, record.n, verdict.regret)
  putRecord(log, record, verdict)
  tx.commit()
}

/** Removes a record of one value that was stored under a number that is not the next one. */
export function removeRecord(tx: IDBTransaction, n: number): void {
  tx.objectStore("log").delete(n)
  tx.commit()
}
