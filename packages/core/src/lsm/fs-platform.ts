/**
 * What a store over files needs of its platform, and what the platform's failures mean. Owns: the shape of that seam.
 * Invariant: nothing here is imported from Node, so that no bundle of a page can be broken by it.
 * Must not know what is in the files.
 */
import type { Code } from "../base/codes.ts"
import { asFixpointError, FixpointError } from "../base/errors.ts"

/** A file that is open. */
export type FileHandle = Awaited<ReturnType<typeof import("node:fs/promises").open>>

/** The part of node:fs/promises that is used. */
export type Files = Pick<
  typeof import("node:fs/promises"),
  "constants" | "link" | "mkdir" | "open" | "readdir" | "readFile" | "rename" | "rm" | "rmdir"
>

/** Files, checksums and names. */
export interface FsPlatform {
  readonly files: Files
  /** CRC-32 as zlib counts it. */
  crc32(bytes: Uint8Array): number
  /** Letters and digits that nobody has used before. */
  uniqueName(): string
}

const codesOfErrno: Readonly<Record<string, Code>> = {
  ENOSPC: "QUOTA",
  EDQUOT: "QUOTA",
  EFBIG: "QUOTA",
  EIO: "STORE_UNREADABLE",
}

/** The name that the system gave a failure, such as ENOENT. */
export function errnoOf(thrown: unknown): string | undefined {
  const { code } = Object(thrown) as { readonly code?: unknown }
  return typeof code === "string" && !(thrown instanceof FixpointError) ? code : undefined
}

/** The coded form of a failure. Paths stay out of it: they name a user's folders. */
export function fsError(thrown: unknown): FixpointError {
  const errno = errnoOf(thrown)
  if (errno === undefined) return asFixpointError(thrown)
  const { syscall } = thrown as { readonly syscall?: string }
  const details = { reason: syscall === undefined ? errno : `${errno} ${syscall}` }
  return new FixpointError(codesOfErrno[errno] ?? "STORE_UNAVAILABLE", undefined, { details, cause: thrown })
}
