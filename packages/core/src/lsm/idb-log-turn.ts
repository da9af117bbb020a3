/**
 * Makes the LevelDB under Chromium's IndexedDB begin a new log file.
 *
 * A browser that dies in the middle of an append leaves half a record at the end of LevelDB's log. The next start appends
 * behind it, and the start after that takes what follows for a part of the half record: it is dropped, or all of the origin's
 * databases are (google/leveldb issue 1287). What is in a new log file is safe, and the old one is gone once its content is
 * in a table. No call of IndexedDB asks for that, but deleting a database does: its range is compacted, with the log first.
 *
 * Owns: the database `fp-turn/<name>`, which is there for no longer than the turn. Must not know what is stored.
 */
import { deleteDB, openDB } from "idb"
import type { Timers } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import { FixpointError } from "../base/errors.ts"
import { watch } from "./idb-transaction.ts"

const turnName = (name: string) => `fp-turn/${name}`

/** Deletes what a turn leaves, and what a kill in the middle of one may have left. */
export const clearTurn = (name: string, timers: Timers): Promise<void> => inTime(deleteDB(turnName(name)), timers)

/** Resolves when all that is stored so far is in tables, and what is written from now on is in a new log. To be cleared then. */
export async function turnLog(name: string, timers: Timers): Promise<void> {
  const make = async () => {
    const db = await openDB(turnName(name), 1, { upgrade: (made) => void made.createObjectStore("turn") })
    db.close()
  }
  const turning = async () => {
    await make()
    await deleteDB(turnName(name))
    // The deletion is told before the compaction; an opening of the same name waits for it.
    await make()
  }
  await inTime(turning(), timers)
}

/** STORE_TIMEOUT for what another program keeps from ending. */
function inTime(work: Promise<void>, timers: Timers): Promise<void> {
  return new Promise((resolve, reject) => {
    const unwatch = watch(timers, limits.storeTimeoutMs, () => reject(new FixpointError("STORE_TIMEOUT")))
    work.then(resolve, reject).finally(unwatch)
  })
}
