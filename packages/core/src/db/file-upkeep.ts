/**
 * When files have to be looked after. Owns: seeing that there are any, so that the part that keeps them is not loaded for nothing.
 * Must not know what is done with them then.
 */
import type { Lsm } from "../lsm/lsm.ts"
import type { Doors } from "./doors.ts"
import { filesRange } from "./file-rows.ts"

/** Removes files that nothing has named for so long, if there are files at all. */
export async function tendFiles(
  { lsm, doors }: { readonly lsm: Lsm; readonly doors: Doors },
  retentionMs: number,
): Promise<void> {
  for await (const batch of lsm.scan(filesRange, { isShort: true })) {
    if (batch.length === 0) continue
    await doors.call("files", "collect", [retentionMs])
    return
  }
}
