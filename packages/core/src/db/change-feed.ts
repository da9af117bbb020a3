/**
 * The change feed of a collection. Owns: cursors and what they mean.
 * Invariant: a cursor is immutable: what it names, the log record after which reading goes on, never changes, so a cursor
 * given back gives only what was stored later, in whatever order it was written elsewhere. Deletions are in the feed.
 */
import type { Change, ChangePage } from "../api/change-feed.ts"
import { FixpointError } from "../base/errors.ts"
import { collectionRange, idOfRowKey } from "../codec/key.ts"
import { rowVersion, rowView } from "../crdt/row-view.ts"
import type { ReaderParts } from "./reading.ts"
import { numberOf, rowOf } from "./stored-row.ts"

/** "fpc1" | first 8 characters of the database id | number of the last record seen. */
const formatCursor = (databaseId: string, n: number): string => `fpc1.${databaseId.slice(0, 8)}.${n}`

function parseCursor(cursor: string, databaseId: string, head: number): number {
  const [version, database, n, ...rest] = cursor.split(".")
  const after = Number(n)
  const known = version === "fpc1" && database === databaseId.slice(0, 8) && rest.length === 0
  if (known && Number.isInteger(after) && after >= 0 && after <= head) return after
  throw new FixpointError("INVALID_ARGUMENT", "This cursor is not of this database.", { details: { path: "since" } })
}

/** What has changed in a collection since a cursor, oldest change first; everything without one. */
export async function readChanges(
  { lsm, ledger }: Pick<ReaderParts, "lsm" | "ledger">,
  databaseId: string,
  collection: string,
  since: string | undefined,
): Promise<ChangePage> {
  const { head } = lsm
  const after = since === undefined ? 0 : parseCursor(since, databaseId, head)
  const found: { n: number; change: Change }[] = []
  for await (const rows of lsm.scan(collectionRange(collection), { newerThan: after }))
    for (const [key, line] of rows) {
      const n = numberOf(line)
      if (n <= after || n > head) continue
      const row = rowOf(line)
      found.push({ n, change: { id: idOfRowKey(key), text: rowView(row), stamp: rowVersion(row, ledger) } })
    }
  found.sort((a, b) => a.n - b.n)
  return { changes: found.map(({ change }) => change), cursor: formatCursor(databaseId, head) }
}
