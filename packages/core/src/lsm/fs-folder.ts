/**
 * The folder of one store. Owns: the names in it, and how a file comes into being there: written beside its place, synced,
 * then linked or renamed, so that it is whole or not there.
 *
 * identity.json   the identity record in clear; says that a database is here when the journal is gone
 * log.<number>    the journal; the greatest number is in force
 * blocks/<name>   blocks of one commit, one after the other
 * Invariant: only these names are ever written or removed. Must not know what the files hold.
 */
import { FixpointError } from "../base/errors.ts"
import { errnoOf, type FileHandle, type FsPlatform } from "./fs-platform.ts"

/** The folder of a store. */
export interface Folder {
  readonly platform: FsPlatform
  readonly path: string
}

/** Only the owner may read what is stored. */
const folderMode = 0o700
const fileMode = 0o600

const journalName = /^log\.([1-9][0-9]{0,8})$/
const blocksName = /^([1-9][0-9]{0,8})-[0-9a-z-]+$/
const temporaryName = /^(log\.[0-9]+|identity\.json)\.[0-9a-z-]+\.new$/

/** Path of a journal. */
export const journalPath = ({ path }: Folder, generation: number): string => `${path}/log.${generation}`

/** Path of a file of blocks. A name that is none leads nowhere else. */
export function blocksPath({ path }: Folder, file: string): string {
  if (!blocksName.test(file)) throw new FixpointError("STORE_UNREADABLE", "The journal names a file that is none.")
  return `${path}/blocks/${file}`
}

/** The path of the identity in clear. */
export const identityPath = ({ path }: Folder): string => `${path}/identity.json`

/** The generation in the name of a file of blocks. */
export const generationOf = (file: string): number => Number(blocksName.exec(file)?.[1] ?? 0)

/** The result of `work`, or undefined when a file or folder is not there. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined
    throw error
  }
}

async function list({ platform }: Folder, path: string): Promise<string[]> {
  return (await unlessMissing(platform.files.readdir(path))) ?? []
}

/** The numbers of the journals, ascending. */
export async function listJournals(folder: Folder): Promise<number[]> {
  const names = await list(folder, folder.path)
  return names
    .flatMap((name) => journalName.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

/** The files of blocks. */
export async function listBlockFiles(folder: Folder): Promise<string[]> {
  return (await list(folder, `${folder.path}/blocks`)).filter((name) => blocksName.test(name))
}

/** Makes the folder where it is not there, in a way that survives a power cut. */
export async function makeFolder(folder: Folder): Promise<void> {
  await makePath(folder, `${folder.path}/blocks`)
}

async function makePath(folder: Folder, path: string): Promise<void> {
  const parent = /^(.*[^/\\])[/\\]+[^/\\]+[/\\]*$/.exec(path)?.[1]
  try {
    await folder.platform.files.mkdir(path, { mode: folderMode })
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return
    if (errnoOf(error) !== "ENOENT" || parent === undefined) throw error
    await makePath(folder, parent)
    return await makePath(folder, path)
  }
  await syncNames(folder, parent ?? ".")
}

/** Makes what was done to the names in a folder survive a power cut, where the platform can. */
export async function syncNames({ platform: { files } }: Folder, path: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await files.open(path, "r")
    await handle.sync()
  } catch (error) {
    // Windows opens no folders, and keeps names in its own journal.
    if (!["EISDIR", "EPERM", "EINVAL"].includes(errnoOf(error) ?? "")) throw error
  } finally {
    await handle?.close()
  }
}

/** Writes a file that did not exist, and syncs it. */
export async function writeNew({ platform: { files } }: Folder, path: string, bytes: Uint8Array): Promise<void> {
  const handle = await files.open(path, "wx", fileMode)
  try {
    await handle.writeFile(bytes)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

/** Makes a whole file at `path`; gives false when there is one already, which is left as it is. */
export async function publishOnce(folder: Folder, path: string, bytes: Uint8Array): Promise<boolean> {
  const { files, uniqueName } = folder.platform
  const beside = `${path}.${uniqueName()}.new`
  try {
    await writeNew(folder, beside, bytes)
    await files.link(beside, path)
    await syncNames(folder, folder.path)
    return true
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false
    throw error
  } finally {
    await files.rm(beside, { force: true })
  }
}

/** Writes the identity in clear. */
export async function writeIdentity(folder: Folder, bytes: Uint8Array): Promise<void> {
  await publishOnce(folder, identityPath(folder), bytes)
}

/** Removes all that a store has made, and the folder when nothing else is in it. The journal goes first. */
export async function removeAll(folder: Folder): Promise<void> {
  const { files } = folder.platform
  for (const generation of await listJournals(folder)) await files.rm(journalPath(folder, generation), { force: true })
  for (const file of await listBlockFiles(folder)) await files.rm(blocksPath(folder, file), { force: true })
  const rest = (await list(folder, folder.path)).filter((name) => temporaryName.test(name) || name === "identity.json")
  for (const name of rest) await files.rm(`${folder.path}/${name}`, { force: true })
  for (const path of [`${folder.path}/blocks`, folder.path]) await removeEmpty(folder, path)
}

async function removeEmpty({ platform: { files } }: Folder, path: string): Promise<void> {
  try {
    await files.rmdir(path)
  } catch (error) {
    // Somebody else keeps something there, or uses the folder as a whole.
    if (!["ENOENT", "ENOTEMPTY", "EEXIST", "EBUSY", "EPERM", "EACCES"].includes(errnoOf(error) ?? "")) throw error
  }
}
