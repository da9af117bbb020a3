/**
 * What a database keeps of files beside its documents. Owns: the rows of the key space `file`, and their forms.
 * - by CID: where the chunks of a file are, or will be when they are asked for;
 * - by the digest of a content: the file that has it, so that nothing is stored twice;
 * - by segment: a file that is being put, so that nobody takes its chunks for garbage;
 * - by remote: the files there that nothing names.
 * Invariant: a segment of a file is named by one row from before its first chunk is stored. Must not know chunks' bytes.
 */
import type { Json, JsonObject } from "../base/json.ts"
import { type Key, type KeyRange, prefixRange, systemKey } from "../codec/key.ts"

/** A file that this device knows the place of. */
export interface FileRow {
  readonly segment: number
  readonly size: number
  readonly chunks: number
  readonly key: string
  readonly digest: string
  /** Whether every chunk was stored here. Otherwise those are that were asked for. */
  readonly isHere: boolean
  /** Whether another device has put it too: remotes are asked whether they have it. */
  readonly isShared?: boolean
  /** Wall time in ms when it was put here, or first asked for. */
  readonly at: number
  /** The engines that have put it and may be about to name it. */
  readonly owners: readonly string[]
  /** Wall time in ms when it was first found that nothing names it. */
  readonly unnamedAt: number | undefined
  /** By remote, how many objects of it are there at least: all of them (`objectsOf`) when it is whole there. None for 0: it is to be asked. */
  readonly sent: Readonly<Record<string, number>>
}

/** A file that is being put. */
export interface DraftRow {
  readonly owner: string
  readonly at: number
}

const part = "file"
const space = systemKey(part, "")

/** The keys of all rows of files. */
export const filesRange: KeyRange = prefixRange(space)

/** The key of a file. */
export const fileKey = (cid: string): Key => systemKey(part, cid)
/** The key of a content. */
export const contentKey = (digest: string): Key => systemKey(part, `=${digest}`)
/** The key of a file that is being put. */
export const draftKey = (segment: number): Key => systemKey(part, `~${segment}`)

/** The key of what a remote has of files that nothing names. */
export const remoteKey = (remote: string): Key => systemKey(part, `@${remote}`)

/** What a row of the range is about. */
export type FileRowKind = "file" | "content" | "draft" | "remote"

const kinds: Readonly<Record<string, FileRowKind>> = { "=": "content", "~": "draft", "@": "remote" }

/** Which file, content, draft or remote a key of the range is of. */
export function readFileKey(key: Key): { kind: FileRowKind; name: string } {
  const name = key.slice(space.length)
  const kind = kinds[name.charAt(0)]
  return kind === undefined ? { kind: "file", name } : { kind, name: name.slice(1) }
}

/** Whether a key is of this key space. */
export const isFileKey = (key: Key): boolean => key.startsWith(space)

/** The value of a file's row. */
export function formatFile({ isHere, isShared, owners, unnamedAt, sent, ...rest }: FileRow): string {
  return JSON.stringify({
    v: 1,
    ...rest,
    ...(isHere && { here: true }),
    ...(isShared === true && { shared: true }),
    ...(owners.length > 0 && { owners }),
    ...(unnamedAt !== undefined && { unnamedAt }),
    ...(Object.keys(sent).length > 0 && { sent }),
  })
}

/** The row of a value. */
export function parseFile(line: string): FileRow {
  const { segment, size, chunks, key, digest, at, here, shared, owners, unnamedAt, sent } = JSON.parse(line) as Partial<
    Record<string, Json>
  >
  return {
    ...({ segment, size, chunks, key, digest, at } as Pick<
      FileRow,
      "segment" | "size" | "chunks" | "key" | "digest" | "at"
    >),
    isHere: here === true,
    ...(shared === true && { isShared: true }),
    owners: (owners ?? []) as readonly string[],
    unnamedAt: unnamedAt as number | undefined,
    sent: (sent ?? {}) as Readonly<Record<string, number>>,
  }
}

/** The row of a file that is named again: in the meantime remotes may have let go of it. */
export const namedAgain = (row: FileRow): FileRow => ({
  ...row,
  unnamedAt: undefined,
  sent: Object.fromEntries(Object.keys(row.sent).map((remote) => [remote, 0])),
})

/** The value of a draft's row. */
export const formatDraft = (draft: DraftRow): string => JSON.stringify({ v: 1, ...draft })

/** The draft of a value. */
export function parseDraft(line: string): DraftRow {
  const { owner, at } = JSON.parse(line) as JsonObject
  return { owner: owner as string, at: at as number }
}

/** How many objects a file is in a bucket: its chunks, and the index where there are several. */
export const objectsOf = ({ chunks }: Pick<FileRow, "chunks">): number => (chunks === 1 ? 1 : chunks + 1)
