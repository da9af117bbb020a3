/**
 * The journal of a store over files: a chain of frames that several processes append to without locks. Owns: the file in
 * force, the state it stands for, appending, and its renewal by a smaller file.
 *
 * A frame is appended in one write, behind whatever is there, and counts if it is the next one there (fs-fold.ts): so of
 * those who try the same change exactly one succeeds, and a process that is stopped or killed holds up nobody. A renewal
 * appends a last frame in the same way; whoever reads that frame writes the next file, unless it is there, from the state
 * that the last frame leaves, which is the same for all.
 * Invariant: calls come one after the other. What is in a file that is linked has been synced; a file is removed only when
 * the next one survives a power cut. Must not know what the parts of frames mean.
 */
import { FixpointError } from "../base/errors.ts"
import { foldFrames, judgeRest } from "./fs-fold.ts"
import {
  blocksPath,
  type Folder,
  generationOf,
  journalPath,
  listBlockFiles,
  listJournals,
  makeFolder,
  publishOnce,
  syncNames,
  unlessMissing,
} from "./fs-folder.ts"
import { type BlockList, type Directory, encodeFrame, type Frame } from "./fs-frame.ts"
import type { FileHandle } from "./fs-platform.ts"
import { readRange, readSpans } from "./fs-spans.ts"
import { applyFrame, emptyState, filesOf, type FsState, sizeOf, snapshotOf, type Span } from "./fs-state.ts"
import type { StoreChange } from "./store.ts"

/** A frame to come. */
export interface Draft {
  readonly directory: Omit<Directory, "by">
  readonly body: readonly Uint8Array[]
}

/** The frame of a change, whose blocks have been written. */
export function draftOf(
  { append, manifest, trimLogThrough, dropSegments }: StoreChange,
  list: BlockList | undefined,
): Draft {
  const directory: Draft["directory"] = {
    ...(append && { records: [[append.n, append.bytes.length] as const] }),
    ...(manifest && { manifest: [manifest.version, manifest.bytes.length] as const }),
    ...(list && { files: [list] }),
    ...(trimLogThrough && { trim: trimLogThrough }),
    ...(dropSegments && { drop: dropSegments }),
  }
  return { directory, body: [append?.bytes, manifest?.bytes].filter((bytes) => bytes !== undefined) }
}

/** A file in force, and how far it was read. */
interface Current {
  readonly generation: number
  readonly handle: FileHandle
  readonly state: FsState
  /** Where the next frame would begin, as far as is known. */
  at: number
  /** The end of what was read. */
  end: number
  /** Bytes that are known to have reached the disk. */
  synced: number
}

/** A journal is rewritten when it is this much larger than twice what is in force. */
export const defaultSlackBytes: number = 1024 * 1024

/** The journal of a folder. */
export class Journal {
  readonly #folder: Folder
  readonly #by: string
  readonly #slackBytes: number
  #current: Current
  #hasSyncedNames = false

  private constructor(folder: Folder, slackBytes: number, current: Current) {
    this.#folder = folder
    this.#by = folder.platform.uniqueName().slice(0, 8)
    this.#slackBytes = slackBytes
    this.#current = current
  }

  /** The journal of a folder; undefined when there is none. */
  static async open(folder: Folder, slackBytes: number): Promise<Journal | undefined> {
    const current = await openNewest(folder)
    if (current === undefined) return undefined
    const journal = new Journal(folder, slackBytes, current)
    await journal.#follow()
    return journal
  }

  /** Makes the first file of a folder, unless it is there. */
  static async make(folder: Folder): Promise<void> {
    await makeFolder(folder)
    const head = { seq: 1, previous: 0, synced: 0 }
    const { bytes } = encodeFrame(head, { by: "" }, [], folder.platform.crc32)
    await publishOnce(folder, journalPath(folder, 1), bytes)
  }

  /** The state as far as it is known; `refresh` reads on. */
  get state(): FsState {
    return this.#current.state
  }

  /** Names the files that are written now: they are renewed when it changes. */
  get generation(): number {
    return this.#current.generation
  }

  /** Reads what others have appended; gives the frames that count. */
  async refresh(): Promise<Frame[]> {
    const counted = await readOn(this.#folder, this.#current)
    await this.#follow()
    return counted
  }

  /**
   * Appends what `draft` makes of the state. `draft` is asked again when another frame came first, and gives undefined
   * when it then has nothing to append. Gives whether a frame was appended.
   */
  async append(draft: () => Promise<Draft | undefined>): Promise<boolean> {
    for (;;) {
      const drafted = await draft()
      if (drafted === undefined) {
        // The state may be old: only the newest one can say no.
        if ((await this.refresh()).length > 0) continue
        return false
      }
      const isDone = await this.#tryAppend(drafted)
      await this.#follow()
      if (isDone) return true
    }
  }

  /** Makes all that was appended survive a power cut. */
  async sync(): Promise<void> {
    const { handle, end } = this.#current
    if (!this.#hasSyncedNames) await syncNames(this.#folder, this.#folder.path)
    this.#hasSyncedNames = true
    await handle.datasync()
    this.#current.synced = end
  }

  /** The bytes of spans of the state. */
  read(spans: readonly Span[]): Promise<(Uint8Array | undefined)[]> {
    return readSpans(this.#current.handle, spans)
  }

  /** Puts a smaller file in force when most of this one is not needed any more. */
  async renewIfDue(): Promise<void> {
    const { state, end, generation } = this.#current
    if (end <= 2 * sizeOf(state) + this.#slackBytes) return
    await this.append(async () => {
      if (this.generation !== generation) return undefined
      return { directory: { next: generation + 1 }, body: [] }
    })
  }

  async close(): Promise<void> {
    await this.#current.handle.close()
  }

  /** Appends a frame made for the state as it is known; gives whether it counts. */
  async #tryAppend({ directory, body }: Draft): Promise<boolean> {
    const current = this.#current
    const { state, handle, end, synced } = current
    const head = { seq: state.seq + 1, previous: state.at, synced }
    const signed = { by: this.#by, ...directory }
    const { bytes, bodyOffset } = encodeFrame(head, signed, body, this.#folder.platform.crc32)
    const { bytesWritten } = await handle.write(bytes, 0, bytes.length, null)
    if (bytesWritten < bytes.length) throw new FixpointError("QUOTA", undefined, { details: { bytesWritten } })
    const { size, nlink } = await handle.stat()
    if (size !== end + bytes.length || nlink === 0) {
      const counted = await readOn(this.#folder, current)
      return counted.some((frame) => frame.seq === head.seq && frame.directory.by === this.#by)
    }
    applyFrame(state, { ...head, at: end, bodyAt: end + bodyOffset, end: size, directory: signed, isWhole: true })
    current.at = size
    current.end = size
    return true
  }

  /** Goes to the next file for as long as the one in force has ended. */
  async #follow(): Promise<void> {
    while (this.#current.state.next !== undefined) {
      const last = this.#current
      await this.#writeNext(last, this.#current.state.next)
      const newest = await openNewest(this.#folder)
      if (newest === undefined) throw new FixpointError("STORE_LOST")
      this.#current = newest
      this.#hasSyncedNames = false
      await last.handle.close()
      await this.#removeBefore(newest)
    }
  }

  async #writeNext({ handle, state }: Current, generation: number): Promise<void> {
    const { directory, spans } = snapshotOf(state, this.#by)
    const body = await readSpans(handle, spans)
    if (body.includes(undefined)) throw new FixpointError("STORE_TORN", "The journal is shorter than it was.")
    const head = { seq: state.seq + 1, previous: 0, synced: 0 }
    const parts = body.filter((part) => part !== undefined)
    const { bytes } = encodeFrame(head, directory, parts, this.#folder.platform.crc32)
    await publishOnce(this.#folder, journalPath(this.#folder, generation), bytes)
  }

  /** A file of blocks of an earlier generation that is not in the state can be named by no frame to come. */
  async #removeBefore({ generation, state }: Current): Promise<void> {
    const { files } = this.#folder.platform
    await this.sync()
    for (const old of await listJournals(this.#folder))
      if (old < generation) await files.rm(journalPath(this.#folder, old), { force: true })
    const needed = filesOf(state)
    for (const file of await listBlockFiles(this.#folder))
      if (generationOf(file) < generation && !needed.has(file))
        await files.rm(blocksPath(this.#folder, file), { force: true })
  }
}

/** Opens the newest file of a folder and reads all of it; undefined when there is none. */
async function openNewest(folder: Folder): Promise<Current | undefined> {
  const { files } = folder.platform
  for (;;) {
    const generation = (await listJournals(folder)).at(-1)
    if (generation === undefined) return undefined
    const flags = files.constants.O_RDWR | files.constants.O_APPEND
    const handle = await unlessMissing(files.open(journalPath(folder, generation), flags))
    // Another process has put a newer one in its place meanwhile.
    if (handle === undefined) continue
    const current = { generation, handle, state: emptyState(), at: 0, end: 0, synced: 0 }
    try {
      await readOn(folder, current, judgeRest)
      if (current.state.seq === 0) throw new FixpointError("STORE_TORN", "The journal has no beginning.")
      return current
    } catch (error) {
      await handle.close()
      throw error
    }
  }
}

/** Reads and applies what was appended; gives the frames that count. */
async function readOn(folder: Folder, current: Current, judge?: typeof judgeRest): Promise<Frame[]> {
  const { handle, state } = current
  const { size, nlink } = await handle.stat()
  if (size < current.end) throw new FixpointError("STORE_TORN", "The journal is shorter than it was.")
  let counted: Frame[] = []
  if (size > current.end) {
    const bytes = await readRange(handle, current.at, size - current.at)
    const tail = { bytes, base: current.at, crc32: folder.platform.crc32 }
    const folded = foldFrames(tail, current.at, state)
    judge?.(tail, folded, state)
    counted = folded.counted
    current.at = folded.at
    current.end = tail.base + bytes.length
    current.synced = counted.reduce((most, { synced }) => Math.max(most, synced), current.synced)
  }
  // A file that has ended is removed; one that goes on is removed by nobody but who removes the database.
  if (nlink === 0 && state.next === undefined) throw new FixpointError("STORE_LOST", "The journal was removed.")
  return counted
}
