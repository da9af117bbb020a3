/**
 * Reads what the log has after this engine's head. Owns: telling a log that another engine has trimmed from a torn one.
 * Invariant: records are given in order and without a gap; where they are missing because they are in segments already,
 * the view goes to those; where they are missing and nobody has them, that is an error, never a shorter database.
 * Must not know what records mean.
 */
import { FixpointError } from "../base/errors.ts"
import { type LsmParts, readManifest } from "./publish.ts"
import type { LogPosition } from "./store.ts"
import { isContiguous, type LogEntry, openRecord } from "./wal.ts"
import { withValues } from "./whole-records.ts"

/** What other engines wrote: nothing, the next records, or so much that this engine has to begin anew from segments. */
export type Pulled =
  | { readonly kind: "none" }
  | { readonly kind: "records"; readonly records: LogEntry[] }
  | { readonly kind: "reset" }

/** This many records are read and opened at once. */
const recordsPerPull = 128

/** The records after the head, at most a page of them; with a position that was read before, up to that. They are not applied here. */
export async function pullRecords(parts: LsmParts, known?: LogPosition): Promise<Pulled> {
  const { store, vault, view } = parts
  if (known !== undefined && known.head <= view.head) return { kind: "none" }
  const position = known ?? (await store.readPosition())
  if (position.manifestVersion !== view.manifest.version) view.adopt(await readManifest(parts))
  if (position.head < view.head)
    throw new FixpointError("STORE_ROLLED_BACK", "The log is shorter than it was.", {
      details: { head: position.head, expected: view.head },
    })
  if (position.head === view.head) return { kind: "none" }
  const records = await store.readLog(view.head, recordsPerPull)
  const areNext = records.length > 0 && isContiguous(records, view.head)
  if (areNext) {
    const opened = await Promise.all(records.map((record) => openRecord(vault, record)))
    const whole = await withValues(parts, opened)
    if (whole !== undefined) return { kind: "records", records: whole }
  }
  const manifest = await readManifest(parts)
  if (manifest.seq <= view.head)
    throw areNext
      ? new FixpointError("LOG_CORRUPT", "A record changes a value that is another one.", {
          details: { head: view.head },
        })
      : torn(records[0]?.n, view.head)
  view.reset(manifest)
  return { kind: "reset" }
}

/** Records are missing that no segment has. */
export function torn(found: number | undefined, head: number): FixpointError {
  return new FixpointError("STORE_TORN", "Records of the log are missing.", { details: { head, found: found ?? null } })
}
