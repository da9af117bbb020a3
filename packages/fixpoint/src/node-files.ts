/**
 * Small files that a process keeps outside of its databases: FIXPOINT_HOME, or ~/.fixpoint. Owns: their names and how they are
 * written. Invariant: a file is whole or not there, as it is written beside its place and renamed. Only the owner may read.
 * Must not know what is in them.
 */
type Files = typeof import("node:fs/promises")

/** The folder of this user's databases and keys; undefined where there is no file system. */
export function homeFolder(): string | undefined {
  const { FIXPOINT_HOME, HOME, USERPROFILE } = processOf()?.env ?? {}
  if (FIXPOINT_HOME !== undefined && FIXPOINT_HOME !== "") return FIXPOINT_HOME
  const home = HOME ?? USERPROFILE
  return home === undefined || home === "" || files() === undefined ? undefined : `${home}/.fixpoint`
}

/** A folder's one absolute name. */
export function absolute(folder: string): string {
  return processOf()?.getBuiltinModule("node:path").resolve(folder) ?? folder
}

/** A name as a part of a path, whatever characters it has. */
export function fileName(name: string): string {
  return encodeURIComponent(name).replace(/[.*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
}

/** The files of one subfolder. */
export interface SmallFiles {
  read(name: string): Promise<Uint8Array | undefined>
  write(name: string, bytes: Uint8Array): Promise<void>
  remove(name: string): Promise<void>
}

/** The small files of a kind, such as "keys"; undefined where there is no file system. */
export function smallFiles(kind: string): SmallFiles | undefined {
  const fs = files()
  const home = homeFolder()
  if (fs === undefined || home === undefined) return undefined
  const folder = `${home}/${kind}`
  const pathOf = (name: string) => `${folder}/${fileName(name)}`
  return {
    async read(name) {
      try {
        return await fs.readFile(pathOf(name))
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async write(name, bytes) {
      await fs.mkdir(folder, { recursive: true, mode: 0o700 })
      const beside = `${pathOf(name)}.${crypto.randomUUID()}`
      await fs.writeFile(beside, bytes, { mode: 0o600, flush: true })
      await fs.rename(beside, pathOf(name))
    },
    remove: (name) => fs.rm(pathOf(name), { force: true }),
  }
}

const isMissing = (error: unknown) => (error as { readonly code?: unknown }).code === "ENOENT"

type Process = Pick<typeof process, "env" | "getBuiltinModule">

function processOf(): Process | undefined {
  const { process } = globalThis as { process?: Partial<Process> }
  return process?.getBuiltinModule === undefined ? undefined : (process as Process)
}

function files(): Files | undefined {
  return processOf()?.getBuiltinModule("node:fs/promises") as Files | undefined
}
