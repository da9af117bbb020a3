/**
 * A store over files, for Node and what is like it. Owns: the calls of the Store seam in terms of a journal (fs-journal.ts)
 * and files of blocks (fs-blocks.ts).
 *
 * Invariants: a commit counts with its one frame in the journal, and what the frame names was synced before it. A commit of
 * more than a record is synced whatever its durability, as it moves what was synced before. Several processes may use one
 * folder at once, and none can hold up another.
 * Must not know what any of the bytes mean. Imports nothing of Node, so that it can stand in any bundle.
 */
import { FixpointError } from "../base/errors.ts"
import { decodeCbor, encodeCbor } from "../codec/cbor.ts"
import type { Logger } from "../base/log.ts"
import { readPlaces, removeBlocks, writeBlocks } from "./fs-blocks.ts"
import { type Folder, identityPath, removeAll, unlessMissing, writeIdentity } from "./fs-folder.ts"
import type { BlockList } from "./fs-frame.ts"
import { defaultSlackBytes, type Draft, draftOf, Journal } from "./fs-journal.ts"
import { fsError, type FsPlatform } from "./fs-platform.ts"
import { type BlockPlace, filesOf, follows, headOf } from "./fs-state.ts"
import { checkWitness, identityText } from "./fs-witness.ts"
import { Serial } from "./serial.ts"
import type {
  BlockRef,
  CommitOutcome,
  Genesis,
  LogRecord,
  Store,
  StoreChange,
  StoredManifest,
  StoreHeader,
} from "./store.ts"

/** Where a store over files is. */
export interface FsStoreOptions {
  readonly directory: string
  /** Where the files are kept; Node's own by default. */
  readonly platform?: FsPlatform
  /** Bytes that the journal may waste. */
  readonly journalSlackBytes?: number
  readonly log?: Logger
}

/** Opens the storage of a database. Nothing is made before the first write. */
export async function openFsStore(options: FsStoreOptions): Promise<Store> {
  try {
    const folder = folderOf(options)
    // Read before the journal, which the identity is written to first: so one without the other is not just being made.
    const witness = await unlessMissing(folder.platform.files.readFile(identityPath(folder)))
    const store = new FsStore(folder, options)
    await checkWitness(folder, witness, await store.open()).catch(async (error: unknown) => {
      await store.close()
      throw error
    })
    return store
  } catch (error) {
    throw fsError(error)
  }
}

/** Removes the storage of a database, also where it cannot be opened. */
export async function deleteFsStore(options: FsStoreOptions): Promise<void> {
  try {
    await removeAll(folderOf(options))
  } catch (error) {
    throw fsError(error)
  }
}

const folderOf = ({ directory, platform }: FsStoreOptions): Folder => ({
  path: directory,
  platform: platform ?? nodePlatform(),
})

/** Node's files. Deno and Bun have them under the same names. */
function nodePlatform(): FsPlatform {
  const get = (globalThis as { process?: Partial<typeof process> }).process?.getBuiltinModule
  const files = get?.("node:fs/promises")
  const zlib = get?.("node:zlib")
  if (files === undefined || zlib?.crc32 === undefined)
    throw new FixpointError("STORE_UNAVAILABLE", "This platform has no file system.")
  return { files, crc32: (bytes) => zlib.crc32(bytes), uniqueName: () => crypto.randomUUID() }
}

/** What does not decode is given as null: a record of keys that no key source takes. */
function decodeKeys(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined) return null
  try {
    return decodeCbor(bytes)
  } catch {
    return null
  }
}

async function readManifest(journal: Journal | undefined): Promise<StoredManifest | undefined> {
  const stored = journal?.state.manifest
  if (journal === undefined || stored === undefined) return undefined
  const [bytes] = await journal.read([stored])
  return { version: stored.version, bytes: bytes ?? new Uint8Array() }
}

class FsStore implements Store {
  readonly persistence = "fs"
  readonly copies = true
  readonly #folder: Folder
  readonly #options: FsStoreOptions
  readonly #pending = new Set<Promise<unknown>>()
  readonly #serial = new Serial()
  #journal: Journal | undefined
  #isClosed = false

  constructor(folder: Folder, options: FsStoreOptions) {
    this.#folder = folder
    this.#options = options
  }

  /** The journal; undefined as long as there is none. */
  async open(): Promise<Journal | undefined> {
    const { journalSlackBytes = defaultSlackBytes } = this.#options
    this.#journal ??= await Journal.open(this.#folder, journalSlackBytes)
    return this.#journal
  }

  readHeader(): Promise<StoreHeader> {
    return this.#read(async (journal) => {
      const { identity, keys } = journal?.state ?? {}
      const [keyBytes] = keys === undefined ? [] : await journal!.read([keys])
      const manifest = await readManifest(journal)
      const head = journal === undefined ? 0 : headOf(journal.state)
      return { identity, keys: keys === undefined ? undefined : decodeKeys(keyBytes), manifest, head }
    })
  }

  create({ identity, keys, manifest }: Genesis): Promise<CommitOutcome> {
    return this.#write(async (journal) => {
      const keyBytes = encodeCbor(keys)
      const directory = {
        identity,
        manifest: [manifest.version, manifest.bytes.length] as const,
        keys: keyBytes.length,
      }
      const draft: Draft = { directory, body: [manifest.bytes, keyBytes] }
      const isMade = await journal.append(async () => (journal.state.identity === undefined ? draft : undefined))
      await journal.sync()
      if (isMade) await writeIdentity(this.#folder, identityText(identity))
      return isMade ? "committed" : "outrun"
    })
  }

  putKeys(keys: unknown): Promise<void> {
    return this.#write(async (journal) => {
      const bytes = encodeCbor(keys)
      await journal.append(async () => ({ directory: { keys: bytes.length }, body: [bytes] }))
      await journal.sync()
    })
  }

  readPosition(): ReturnType<Store["readPosition"]> {
    return this.#read(async (journal) => ({
      manifestVersion: journal?.state.manifest?.version ?? 0,
      head: journal === undefined ? 0 : headOf(journal.state),
    }))
  }

  readManifest(): Promise<StoredManifest | undefined> {
    return this.#read(readManifest)
  }

  readLog(after: number, limit: number): Promise<LogRecord[]> {
    return this.#read(async (journal) => {
      if (journal === undefined) return []
      const records = journal.state.records.filter(({ n }) => n > after).slice(0, Math.max(0, limit))
      const read = await journal.read(records)
      return records.map(({ n }, i) => ({ n, bytes: read[i] ?? new Uint8Array() }))
    })
  }

  readBlocks(refs: readonly BlockRef[]): Promise<(Uint8Array | undefined)[]> {
    return this.#call(async () => {
      const known = this.#placesOf(refs)
      const places = known.includes(undefined) ? await this.#serial.run(() => this.#newestPlaces(refs)) : known
      return await readPlaces(this.#folder, places)
    })
  }

  listSegments(): Promise<number[]> {
    return this.#read(async (journal) => [...(journal?.state.segments.keys() ?? [])])
  }

  commit(change: StoreChange): Promise<CommitOutcome> {
    return this.#write((journal) => this.#commit(journal, change))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
    const journal = this.#journal
    this.#journal = undefined
    await journal?.close()
  }

  async destroy(): Promise<void> {
    if (this.#isClosed) throw new FixpointError("CLOSED")
    await this.close()
    await deleteFsStore(this.#options)
  }

  async #commit(journal: Journal, change: StoreChange): Promise<CommitOutcome> {
    const { durability, append, manifest, blocks = [], trimLogThrough = 0, dropSegments = [] } = change
    const isMore = manifest !== undefined || blocks.length + dropSegments.length > 0
    const isEmpty = !isMore && append === undefined && trimLogThrough <= 0
    const unneeded = new Set<string>()
    if (isEmpty) await journal.refresh()
    else if (!(await this.#append(journal, change, unneeded))) return "outrun"
    if (isMore || durability === "strict") await journal.sync()
    await removeBlocks(this.#folder, unneeded)
    if (!isEmpty) await this.#renew(journal)
    return "committed"
  }

  /** Appends the frame of a change; adds the files of blocks that it makes superfluous to `unneeded`. */
  async #append(journal: Journal, change: StoreChange, unneeded: Set<string>): Promise<boolean> {
    const { blocks = [] } = change
    let written: { readonly generation: number; readonly list: BlockList } | undefined
    const isDone = await journal.append(async () => {
      if (!follows(journal.state, change)) return undefined
      const { generation } = journal
      // A file of an earlier generation may have been swept: it was in no frame when the next journal was begun.
      if (blocks.length > 0 && written?.generation !== generation) {
        if (written !== undefined) unneeded.add(written.list.file)
        written = { generation, list: await writeBlocks(this.#folder, generation, blocks) }
      }
      if (blocks.length > 0 || change.dropSegments !== undefined)
        for (const file of filesOf(journal.state)) unneeded.add(file)
      return draftOf(change, written?.list)
    })
    if (!isDone) {
      await removeBlocks(this.#folder, written === undefined ? [] : [written.list.file])
      return false
    }
    for (const file of filesOf(journal.state)) unneeded.delete(file)
    return true
  }

  /** The commit has been made: that the journal stays as long as it is, as on a full disk, is no failure of it. */
  async #renew(journal: Journal): Promise<void> {
    try {
      await journal.renewIfDue()
    } catch (error) {
      this.#options.log?.warn("the journal could not be renewed", { code: fsError(error).code })
    }
  }

  #placesOf(refs: readonly BlockRef[]): (BlockPlace | undefined)[] {
    const { segments } = this.#journal?.state ?? {}
    return refs.map(({ segment, index }) => segments?.get(segment)?.get(index))
  }

  async #newestPlaces(refs: readonly BlockRef[]): Promise<(BlockPlace | undefined)[]> {
    await this.#refresh()
    return this.#placesOf(refs)
  }

  /** The journal as others left it; undefined as long as there is none. */
  async #refresh(): Promise<Journal | undefined> {
    const journal = this.#journal
    if (journal === undefined) return await this.open()
    try {
      await journal.refresh()
    } catch (error) {
      // It has ended, and there is no room for the next one: what it says still holds.
      if (fsError(error).code !== "QUOTA") throw error
    }
    return journal
  }

  #read<T>(use: (journal: Journal | undefined) => Promise<T>): Promise<T> {
    return this.#call(() => this.#serial.run(async () => await use(await this.#refresh())))
  }

  #write<T>(use: (journal: Journal) => Promise<T>): Promise<T> {
    return this.#call(() =>
      this.#serial.run(async () => {
        if ((await this.open()) === undefined) await Journal.make(this.#folder)
        const journal = await this.open()
        if (journal === undefined) throw new FixpointError("STORE_LOST")
        return await use(journal)
      }),
    )
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new FixpointError("CLOSED")
    const pending = work()
    this.#pending.add(pending)
    try {
      return await pending
    } catch (error) {
      throw fsError(error)
    } finally {
      this.#pending.delete(pending)
    }
  }
}
