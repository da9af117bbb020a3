/** How files are read and put, as applications say it. Owns: the shapes alone. */
import type { FileNames } from "./file-source.ts"

/** Which bytes of a file, and how they come. */
export interface FileReadOptions {
  /** Bytes from the first number up to, not including, the second. All without it. */
  readonly range?: readonly [start: number, end: number] | undefined
  /** Told of each chunk that has come: how many of the bytes that were asked for are there. */
  readonly onProgress?: ((progress: FileProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** How far a file has come, in bytes. */
export interface FileProgress {
  readonly done: number
  /** Undefined for a stream that is put: nobody knows before its end. */
  readonly total: number | undefined
}

/** What has to end with the handle of a database. */
export type EndWith = (end: () => void) => void

/** How a file is put. */
export interface FilePutOptions extends FileNames {
  /** Told of each chunk that is stored. */
  readonly onProgress?: ((progress: FileProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}
