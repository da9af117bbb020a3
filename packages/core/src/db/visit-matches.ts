/**
 * All matches of a plan, counted or visited. Owns: both, for who needs no order of them. Must not know what is done with them.
 */
import type { JsonObject } from "../base/json.ts"
import { idOfRowKey, type Key } from "../codec/key.ts"
import { rowView } from "../crdt/row-view.ts"
import type { Plan } from "../query/plan.ts"
import { viewOf } from "../query/row-delta.ts"
import { openCandidates } from "./candidates.ts"
import { countCandidates } from "./planned-candidates.ts"
import { judged, steadied } from "./reader.ts"
import type { Read, ReaderParts } from "./reading.ts"
import { rowOf } from "./stored-row.ts"

/** Counts the matches of a plan, whatever its limit; by entries alone where these say all that the filter asks. */
export function countMatches({ lsm, ledger }: ReaderParts, plan: Plan): Promise<Read & { count: number }> {
  return steadied(async (byRows) => {
    const matches = (key: Key, line: string): boolean => judged(plan, key, line) !== undefined
    const { isFull, ...counted } = await countCandidates(lsm, ledger, { plan, byRows }, matches)
    return { ...counted, fullScan: isFull }
  })
}

/** Calls `visit` with each match of a plan, in no order, whatever its limit; gives what was read for it. */
export async function visitMatches(
  parts: ReaderParts,
  plan: Plan,
  visit: (id: string, document: JsonObject) => void,
  isWanted: () => boolean = () => true,
): Promise<Read> {
  const matches: [id: string, document: JsonObject][] = []
  const found = await steadied(async (byRows) => {
    matches.length = 0
    const all = { plan, limit: Number.POSITIVE_INFINITY, byRows }
    const { batches, index, isFull, work } = await openCandidates(parts, all)
    let rowsRead = 0
    for await (const rows of batches) {
      if (!isWanted()) break
      for (const [key, line] of rows) {
        rowsRead++
        const view = viewOf(rowView(rowOf(line)))
        const id = idOfRowKey(key)
        if (view === undefined || plan.match(id, view.text, view.parse) === undefined) continue
        // Rows that an index led to may turn out to be overtaken: nothing is told before all are known.
        if (index === undefined) visit(id, view.parse())
        else matches.push([id, view.parse()])
      }
    }
    return { rowsRead, index, fullScan: isFull, work }
  })
  for (const [id, document] of matches) visit(id, document)
  return found
}
