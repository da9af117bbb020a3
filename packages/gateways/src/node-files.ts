/**
 * The files of Node as a bucket needs them. Owns: whole files and their folders, and what the system's failures mean.
 * Invariant: nothing is imported from Node: its modules are asked for when they are used. Must not know keys.
 */
import { type Code, FixpointError } from "@fixpoint/core/errors"

/** Whole files. */
export interface NodeFiles {
  /** The bytes of a file; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Writes a whole file, durable when it resolves; with `isNew` gives false when there is one, which is left as it is. */
  write(path: string, bytes: Uint8Array, isNew: boolean): Promise<boolean>
  /** Bytes of a file; undefined when there is none. */
  size(path: string): Promise<number | undefined>
  /** Files and folders in a folder; none when there is no folder. */
  entries(path: string): Promise<{ readonly name: string; readonly isFolder: boolean }[]>
  remove(path: string): Promise<void>
}

type Fs = typeof import("node:fs/promises")

const codesOfErrno: Readonly<Record<string, Code>> = {
  ENOSPC: "REMOTE_QUOTA",
  EDQUOT: "REMOTE_QUOTA",
  EACCES: "REMOTE_READ_ONLY",
  EPERM: "REMOTE_READ_ONLY",
  EROFS: "REMOTE_READ_ONLY",
}

/** The files of this process. */
export function nodeFiles(): NodeFiles {
  const { process } = globalThis as { readonly process?: NodeJS.Process }
  const fs = process?.getBuiltinModule?.("node:fs/promises")
  if (fs === undefined) throw new FixpointError("REMOTE_UNSUPPORTED", "There are no files on this platform.")
  return {
    read: (path) => unlessMissing(fs.readFile(path)),
    write: (path, bytes, isNew) => writeWhole(fs, path, bytes, isNew),
    size: async (path) => (await unlessMissing(fs.stat(path)))?.size,
    entries: async (path) => {
      const entries = (await unlessMissing(fs.readdir(path, { withFileTypes: true }))) ?? []
      return entries
        .filter((entry) => entry.isFile() || entry.isDirectory())
        .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
    },
    remove: (path) => fs.rm(path, { force: true }),
  }
}

/** The coded form of a failure. Paths stay out of it: they name a user's folders. */
export function fsFailure(thrown: unknown): FixpointError {
  if (thrown instanceof FixpointError) return thrown
  const errno = errnoOf(thrown) ?? "unknown"
  return new FixpointError(codesOfErrno[errno] ?? "REMOTE_UNAVAILABLE", undefined, { details: { reason: errno } })
}

function errnoOf(thrown: unknown): string | undefined {
  const { code } = Object(thrown) as { readonly code?: unknown }
  return typeof code === "string" ? code : undefined
}

/** A folder or a file that is not there, or stands where a folder would be. */
const isMissing = (error: unknown) => ["ENOENT", "ENOTDIR", "EISDIR"].includes(errnoOf(error) ?? "")

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function writeWhole(fs: Fs, path: string, bytes: Uint8Array, isNew: boolean): Promise<boolean> {
  const folder = path.slice(0, path.lastIndexOf("/"))
  const beside = `${folder}/.${crypto.randomUUID()}`
  await fs.mkdir(folder, { recursive: true })
  try {
    await fs.writeFile(beside, bytes, { flag: "wx", flush: true })
    if (isNew) await fs.link(beside, path)
    else await fs.rename(beside, path)
    await syncNames(fs, folder)
    return true
  } catch (error) {
    if (isNew && errnoOf(error) === "EEXIST") return false
    throw error
  } finally {
    await fs.rm(beside, { force: true })
  }
}

/** Makes a new name survive a power cut, where folders can be opened: Windows keeps names in its own journal. */
async function syncNames(fs: Fs, folder: string): Promise<void> {
  const handle = await fs.open(folder, "r").catch((error: unknown) => {
    if (["EISDIR", "EPERM", "EINVAL"].includes(errnoOf(error) ?? "")) return undefined
    throw error
  })
  try {
    await handle?.sync()
  } finally {
    await handle?.close()
  }
}
