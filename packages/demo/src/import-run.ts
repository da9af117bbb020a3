/**
 * The import of the data set. Owns: its order and what is kept to go on after a stop.
 * Invariant: a batch and its tile are one commit, so that batches without a tile are the ones to do; doing one twice changes
 * nothing, since a city keeps its id.
 */
import { type City, openSource, packPoints, toCities } from "./cities.ts"
import type { CityDatabase } from "./database.ts"

/** Records in one commit. */
const batchSize = 2_000

/** How far an import is. */
export interface ImportProgress {
  readonly done: number
  readonly total: number
  readonly startedWith: number
  readonly ms: number
}

/** What an import did. */
export interface ImportSummary extends ImportProgress {
  /** The longest time for which the page, while in sight, could not have answered a click. */
  readonly longestHoldMs: number
}

/** How often the page is asked whether it answers. Browsers grant no shorter time. */
const pulseMs = 4

/** Watches for how long the page is held: by how much a timer comes late. */
function watchHolds(): { longest(): number; stop(): void } {
  let longest = 0
  let last = performance.now()
  let wasVisible = false
  const timer = setInterval(() => {
    const now = performance.now()
    const visible = document.visibilityState === "visible"
    // Timers of a page out of sight are slowed down on purpose.
    if (visible && wasVisible) longest = Math.max(longest, now - last - pulseMs)
    wasVisible = visible
    last = now
  }, pulseMs)
  return { longest: () => longest, stop: () => clearInterval(timer) }
}

/** Imports what is not there yet. Stops early, with what it has, when `signal` says so. */
export async function importCities(
  db: CityDatabase,
  signal: AbortSignal,
  told: (progress: ImportProgress) => void,
): Promise<ImportSummary> {
  const holds = watchHolds()
  try {
    const progress = await run(db, signal, told)
    return { ...progress, longestHoldMs: holds.longest() }
  } finally {
    holds.stop()
  }
}

async function run(db: CityDatabase, signal: AbortSignal, told: (progress: ImportProgress) => void) {
  const { tiles, sources } = db.collections
  const { head, batches } = await openSource(batchSize)
  await sources.put({ _id: "source", name: head.source, total: head.total })
  const known = new Set(await tiles.where().ids())
  const progress = { done: 0, total: head.total, startedWith: 0, ms: 0 }
  const started = performance.now()
  const step = (size: number) => {
    progress.done += size
    progress.ms = performance.now() - started
    told({ ...progress })
  }
  let writing: Promise<unknown> = Promise.resolve()
  let number = 0
  for await (const lines of batches) {
    const id = String(number++).padStart(4, "0")
    if (known.has(id)) {
      progress.startedWith += lines.length
      step(lines.length)
      continue
    }
    // The page reads the next batch while the worker stores this one.
    const batch = await toCities(lines)
    await writing
    if (signal.aborted) break
    writing = store(db, id, batch).then(() => step(batch.length))
    // Awaited in the next round or below; until then a failure must not count as unhandled.
    writing.catch(() => undefined)
  }
  await writing
  return progress
}

/** One commit: the cities of a batch, and its tile. */
const store = (db: CityDatabase, _id: string, batch: readonly City[]) =>
  db.transaction(async ({ collections }) => {
    await collections.cities.putMany(batch)
    await collections.tiles.put({ _id, points: packPoints(batch) })
  })
