/**
 * The import of the data set. Owns: its order and what is kept to go on after a stop.
 * Invariant: a tile is stored only after its batch is, so that batches without a tile are the ones to do; doing one twice
 * changes nothing, since a city keeps its id.
 */
import { type City, openSource, packPoints, toCity } from "./cities.ts"
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
  /** The longest time for which the page could not answer, as far as the browser reports it (from 50 ms). */
  readonly longestTaskMs: number
}

/** Watches for tasks that hold the page; gives the longest one so far. */
function watchTasks(): { longest(): number; stop(): void } {
  let longest = 0
  if (!PerformanceObserver.supportedEntryTypes.includes("longtask")) return { longest: () => longest, stop: () => undefined }
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration)
  })
  observer.observe({ entryTypes: ["longtask"] })
  return { longest: () => longest, stop: () => observer.disconnect() }
}

/** Imports what is not there yet. Stops early, with what it has, when `signal` says so. */
export async function importCities(
  { collections: { cities, tiles, sources } }: CityDatabase,
  signal: AbortSignal,
  told: (progress: ImportProgress) => void,
): Promise<ImportSummary> {
  const tasks = watchTasks()
  const { head, batches } = await openSource(batchSize)
  await sources.put({ _id: "source", name: head.source, total: head.total, countries: head.countries })
  const known = new Set(await tiles.where({}).ids())
  const progress = { done: 0, total: head.total, startedWith: 0, ms: 0 }
  const started = performance.now()
  const step = (size: number) => {
    progress.done += size
    progress.ms = performance.now() - started
    told({ ...progress })
  }
  let writing: Promise<unknown> = Promise.resolve()
  const write = async (_id: string, batch: readonly City[]) => {
    await cities.putMany(batch)
    await tiles.put({ _id, points: packPoints(batch) })
    step(batch.length)
  }
  let number = 0
  for await (const lines of batches) {
    const id = String(number++).padStart(4, "0")
    if (known.has(id)) {
      progress.startedWith += lines.length
      step(lines.length)
      continue
    }
    // The page reads the next batch while the worker stores this one.
    const batch = lines.map(toCity)
    await writing
    if (signal.aborted) break
    writing = write(id, batch)
    // Awaited in the next round or below; until then a failure must not count as unhandled.
    writing.catch(() => undefined)
  }
  await writing
  tasks.stop()
  return { ...progress, ms: performance.now() - started, longestTaskMs: tasks.longest() }
}
