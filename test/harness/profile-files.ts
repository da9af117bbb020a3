/** The files in which a browser keeps the IndexedDB of an origin, and ways to damage them. The browser must not be running. */
import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { join } from "node:path"
import type { Engine } from "./launch.ts"

/** Paths of all files in a folder and below it. */
export function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Length of a file in bytes. */
export function sizeOf(file: string): number {
  return statSync(file).size
}

/** Copies a folder to a place where there is none. */
export function copyFolder(from: string, to: string): void {
  cpSync(from, to, { recursive: true })
}

/** The folder with the IndexedDB files of `http://<host>:<port>`. */
export function databaseFolder(engine: Engine, profile: string, host: string, port: number): string {
  if (engine === "chromium") return join(profile, "Default/IndexedDB", `http_${host}_${port}.indexeddb.leveldb`)
  if (engine === "firefox") return join(profile, "storage/default", `http+++${host}+${port}`, "idb")
  return join(profile, "XDG_DATA_HOME/webkitgtk-4.1/MiniBrowser/databases/indexeddb/v1", `http_${host}_${port}`)
}

function change(file: string, at: number, length: number, edit: (bytes: Buffer) => void): void {
  const descriptor = openSync(file, "r+")
  try {
    const bytes = Buffer.alloc(Math.min(length, Math.max(0, statSync(file).size - at)))
    readSync(descriptor, bytes, 0, bytes.length, at)
    edit(bytes)
    writeSync(descriptor, bytes, 0, bytes.length, at)
  } finally {
    closeSync(descriptor)
  }
}

/** Turns one bit of the byte that stands at a share of the file's length. */
export function flipBit(file: string, share: number): void {
  const at = Math.floor(statSync(file).size * share)
  change(file, at, 1, (bytes) => bytes.writeUInt8(bytes.readUInt8(0) ^ 0x10, 0))
}

/** Fills `length` bytes with zeros, from the page of 4 KiB at a share of the file's length. */
export function zero(file: string, share: number, length = 4096): void {
  change(file, Math.floor((statSync(file).size * share) / 4096) * 4096, length, (bytes) => bytes.fill(0))
}

/** Keeps a share of a file. */
export function cut(file: string, share: number): void {
  truncateSync(file, Math.floor(statSync(file).size * share))
}

/** Takes the last bytes of a file away. */
export function cutTail(file: string, bytes: number): void {
  truncateSync(file, Math.max(0, statSync(file).size - bytes))
}

/** Replaces what a file holds. */
export function overwrite(file: string, text: string): void {
  writeFileSync(file, text)
}

/** Removes a file or a folder. */
export function remove(path: string): void {
  rmSync(path, { recursive: true, force: true })
}
