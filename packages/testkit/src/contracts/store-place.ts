/**
 * A place for stores, and the small vocabulary of the tests on it. Owns: what a test stores, made from small numbers.
 * Must not know any implementation.
 */
import type { BlockRef, Genesis, LogRecord, Persistence, Store, StoreChange, StoredManifest } from "@fixpoint/core"

/** Where stores of one database are opened: each call gives another connection to the same data. */
export interface StorePlace {
  open(): Promise<Store>
  /** Ends what `open` cannot end by itself, and removes what is left. */
  remove?(): Promise<void>
}

/** What the parts of the suite work on: a fresh place for each test, and stores that are closed after it. */
export interface StoreTests {
  readonly persistence: Persistence
  /** Another connection to this test's place. */
  open(): Promise<Store>
}

/** Bytes that tell who wrote them: a view into the middle of a larger buffer, as codecs hand out. */
export function bytesOf(mark: number, length = 8): Uint8Array {
  const around = new Uint8Array(length + 32).fill(0xee)
  const bytes = around.subarray(16, 16 + length)
  for (let i = 0; i < length; i++) bytes[i] = (mark * 31 + i * 7 + (mark >> 8)) & 0xff
  return bytes
}

/** The plain numbers of bytes, which compare by content whatever buffer they lie in. */
export const numbersOf = (bytes: Uint8Array | undefined): number[] | undefined =>
  bytes === undefined ? undefined : [...bytes]

/** A log record. */
export const record = (n: number, mark: number = n): LogRecord => ({ n, bytes: bytesOf(mark) })

/** A manifest. */
export const manifest = (version: number, mark: number = version): StoredManifest => ({ version, bytes: bytesOf(mark) })

/** A block with bytes. */
export const block = (segment: number, index: number, mark: number = index): BlockRef & { bytes: Uint8Array } => ({
  segment,
  index,
  bytes: bytesOf(mark),
})

/** What a database begins with. */
export const genesis = (mark = 1): Genesis => ({
  identity: { format: 1, suite: 1, databaseId: mark.toString(16).padStart(32, "0") },
  keys: { slots: [{ kind: "raw", salt: new Uint8Array([mark, 2, 3]) }] },
  manifest: manifest(1, mark),
})

/** Commits a relaxed change. */
export const commit = (store: Store, change: Omit<StoreChange, "durability">): ReturnType<Store["commit"]> =>
  store.commit({ durability: "relaxed", ...change })

/** Appends the records from one number through another, one commit each. */
export async function appendThrough(store: Store, from: number, through: number): Promise<void> {
  for (let n = from; n <= through; n++) await commit(store, { append: record(n) })
}

/** The numbers of all records. */
export const logNumbers = async (store: Store): Promise<number[]> =>
  (await store.readLog(0, Number.MAX_SAFE_INTEGER)).map(({ n }) => n)

/** All that can be read of a store, in a form that compares by content. */
export async function contentOf(store: Store, refs: readonly BlockRef[]): Promise<unknown> {
  const { identity, keys, manifest: stored, head } = await store.readHeader()
  const log = await store.readLog(0, Number.MAX_SAFE_INTEGER)
  const blocks = await store.readBlocks(refs)
  const segments = await store.listSegments()
  return {
    identity,
    keys: JSON.stringify(keys, (_, value: unknown) => (value instanceof Uint8Array ? [...value] : value)),
    manifest: stored && [stored.version, ...stored.bytes],
    head,
    log: log.map(({ n, bytes }) => [n, ...bytes]),
    blocks: blocks.map(numbersOf),
    segments: [...segments].sort((a, b) => a - b),
  }
}
