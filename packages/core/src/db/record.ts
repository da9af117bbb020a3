/**
 * What one log record says of changed rows. Owns: how new rows become the entries, the note and the deltas of a record, and
 * that it has what is derived from their documents.
 * Invariant: pure. Must not know who changed the rows: a user's writes (commit.ts) or a job of the engine's own
 * (line-job.ts).
 */
import type { JsonObject } from "../base/json.ts"
import type { ActorId } from "../clock/stamp.ts"
import type { Key } from "../codec/key.ts"
import { isLive, rowView } from "../crdt/row-view.ts"
import type { Entry } from "../lsm/wal.ts"
import { type DocumentView, type RowDelta, viewOf } from "../query/row-delta.ts"
import type { Derivations } from "./derivations.ts"
import type { Ledger } from "./ledger.ts"
import type { DerivedDelta } from "./plugin.ts"
import { formatStoredRow } from "./stored-row.ts"

/** The row of a document before a record, and after it. */
export interface ChangedRow {
  readonly key: Key
  readonly collection: string
  readonly id: string
  readonly before: string | undefined
  /** Empty for a row that is removed: nothing of the document is known any more. */
  readonly after: string
  /** The document of the row after it, where it has been parsed already. */
  readonly parsed?: JsonObject | undefined
  /** Other rows of the document that went into the one after it: of commits in between, and what came from elsewhere. */
  readonly met?: readonly string[] | undefined
}

/** What a log record stores, and what to tell once it is stored. */
export interface RecordContent {
  readonly entries: readonly Entry[]
  readonly note: JsonObject
  readonly deltas: readonly RowDelta[]
}

/** What a record is composed with. */
export interface ComposeParts {
  readonly ledger: Ledger
  /** Undefined where nothing is derived. */
  readonly derivations: Pick<Derivations, "concern" | "derive"> | undefined
  readonly self: ActorId
  /** Number of the record to be. */
  readonly n: number
  /** Whether somebody listens to a collection. */
  wantsDeltas(collection: string): boolean
}

/** The content of the record that stores these rows, under the clock `hlc`. */
export function composeRecord(
  rows: Iterable<ChangedRow>,
  hlc: number,
  { ledger, derivations, self, n, wantsDeltas }: ComposeParts,
): RecordContent {
  const entries: Entry[] = []
  const counts = new Map<string, number>()
  const deltas: RowDelta[] = []
  const deriving: DerivedDelta[] = []
  const wanted = new Map<string, { readonly toTell: boolean; readonly toDerive: boolean }>()
  const askWhom = (collection: string) => {
    const whom = { toTell: wantsDeltas(collection), toDerive: derivations?.concern(collection, ledger) ?? false }
    wanted.set(collection, whom)
    return whom
  }
  for (const { key, collection, id, before: old, after: row, parsed, met = [] } of rows) {
    // What was met may have changed nothing.
    const isChanged = row !== (old ?? "")
    if (isChanged) entries.push([key, row === "" ? null : formatStoredRow(n, row)])
    const step = Number(isLive(row)) - Number(isLive(old))
    if (step !== 0) counts.set(collection, (counts.get(collection) ?? 0) + step)
    const whom = wanted.get(collection) ?? askWhom(collection)
    if (!whom.toTell && !whom.toDerive) continue
    const delta = { collection, id, before: viewOf(rowView(old)), after: viewAfter(rowView(row), parsed) }
    if (whom.toTell && isChanged) deltas.push(delta)
    if (whom.toDerive) deriving.push({ ...delta, recorded: { n, key, before: old, after: row, met, actors: ledger } })
  }
  const derived = derivations?.derive(ledger, deriving, hlc)
  for (const entry of derived?.entries ?? []) entries.push(entry)
  return { entries, note: ledger.nextNote(hlc, self, counts, derived?.note), deltas }
}

function viewAfter(text: string | undefined, parsed: JsonObject | undefined): DocumentView | undefined {
  return text === undefined || parsed === undefined ? viewOf(text) : { text, parse: () => parsed }
}
