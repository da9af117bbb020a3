/**
 * The requests of each call on the stores log (key n, further parts of a large record under [n, part]), blk (key of block-key.ts) and meta. Owns: what is stored under which
 * key, and which requests read or change it.
 * Invariant: the checks of a change are requests of its own transaction, sent together with its writes.
 * Must not know connections, nor what any of the bytes mean.
 */
import { concatBytes } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import { blockKey, indexCount, segmentOf } from "./block-key.ts"
import type { BlockRef, Genesis, Identity, LogRecord, StoreChange, StoredManifest, StoreHeader } from "./store.ts"

/** A header as it lies there, and the platform's words where it once told that it had lost what was here. */
export interface FoundHeader extends Omit<StoreHeader, "identity"> {
  readonly identity: unknown
  readonly loss: string | undefined
}

/** Chromium answers more than this slower in one request than in several (docs/decisions/026). */
const blocksPerRequestMax = 8

/** Chromium keeps a value of more than 64 KiB in a file of its own, which costs 5 ms and more (docs/decisions/029). */
const partBytes = 60_000

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

/** Records after a number. */
export function readLog(
  tx: IDBTransaction,
  { after: number, limit }: { after: number; limit: number },
  give: (records: LogRecord[]) => void,
): void {
  if (limit <= 0) return give([])
  const log = tx.objectStore("log")
  const range = IDBKeyRange.bound(number, numberMax, true)
  const count = Math.min(limit, countMax)
  const keys = log.getAllKeys(range, count)
  after<unknown[]>(log.getAll(range, count), (values) => {
    const records = keys.result.map((key, i) => ({ n: Number(key), bytes: toBytes(values[i]) }))
    if (!records.some(({ bytes }) => bytes.length === partBytes)) return give(records)
    const rest = IDBKeyRange.bound([number, numberMax], [records.at(-1)?.n, numberMax])
    const names = log.getAllKeys(rest)
    after<unknown[]>(log.getAll(rest), (found) => {
      const parts = found.map((part, i) => ({ n: (names.result[i] as number[])[0], bytes: toBytes(part) }))
      give(
        records.map(({ n, bytes }) => ({
          n,
          bytes: joined(
            bytes,
            parts.filter((part) => part.n === n),
          ),
        })),
      )
    })
  })
}

const joined = (first: Uint8Array, rest: readonly { readonly bytes: Uint8Array }[]): Uint8Array =>
  rest.length === 0 ? first : concatBytes(first, ...rest.map(({ bytes }) => bytes))

/** Blocks by name, in the order of the names. Neighbours are read by one request. */
export function readBlocks(
  tx: IDBTransaction,
  refs: readonly BlockRef[],
  give: (blocks: (Uint8Array | undefined)[]) => void,
): void {
  const blk = tx.objectStore("blk")
  const names = refs.map(({ segment, index }) => blockKey(segment, index))
  const found = new Map<number, unknown>()
  const finish = () =>
    give(
      names.map((name) => {
        const stored = found.get(name)
        return stored === undefined ? undefined : toBytes(stored)
      }),
    )
  let awaited = 0
  const take = <T>(request: IDBRequest<T>, handle: (result: T) => void) => {
    awaited++
    after(request, (result) => {
      handle(result)
      if (--awaited === 0) finish()
    })
  }
  const getOne = (name: number) => take<unknown>(blk.get(name), (stored) => found.set(name, stored))
  for (const { first, count } of contiguousRuns(names)) {
    if (count === 1) {
      getOne(first)
      continue
    }
    take<unknown[]>(blk.getAll(IDBKeyRange.bound(first, first + count - 1)), (values) => {
      for (let i = 0; i < count; i++) {
        // Values come without their names: where one is missing, each is asked for by itself.
        if (values.length === count) found.set(first + i, values[i])
        else getOne(first + i)
      }
    })
  }
  if (awaited === 0) finish()
}

/** Sorted names as runs of neighbours. */
export function contiguousRuns(names: readonly number[]): { first: number; count: number }[] {
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
export function sendGenesis(tx: IDBTransaction, { identity, keys, manifest }: Genesis, stop: () => void): void {
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

/** Sends a change: its checks, which call `stop` when it comes second, and its writes. */
export function sendChange(tx: IDBTransaction, change: StoreChange, stop: () => void): void {
  const { append, manifest, blocks = [], trimLogThrough = 0, dropSegments = [] } = change
  if (append !== undefined) sendAppend(tx.objectStore("log"), append, stop)
  if (manifest !== undefined) {
    const meta = tx.objectStore("meta")
    after<unknown>(meta.get("manifest"), (stored) => {
      if ((toManifest(stored)?.version ?? 0) !== manifest.version - 1) stop()
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

/** The newest number must be n - 1: the numbers from there on are read, and the record is added behind them. */
function sendAppend(log: IDBObjectStore, { n, bytes }: LogRecord, stop: () => void): void {
  after(log.getAllKeys(IDBKeyRange.bound(n - 1, numberMax), 2), (keys) => {
    const isNext = n === 1 ? keys.length === 0 : keys.length === 1 && keys[0] === n - 1
    if (!isNext) stop()
  })
  log.put(ownBytes(bytes.subarray(0, partBytes)), n)
  for (let part = 1; part * partBytes < bytes.length; part++)
    log.put(bytes.slice(part * partBytes, (part + 1) * partBytes), [n, part])
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
