/**
 * History as a plug-in: what each record supersedes. Owns: the value of an entry: rows (crdt/row.ts) with tabs between them, each a part of a
 * state that the record's own row lacks.
 * Invariant: the row of a document and its entries together are every write to it that this database has seen since history
 * began. Must not know who reads them, nor how long they are kept.
 */
import type { ActorTable } from "../crdt/row.ts"
import { newestOf } from "../crdt/row.ts"
import { rowState, stateRow } from "../crdt/row-state.ts"
import type { State } from "../crdt/cells.ts"
import { historyKey } from "../db/history-keys.ts"
import { historyBy } from "../db/kept-history.ts"
import type { Plugin, Recorded } from "../db/plugin.ts"
import { keySpaces } from "../codec/key.ts"
import { supersededBy } from "./superseded.ts"

/** Makes entries of history. */
export const journal: Plugin = {
  by: historyBy,
  space: keySpaces.history,
  isJournal: true,
  compile: () => ({
    onDelta({ recorded }, out) {
      if (recorded === undefined) return
      const { key, n, actors } = recorded
      const rows = supersededRows(recorded)
      if (rows.length > 0)
        out.put(historyKey(key, clockOf(recorded), n), rows.map((one) => stateRow(one, actors)).join("\t"))
    },
  }),
}

/** The states in the value of an entry. Each row has one tab itself. */
export function readEntry(value: string, actors: ActorTable): State[] {
  const parts = value.split("\t")
  return parts.flatMap((text, i) => (i % 2 === 0 ? [rowState(`${text}\t${parts[i + 1] ?? ""}`, actors)] : []))
}

function supersededRows({ before, after, met, actors }: Recorded): State[] {
  const states = [before, ...met].flatMap((row) => (row ? [rowState(row, actors)] : []))
  return supersededBy(after === "" ? undefined : rowState(after, actors), states)
}

/** A row that is forgotten ends with what it was. */
function clockOf({ before, after }: Recorded): number {
  return newestOf(after === "" ? (before ?? after) : after)[0]
}
