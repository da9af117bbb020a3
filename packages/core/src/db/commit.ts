/**
 * What a batch of writes does to rows. Owns: one preparation of a log record.
 * Invariant: pure over the rows it is given; a refused write leaves no trace in the record, while the others of the
 * batch go on. Must not know storage, tabs or listeners.
 */
import type { CollectionSpec, FieldType } from "../api/collection-spec.ts"
import type { Receipt } from "../api/write.ts"
import { asFixpointError, FixpointError, isFixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import { nextHlc } from "../clock/hlc.ts"
import { formatStamp, type Stamp } from "../clock/stamp.ts"
import type { Key } from "../codec/key.ts"
import { liveVersion } from "../crdt/row-view.ts"
import { type CellWays, editShortly } from "../crdt/short-edit.ts"
import type { AdmittedOp } from "./admit.ts"
import type { Claims } from "./claims.ts"
import type { Ledger } from "./ledger.ts"
import { type ChangedRow, type ComposeParts, composeRecord, type RecordContent } from "./record.ts"

/** What a transaction has read: rows with their versions, and collections it has queried with the head at that time. */
export interface ReadSet {
  readonly versions: ReadonlyMap<Key, string | undefined>
  readonly collections: ReadonlyMap<string, number>
}

/** What writes of one request make of a row. */
export interface Draft {
  /** The last of these writes. */
  readonly by: AdmittedOp
  /** The stored row that they were worked out on. */
  readonly before: string | undefined
  readonly row: string
}

/** What all writes of a request make of rows, under one stamp. */
export interface Drafts {
  /** Number of the record that they can be a part of: behind another one, actors may have other numbers. */
  readonly n: number
  readonly stamp: Stamp
  readonly rows: ReadonlyMap<Key, Draft>
}

/** One client commit: its writes, and what must still hold for it to be stored. */
export interface CommitRequest {
  readonly ops: readonly AdmittedOp[]
  readonly reads: ReadSet | undefined
  /** What the writes have been worked out to already. */
  readonly drafts?: Drafts | undefined
}

/** What becomes of a request: a receipt, "stale" when what it has read has changed, or the error that refuses it. */
export type CommitResult = Receipt | "stale" | FixpointError

/** A log record ready to be appended, with what to tell once it is stored, and what becomes of each request. */
export interface PreparedRecord extends RecordContent {
  readonly results: readonly CommitResult[]
  /** What each commit did to documents, where somebody wants to know. */
  readonly commits: readonly (readonly ChangedRow[])[]
}

/** What a preparation works with. */
export interface PrepareParts extends ComposeParts {
  /** Row texts by key as they are now; every key of the batch is there. */
  readonly rows: ReadonlyMap<Key, string | undefined>
  readonly nowMs: number
  readonly specs: ReadonlyMap<string, CollectionSpec>
  /** Whether somebody wants to know what each commit did. */
  readonly isWitnessed: boolean
  /** Undefined where no values are claimed. */
  readonly claims: Pick<Claims, "take"> | undefined
  /** What writes of counters, sets and the like go by; undefined until one has needed it. */
  readonly ways: CellWays | undefined
  /** Whether that can still be loaded: a write that needs it stops the preparation, and is refused otherwise. */
  readonly mayLoad: boolean
  /** Number of the last record that touched a collection, as far as this engine has seen. */
  lastWrite(collection: string): number
}

const noFields: Readonly<Record<string, FieldType>> = {}

/** Refuses a row whose document is too large. UTF-8 bytes are at most three per UTF-16 unit, so that only long texts are counted. */
export function checkDocumentSize(row: string): void {
  // A search of a text that was just put together has a price, which a bulk of small ones pays for each.
  if (row.length * 3 <= limits.documentBytesMax) return
  const units = row.indexOf("\t")
  if (units * 3 <= limits.documentBytesMax) return
  const size = new TextEncoder().encode(row.slice(0, units)).length
  if (size > limits.documentBytesMax)
    throw new FixpointError("LIMIT_SIZE", `The document would have ${size} bytes.`, {
      details: { path: "", size, max: limits.documentBytesMax },
    })
}

/** The row after one write. */
export function applyOp(
  old: string | undefined,
  { op, parsed }: AdmittedOp,
  context: {
    stamp: Stamp
    ledger: Ledger
    specs: ReadonlyMap<string, CollectionSpec>
    ways: CellWays | undefined
  },
): string {
  const { stamp, ledger, specs, ways } = context
  if (op.op === "replace") {
    if (liveVersion(old) !== op.version) throw new FixpointError("CONFLICT", "The document has changed meanwhile.")
  }
  const row = editShortly(old, op.op === "replace" ? { ...op, op: "put" } : op, {
    stamp,
    ways,
    actors: ledger,
    fields: specs.get(op.collection)?.fields ?? noFields,
    ...(parsed === undefined ? {} : { parsed }),
  })
  checkDocumentSize(row)
  return row
}

function isStale(
  reads: ReadSet,
  rows: (key: Key) => string | undefined,
  parts: PrepareParts,
  touched: Set<string>,
): boolean {
  for (const [key, version] of reads.versions) {
    if (liveVersion(rows(key)) !== version) return true
  }
  for (const [collection, head] of reads.collections)
    if (touched.has(collection) || parts.lastWrite(collection) > head) return true
  return false
}

/** Works out the log record of a batch. */
export function prepareRecord(requests: readonly CommitRequest[], parts: PrepareParts): PreparedRecord {
  const { rows, ledger, self, nowMs, n } = parts
  const changed = new Map<Key, Draft>()
  const met = new Map<Key, string[]>()
  const touched = new Set<string>()
  const commits: ChangedRow[][] = []
  const current = (key: Key): string | undefined => changed.get(key)?.row ?? rows.get(key)
  let { hlc } = ledger
  const results = requests.map(({ ops, reads, drafts }): CommitResult => {
    if (reads !== undefined && isStale(reads, current, parts, touched)) return "stale"
    let own = drafts
    try {
      if (own?.n !== n || own.stamp.hlc <= hlc || !areOn(own, current))
        own = workOut(ops, { hlc: nextHlc(hlc, nowMs), actor: self }, current, parts)
      parts.claims?.take(own.rows.values())
    } catch (error) {
      if (parts.mayLoad && isFixpointError(error, "PART_UNAVAILABLE")) throw error
      return asFixpointError(error)
    }
    const { stamp } = own
    hlc = stamp.hlc
    for (const [key, draft] of own.rows) {
      if (!isChanged(draft)) continue
      const earlier = changed.get(key)?.row
      if (earlier !== undefined) met.set(key, [...(met.get(key) ?? []), earlier])
      changed.set(key, draft)
      touched.add(draft.by.op.collection)
    }
    if (parts.isWitnessed)
      commits.push(
        [...own.rows].flatMap(([key, draft]) => (isChanged(draft) ? changedRow(key, draft, draft.before) : [])),
      )
    return { ids: ops.map(({ op }) => op.id), stamp: formatStamp(stamp) }
  })
  return {
    ...composeRecord(
      changedRows(changed, (key) => rows.get(key), met),
      hlc,
      parts,
    ),
    results,
    commits,
  }
}

/** Whether rows still are what the drafts were worked out on. */
function areOn({ rows }: Drafts, current: (key: Key) => string | undefined): boolean {
  for (const [key, { before }] of rows) if (before !== current(key)) return false
  return true
}

function workOut(
  ops: readonly AdmittedOp[],
  stamp: Stamp,
  current: (key: Key) => string | undefined,
  { ledger, specs, ways, n }: PrepareParts,
): Drafts {
  const rows = new Map<Key, Draft>()
  for (const admitted of ops) {
    const { key } = admitted
    const draft = rows.get(key)
    const before = draft === undefined ? current(key) : draft.before
    rows.set(key, {
      by: admitted,
      before,
      row: applyOp(draft?.row ?? before, admitted, { stamp, ledger, specs, ways }),
    })
  }
  return { n, stamp, rows }
}

/** The row of what is not there is empty: deleting it stores nothing. */
const isChanged = ({ row, before }: Draft): boolean => row !== (before ?? "")

function changedRow(key: Key, { row, by: { op, parsed } }: Draft, before: string | undefined): ChangedRow {
  const isAsItCame =
    parsed !== undefined && "text" in op && row.startsWith(op.text) && row.charAt(op.text.length) === "\t"
  return { key, collection: op.collection, id: op.id, before, after: row, parsed: isAsItCame ? parsed : undefined }
}

function* changedRows(
  changed: ReadonlyMap<Key, Draft>,
  before: (key: Key) => string | undefined,
  met: ReadonlyMap<Key, readonly string[]>,
): Generator<ChangedRow> {
  for (const [key, draft] of changed) {
    const row = changedRow(key, draft, before(key))
    const own = met.get(key)
    yield own === undefined ? row : { ...row, met: own }
  }
}
