/**
 * What is measured from outside of the browser: bytes in its profile and the memory of its page's process, on Linux.
 * Where a platform has no /proc there is no figure rather than a guess.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { lstat, readdir } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import type { Engine } from "../../test/harness/launch.ts"

/** Where in a profile an engine keeps what pages store: IndexedDB, the private file system, the Cache API. */
const storage: Record<Engine, readonly string[]> = {
  chromium: ["Default/IndexedDB", "Default/File System", "Default/WebStorage", "Default/Service Worker"],
  firefox: ["storage/default"],
  webkit: ["XDG_DATA_HOME"],
}

/** Allocated bytes of all files below a folder, as `du` counts them; 0 when there is none. */
async function allocatedBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = entries.map(async (entry) => {
    // A file that went meanwhile has no bytes.
    const found = entry.isFile() ? await lstat(join(entry.parentPath, entry.name)).catch(() => undefined) : undefined
    return (found?.blocks ?? 0) * 512
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** Megabytes that a profile's pages have stored. */
export async function folderMegabytes(engine: Engine, profile: string): Promise<number> {
  const bytes = await Promise.all(storage[engine].map((folder) => allocatedBytes(join(profile, folder))))
  return bytes.reduce((sum, one) => sum + one, 0) / 1e6
}

/** Resolves when the stored bytes have not changed for `quietMs`, or after `limitMs`. */
export async function quietDisk(engine: Engine, profile: string, quietMs: number, limitMs: number): Promise<void> {
  const startedAt = performance.now()
  let changedAt = startedAt
  let known = -1
  while (performance.now() - changedAt < quietMs && performance.now() - startedAt < limitMs) {
    const now = await folderMegabytes(engine, profile)
    if (now !== known) changedAt = performance.now()
    known = now
    await delay(100)
  }
}

/** The processes below `root` by their parents. */
function descendants(root: number): number[] {
  const parents = readdirSync("/proc").flatMap((name) => {
    const pid = Number(name)
    const stat = pid ? readIfThere(`/proc/${name}/stat`) : undefined
    return stat ? [{ pid, parent: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) }] : []
  })
  const found = new Set([root])
  let size = 0
  while (size !== found.size) {
    size = found.size
    for (const { pid, parent } of parents) if (found.has(parent)) found.add(pid)
  }
  return [...found]
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

const isPage: Record<Engine, RegExp> = {
  chromium: /--type=renderer/,
  firefox: /-contentproc.*\btab\b/,
  webkit: /WebKitWebProcess/,
}

/** Resident megabytes of the page's process, now and at its highest. Of many candidates the greatest is the page's. */
export function pageMemory(engine: Engine, browserPid: number): { memory: number; memoryPeak: number } | undefined {
  if (!existsSync("/proc/self/status")) return undefined
  const pages = descendants(browserPid).filter((pid) => isPage[engine].test(readIfThere(`/proc/${pid}/cmdline`) ?? ""))
  const figures = pages.map((pid) => {
    const status = readIfThere(`/proc/${pid}/status`) ?? ""
    const megabytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) / 1e3
    return { memory: megabytes("VmRSS"), memoryPeak: megabytes("VmHWM") }
  })
  return figures.sort((a, b) => b.memory - a.memory)[0]
}
