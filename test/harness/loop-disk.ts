/**
 * A disk whose power can be cut: an ext4 file system in a file. What a program wrote and did not sync is in the page cache of
 * the mounted file system alone, so a copy of the file is what a power cut would leave.
 * Needs root and loop devices. Invariant: what is mounted is unmounted when its test ends, or its process does.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"

const run = (file: string, ...args: string[]) => {
  execFileSync(file, args, { stdio: ["ignore", "ignore", "pipe"] })
}

/** Why there can be no such disk here; undefined when there can: a small one was made, mounted and unmounted. */
export function noLoopDisk(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "mounting needs root on Linux"
  if (!existsSync("/dev/loop-control")) return "there are no loop devices"
  const folder = mkdtempSync(join(tmpdir(), "fixpoint-disk-"))
  try {
    const image = join(folder, "probe.img")
    run("truncate", "-s", "4M", image)
    run("mkfs.ext4", "-q", "-F", image)
    run("mount", "-o", "loop", image, folder)
    run("umount", folder)
    return undefined
  } catch (error) {
    return `a disk cannot be made: ${(error as Error).message.split("\n")[0]}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Image files in a folder, and one mount point. */
export class LoopDisk {
  /** Where the disk is mounted. */
  readonly path: string
  readonly #folder: string
  #mounted = false
  #guard: ChildProcess | undefined

  private constructor(folder: string) {
    this.#folder = folder
    this.path = join(folder, "disk")
  }

  /** Makes an empty disk, an image called `image`. */
  static async create(folder: string, image: string): Promise<LoopDisk> {
    const disk = new LoopDisk(folder)
    await mkdir(disk.path, { recursive: true })
    run("truncate", "-s", "512M", join(folder, image))
    run("mkfs.ext4", "-q", "-F", join(folder, image))
    return disk
  }

  /** Mounts an image. The file system itself writes nothing back for five minutes that no program asks it to. */
  mount(image: string): void {
    run("mount", "-o", "loop,commit=300", join(this.#folder, image), this.path)
    this.#mounted = true
    this.#guard ??= this.#unmountAtOurEnd()
  }

  /** A shell that unmounts when its input ends without a word, which is when this process ends, whatever ends it. */
  #unmountAtOurEnd(): ChildProcess {
    const guard = spawn("/bin/sh", ["-c", 'read -r _ || umount --lazy "$0"', this.path], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    })
    guard.unref()
    return guard
  }

  /** Copies an image as it is at this moment. */
  copy(from: string, to: string): void {
    run("cp", "--sparse=always", join(this.#folder, from), join(this.#folder, to))
  }

  /** Unmounts; a process that was just killed may hold a file for a moment longer. */
  async unmount(): Promise<void> {
    if (!this.#mounted) return
    for (let attempt = 0; !this.#release(attempt > 50); attempt++) await delay(100)
    this.#mounted = false
    this.#guard?.stdin?.end("unmounted\n")
    this.#guard = undefined
  }

  #release(lazily: boolean): boolean {
    try {
      run("umount", ...(lazily ? ["--lazy"] : []), this.path)
      return true
    } catch (error) {
      if (lazily) throw error
      return false
    }
  }
}
