/**
 * The rows that can match a plan, by indexes too. Owns: the way from an access (query/access-plan.ts) to rows, and what is counted on it.
 * Invariant: all rows are of one moment. Entries are scanned as of it, and a row that was written later is never given: the
 * read is then overtaken, and has to be made again. Must not know what rows are judged by.
 */
import { FixpointError } from "../base/errors.ts"
import { type Key, type KeyRange, rowKey } from "../codec/key.ts"
import { estimateRows } from "../lsm/estimate.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { RowBatch, ScanOptions } from "../lsm/scan-rows.ts"
import { type Access, type AccessParts, chooseAccess, isStreamed, nameOfAccess } from "../query/access-plan.ts"
import type { EntryOrder, IndexAccess } from "../query/index-access.ts"
import type { Plan } from "../query/plan.ts"
import { inOrder, rowsByIds } from "./candidates.ts"
import { type FoundEntry, scanEntries } from "./entry-scan.ts"
import { readyIndexes } from "./index-catalog.ts"
import type { Ledger } from "./ledger.ts"
import { type Candidate, type Candidates, noWork, type ReadWork, type Wanted } from "./reading.ts"
import { numberOf } from "./stored-row.ts"

/** Begins to read what can match a plan, by whatever is guessed to read least. */
export async function openPlanned(lsm: Lsm, ledger: Ledger, wanted: Wanted): Promise<Candidates> {
  const { plan, limit } = wanted
  const access = await chooseAccess(plan, limit, partsOf(lsm, ledger, wanted))
  const reading = begin(lsm, plan, limit)
  const batches = batchesOf(reading, access)
  return { batches, order: orderOf(access, plan), ...told(access), work: reading.work }
}

/** How many candidates match. Entries that say for certain lead to no row. */
export async function countCandidates(
  lsm: Lsm,
  ledger: Ledger,
  wanted: Omit<Wanted, "limit">,
  matches: (key: Key, line: string) => boolean,
): Promise<Omit<Candidates, "batches" | "order"> & { readonly count: number; readonly rowsRead: number }> {
  const limit = Number.POSITIVE_INFINITY
  const { plan } = wanted
  const access = await chooseAccess(plan, limit, partsOf(lsm, ledger, wanted))
  const reading = begin(lsm, plan, limit)
  const { work } = reading
  let count = 0
  let rowsRead = 0
  const judge = (rows: readonly Candidate[]) => {
    rowsRead += rows.length
    for (const [key, line] of rows) if (matches(key, line)) count++
  }
  if (access.kind !== "index" || !access.access.isExact)
    for await (const rows of batchesOf(reading, access)) judge(rows)
  else {
    const seen = new Set<Key>()
    for await (const batch of scanEntries(lsm, access.access, { counts: work })) {
      work.entriesRead += batch.length
      const fresh = access.access.mayRepeat ? batch.filter(({ id }) => !seen.has(id) && seen.add(id)) : batch
      const doubtful = fresh.filter(({ isExact }) => !isExact)
      count += fresh.length - doubtful.length
      if (doubtful.length > 0) judge(await rowsOf(reading, doubtful))
    }
  }
  return { count, rowsRead, ...told(access), work }
}

const partsOf = (lsm: Lsm, ledger: Ledger, { plan: { collection }, byRows }: Omit<Wanted, "limit">): AccessParts => ({
  indexes: byRows ? [] : readyIndexes(ledger, collection),
  total: ledger.count(collection),
  estimate: (ranges) => estimateAll(lsm, ranges),
})

/** The moment is that of this turn, in which the scans are asked for too. */
const begin = (lsm: Lsm, { collection, ordering }: Plan, limit: number): Reading => ({
  lsm,
  byId: ordering.byId,
  collection,
  work: noWork(),
  isShort: limit <= shortLimit,
  head: lsm.head,
  limit,
})

const told = (access: Access) => ({
  index: nameOfAccess(access),
  isFull: access.kind === "rows" && access.isFull,
})

/** Who wants no more than this may be served by the first blocks. */
const shortLimit = 256
/** So many ranges are guessed one by one; the others are taken to be like them. */
const estimatesMax = 8

async function estimateAll(lsm: Lsm, ranges: readonly KeyRange[]): Promise<number> {
  const some = ranges.slice(0, estimatesMax)
  const counts = await Promise.all(some.map((range) => lsm.lend((parts) => estimateRows(parts, range))))
  return counts.reduce((sum, count) => sum + count, 0) * (ranges.length / Math.max(some.length, 1))
}

interface Reading {
  readonly lsm: Lsm
  /** Whether the first documents by id are wanted. */
  readonly byId: boolean
  readonly collection: string
  readonly work: ReadWork
  readonly isShort: boolean
  /** The moment. */
  readonly head: number
  readonly limit: number
}

function orderOf(access: Access, { ordering }: Plan): EntryOrder | undefined {
  if (access.kind === "index" && isStreamed(access.access)) return access.access.order
  const isOrdered = access.kind === "rows" ? access.isOrdered : ordering.byId
  return isOrdered ? inOrder : undefined
}

function batchesOf(reading: Reading, access: Access): AsyncGenerator<readonly Candidate[]> {
  const { lsm, collection, work, isShort } = reading
  const options: ScanOptions = { counts: work, isShort }
  switch (access.kind) {
    case "ids":
      return rowsByIds(lsm, { collection, ids: access.ids, work })
    case "rows": {
      const { isDescending } = access
      const ranges = isDescending ? access.ranges.toReversed() : access.ranges
      return chained(ranges.map((range) => lsm.scan(range, { ...options, isShort: false, isDescending })))
    }
    case "index": {
      const entries = scanEntries(lsm, access.access, options)
      if (isStreamed(access.access)) return byEntries(reading, entries, access.access)
      return bySets(reading, [[entries]], access.access.isExact)
    }
    default:
      return bySets(
        reading,
        access.sets.map((set) => set.map((one) => scanEntries(lsm, one, options))),
      )
  }
}

async function* chained(scans: readonly AsyncGenerator<RowBatch>[]): AsyncGenerator<RowBatch> {
  for (const scan of scans) yield* scan
}

const rowsPerReadMax = 1024
/** More rows than matches are wanted are read at once where some may not match. */
const rowsPerReadMin = 32

/** How many rows are read at a time: as few at first as may be enough, then more and more. */
function readSizes(limit: number, isExact: boolean): { next(): number } {
  let size = Math.min(rowsPerReadMax, isExact ? limit : Math.max(rowsPerReadMin, 2 * limit))
  return {
    next: () => {
      const own = size
      size = Math.min(rowsPerReadMax, Math.max(2 * size, rowsPerReadMin))
      return own
    },
  }
}

/** Rows in the order of entries. */
async function* byEntries(
  reading: Reading,
  batches: AsyncGenerator<readonly FoundEntry[]>,
  { mayRepeat, isExact }: IndexAccess,
): AsyncGenerator<readonly Candidate[]> {
  const seen = new Set<Key>()
  const sizes = readSizes(reading.limit, isExact)
  let size = sizes.next()
  let waiting: FoundEntry[] = []
  for await (const batch of batches) {
    reading.work.entriesRead += batch.length
    for (const entry of batch) {
      if (mayRepeat && seen.has(entry.id)) continue
      if (mayRepeat) seen.add(entry.id)
      waiting.push(entry)
      if (waiting.length < size) continue
      yield await rowsOf(reading, waiting, isExact)
      waiting = []
      size = sizes.next()
    }
  }
  if (waiting.length > 0) yield await rowsOf(reading, waiting, isExact)
}

/** Rows by id of all that is in each list of one of the sets: lists of entries are read first, blocks of rows once. */
async function* bySets(
  reading: Reading,
  sets: readonly (readonly AsyncGenerator<readonly FoundEntry[]>[])[],
  isExact = false,
): AsyncGenerator<readonly Candidate[]> {
  const found = new Set<Key>()
  const doubtful = new Set<Key>()
  for (const lists of sets) {
    let common: Set<Key> | undefined
    for (const list of lists) {
      const ids = new Set<Key>()
      for await (const batch of list) {
        reading.work.entriesRead += batch.length
        for (const { id, isExact: isSaid } of batch) {
          if (common === undefined || common.has(id)) ids.add(id)
          if (!isSaid) doubtful.add(id)
        }
      }
      common = ids
    }
    for (const id of common ?? []) found.add(id)
  }
  const ids = [...found].sort()
  const sizes = readSizes(reading.byId ? reading.limit : Number.POSITIVE_INFINITY, isExact)
  for (let start = 0, size = sizes.next(); start < ids.length; start += size, size = sizes.next()) {
    const part = ids.slice(start, start + size)
    const rows = await rowsOf(
      reading,
      part.map((id) => ({ id, values: "", isExact: true })),
    )
    yield isExact ? rows.map(([key, line], i) => [key, line, undefined, !doubtful.has(part[i]!)]) : rows
  }
}

async function rowsOf(
  { lsm, collection, work, head }: Reading,
  entries: readonly FoundEntry[],
  isExact = false,
): Promise<readonly Candidate[]> {
  const start = rowKey(collection, "")
  const keys = entries.map(({ id }) => start + id)
  const lines = await lsm.getMany(keys, work)
  return keys.map((key, i): Candidate => {
    const line = lines[i]
    if (line === undefined ? lsm.head > head : numberOf(line) > head) throw overtaken()
    if (line === undefined) throw new FixpointError("BLOCK_CORRUPT", "An index has an entry without a document.")
    const { isExact: isSaid, values } = entries[i]!
    return isSaid ? [key, line, undefined, isExact] : [key, line, values]
  })
}

const overtaken = (): FixpointError =>
  new FixpointError("CONFLICT", "What an index led to has changed while it was read.")
