/**
 * Removes files that nothing names. Owns: what counts as garbage among files.
 * Invariant: it is decided in the line, on one moment, and stored as a record before a chunk goes; so whoever puts the same content
 * meanwhile finds either the file or its absence. A file whose owner lives, and has it in hand, is named. Must not know chunks.
 */
import * as limits from "../base/limits.ts"
import {
  contentKey,
  fileKey,
  filesRange,
  type FileRow,
  formatFile,
  namedAgain,
  parseDraft,
  parseFile,
  readFileKey,
} from "../db/file-rows.ts"
import type { PreparedJob } from "../db/line-job.ts"
import { isFileSegment } from "../lsm/block-key.ts"
import type { Entry } from "../lsm/wal.ts"
import { dropSegments, type FileContext } from "./file-context.ts"
import type { NamedFiles } from "./named-files.ts"

/** What is known of who uses files. */
export interface Uses {
  readonly names: NamedFiles
  /** Whether this engine has the file in hand, or may name it again. */
  isHeld(cid: string): boolean
  /** Whether this engine is putting into the segment. */
  isBeingPut(segment: number): boolean
}

/** Removes what nothing has named for so long. */
export async function collectFiles(context: FileContext, uses: Uses, retentionMs: number): Promise<void> {
  // A segment has its row before its first block: one that is here and has none in a moment after this will never have one.
  const stored = await context.lsm.lend(({ store }) => store.listSegments())
  await context.writer.catchUp()
  const ended = await context.owner.ended(await ownersOf(context))
  const judge = new Judge(context, uses, { retentionMs, ended })
  for (;;) {
    await uses.names.load()
    const garbage = await context.writer.run({
      durability: "relaxed",
      prepare: async (at): Promise<PreparedJob<readonly number[] | undefined>> => {
        if (!uses.names.isKnown) return { result: undefined }
        const named = new Set<number>()
        const entries: Entry[] = []
        const gone: number[] = []
        for await (const batch of at.scan(filesRange))
          for (const [key, line] of batch) {
            const { kind, name } = readFileKey(key)
            if (kind === "content" || kind === "remote") continue
            const segment = kind === "file" ? parseFile(line).segment : Number(name)
            const verdict =
              kind === "file" ? judge.file(name, parseFile(line), at.nowMs) : judge.draft(key, segment, line, at.nowMs)
            entries.push(...verdict.entries)
            if (verdict.isGarbage) gone.push(segment)
            else named.add(segment)
          }
        const orphans = stored.filter((id) => isFileSegment(id) && !named.has(id))
        const result = [...new Set([...gone, ...orphans])]
        return entries.length === 0 ? { result } : { result, record: { entries } }
      },
    })
    if (garbage === undefined) continue
    await dropSegments(context, garbage)
    if (garbage.length > 0) context.log.debug("collected files", { files: garbage.length })
    return
  }
}

async function ownersOf({ lsm }: FileContext): Promise<Set<string>> {
  const owners = new Set<string>()
  for await (const batch of lsm.scan(filesRange))
    for (const [key, line] of batch) {
      const { kind } = readFileKey(key)
      if (kind === "draft") owners.add(parseDraft(line).owner)
      else if (kind === "file") for (const owner of parseFile(line).owners) owners.add(owner)
    }
  return owners
}

interface Verdict {
  readonly isGarbage: boolean
  readonly entries: readonly Entry[]
}

const kept: Verdict = { isGarbage: false, entries: [] }

class Judge {
  readonly #context: FileContext
  readonly #uses: Uses
  readonly #retentionMs: number
  readonly #ended: ReadonlySet<string>

  constructor(
    context: FileContext,
    uses: Uses,
    { retentionMs, ended }: { readonly retentionMs: number; readonly ended: ReadonlySet<string> },
  ) {
    this.#context = context
    this.#uses = uses
    this.#retentionMs = retentionMs
    this.#ended = ended
  }

  draft(key: string, segment: number, line: string, nowMs: number): Verdict {
    const { owner, at } = parseDraft(line)
    if (this.#uses.isBeingPut(segment) || this.#lives(owner, at, nowMs)) return kept
    return { isGarbage: true, entries: [[key, null]] }
  }

  file(cid: string, row: FileRow, nowMs: number): Verdict {
    const change = (next: Partial<FileRow>): Verdict => ({
      isGarbage: false,
      entries: [[fileKey(cid), formatFile({ ...row, ...next })]],
    })
    if (this.#uses.names.has(cid)) return row.unnamedAt === undefined ? kept : change(namedAgain(row))
    if (this.#uses.isHeld(cid)) {
      // For the other tabs to see.
      const { name } = this.#context.owner
      return row.owners.includes(name) ? kept : change({ owners: [...row.owners, name] })
    }
    const owners = row.owners.filter((owner) => this.#lives(owner, row.at, nowMs))
    // This engine has let go of it, and says so to those who have not.
    if (owners.length > 0) return owners.length < row.owners.length ? change({ owners }) : kept
    const since = row.unnamedAt ?? nowMs
    // A clock that was set back must not keep it for ever, hence the distance.
    if (Math.abs(nowMs - since) < this.#retentionMs)
      return row.unnamedAt === undefined ? change({ unnamedAt: nowMs }) : kept
    return {
      isGarbage: true,
      entries: [
        [fileKey(cid), null],
        [contentKey(row.digest), null],
      ],
    }
  }

  /** Whether an owner that is not this engine may still be about to name something. */
  #lives(owner: string, at: number, nowMs: number): boolean {
    if (owner === this.#context.owner.name) return false
    // Locks are seen by one process alone: what is young is nobody's to judge.
    return !this.#ended.has(owner) || Math.abs(nowMs - at) < limits.fileDraftMs
  }
}
