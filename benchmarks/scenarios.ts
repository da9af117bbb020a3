/**
 * Every scenario, in the order of a round. Owns: what is timed and what is checked.
 * Invariant: each scenario runs in a freshly loaded page on the data that the ones before it left; documents are made
 * before the clock starts and answers are compared after it stops. Must not know a system: it sees a Driver.
 */
import { isWanted, type Person, people, person, personId, type Range, someIndexes, type Wanted } from "./documents.ts"
import type { Database, Driver, Durability, Patch } from "./drivers/driver.ts"
import { startHeartbeat } from "./page/heartbeat.ts"
import { watchSlices } from "./page/slices.ts"

/** How much of each a run does. */
export interface Counts {
  readonly documents: number
  readonly puts: number
  readonly strictPuts: number
  readonly concurrent: number
  readonly gets: number
  readonly updates: number
  readonly blocking: number
  readonly livePuts: number
  /** How often what one page does is repeated in it, and how often a page is loaded anew for a cold figure. */
  readonly repeats: number
  readonly coldLoads: number
  /** How long a page rests after it was loaded. */
  readonly pauseMs: number
}

/** One figure of a scenario: the samples of a round become one value by its statistic (a median unless told). */
export interface Metric {
  readonly id: string
  /** Names of counts in braces stand for their numbers. */
  readonly title: string
  readonly unit: "ms" | "s" | "MB"
  readonly statistic?: "median" | "p95" | "max"
}

/** Samples by metric. */
export type Samples = Readonly<Record<string, readonly number[]>>

/** What a scenario is given. */
export interface Bench {
  readonly driver: Driver
  readonly counts: Counts
  /** performance.now() just before the driver's module was fetched. */
  readonly startedAt: number
  /** Resolves when the bytes on disk have not changed for a while. */
  settled(): Promise<void>
  /** Shows a line on the terminal. */
  progress(line: string): Promise<void>
}

/** What only the harness can see: bytes in the profile, memory of the page's process now and at its highest. */
export type OutsideFigure = "folder" | "memory" | "memoryPeak"

/** One scenario. */
export interface Scenario {
  readonly id: string
  readonly metrics: readonly Metric[]
  /** How many page loads it gets in a round; 1 unless told. */
  loads?(counts: Counts): number
  /** Starts the browser anew on the same profile before each load. */
  readonly restarts?: true
  /** Leaves the database closed for a while before each load. */
  readonly rests?: true
  /** Figures that the harness takes from outside when the scenario is over, by the id of their metric. */
  readonly outside?: Readonly<Record<string, OutsideFigure>>
  run(bench: Bench): Promise<Samples>
}

const wanted: Wanted = { city: "Riga", olderThan: 60 }
const liveCity = "Reykjavik"

/** Where each scenario's own documents begin, as a multiple of the initial count: none meets another's. */
const region = ({ documents }: Counts, nth: number, count: number): Range => {
  const from = documents * (10 + nth)
  return { from, to: from + count }
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** How long `work` takes, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** Opens, and waits until that is done. */
export async function opened({ driver }: Bench, durability: Durability = "relaxed"): Promise<Database> {
  const db = await driver.open(durability)
  await db.ready()
  return db
}

/** JSON with sorted keys: systems may give fields in another order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** Throws unless both are the same JSON, whatever the order of keys. */
export function expectSame(what: string, got: unknown, expected: unknown): void {
  const [left, right] = [canonical(got), canonical(expected)]
  if (left !== right) throw new Error(`${what}: got ${left?.slice(0, 300)}, expected ${right?.slice(0, 300)}`)
}

/** Reads some of what was written, one by one. */
export async function expectStored(db: Database, written: readonly Person[]): Promise<void> {
  const every = Math.max(1, Math.floor(written.length / 25))
  for (let at = 0; at < written.length; at += every) {
    const expected = written[at] as Person
    expectSame(`document ${expected._id}`, await db.get(expected._id), expected)
  }
}

const expectPeople = (found: readonly (Person | undefined)[], indexes: readonly number[]): void =>
  indexes.forEach((index, at) => expectSame(`document ${index}`, found[at], person(index)))

/** What the origin has stored by its own account; NaN where the browser does not tell. */
async function usedMegabytes(): Promise<number> {
  const { usage } = (await navigator.storage?.estimate?.()) ?? {}
  return usage === undefined ? Number.NaN : usage / 1e6
}

const known = (samples: readonly number[]): readonly number[] => samples.filter((sample) => !Number.isNaN(sample))

const fill: Scenario = {
  id: "fill",
  metrics: [
    { id: "bulkInsert", title: "bulk insert of {documents}, one call", unit: "ms" },
    { id: "diskFilled", title: "storage.estimate(), once idle after the bulk insert", unit: "MB" },
    { id: "folderFilled", title: "bytes on disk, once idle after the bulk insert", unit: "MB" },
  ],
  outside: { folderFilled: "folder" },
  async run(bench) {
    const documents = people({ from: 0, to: bench.counts.documents })
    const before = await usedMegabytes()
    const db = await opened(bench)
    const bulkInsert = await timed(() => db.insertMany(documents))
    expectSame("count", await db.count(), documents.length)
    await expectStored(db, documents)
    await bench.settled()
    return { bulkInsert: [bulkInsert], diskFilled: known([(await usedMegabytes()) - before]) }
  },
}

/** Opens what an earlier page left and reads one document: ms from the call of open, and from the import of the library. */
async function openToFirst({ driver, startedAt }: Bench): Promise<{ open: number; start: number }> {
  const openedAt = performance.now()
  const db = await driver.open("relaxed")
  const found = await db.get(personId(0))
  const answeredAt = performance.now()
  expectSame("document 0", found, person(0))
  return { open: answeredAt - openedAt, start: answeredAt - startedAt }
}

/** Opens in a page that comes some seconds after the last one left: the browser has closed the files of the database. */
export const coldOpen: Scenario = {
  id: "cold-open",
  metrics: [
    { id: "coldOpen", title: "cold open to first document", unit: "ms" },
    { id: "coldStart", title: "the same, with fetching and compiling the library", unit: "ms" },
  ],
  loads: (counts) => counts.coldLoads,
  rests: true,
  async run(bench) {
    const { open, start } = await openToFirst(bench)
    return { coldOpen: [open], coldStart: [start] }
  },
}

/** Opens in a page that was reloaded just now: the browser still has the files of the database open. */
const reload: Scenario = {
  id: "reload",
  metrics: [{ id: "reloadOpen", title: "open to first document, page reloaded at once", unit: "ms" }],
  loads: (counts) => counts.coldLoads,
  async run(bench) {
    const { open } = await openToFirst(bench)
    return { reloadOpen: [open] }
  },
}

/** Opens in a browser that was started anew: nothing of the database is open or in its memory. */
export const coldBoot: Scenario = {
  id: "cold-boot",
  metrics: [
    { id: "bootOpen", title: "cold open to first document, browser restarted", unit: "ms" },
    { id: "bootStart", title: "the same, with fetching and compiling the library", unit: "ms" },
  ],
  loads: (counts) => Math.min(2, counts.coldLoads),
  restarts: true,
  async run(bench) {
    const { open, start } = await openToFirst(bench)
    return { bootOpen: [open], bootStart: [start] }
  },
}

const coldGets: Scenario = {
  id: "cold-gets",
  metrics: [{ id: "coldGets", title: "{gets} point gets one after another, cold-opened", unit: "ms" }],
  loads: () => 2,
  async run(bench) {
    const indexes = someIndexes(bench.counts.gets, bench.counts.documents)
    const ids = indexes.map(personId)
    const db = await opened(bench)
    const found: (Person | undefined)[] = []
    const ms = await timed(async () => {
      for (const id of ids) found.push(await db.get(id))
    })
    expectPeople(found, indexes)
    return { coldGets: [ms] }
  },
}

const coldGetsAtOnce: Scenario = {
  id: "cold-gets-at-once",
  metrics: [{ id: "coldGetsAtOnce", title: "the same {gets} at once by Promise.all, cold-opened", unit: "ms" }],
  loads: () => 2,
  async run(bench) {
    const indexes = someIndexes(bench.counts.gets, bench.counts.documents)
    const ids = indexes.map(personId)
    const db = await opened(bench)
    let found: (Person | undefined)[] = []
    const ms = await timed(async () => {
      found = await Promise.all(ids.map((id) => db.get(id)))
    })
    expectPeople(found, indexes)
    return { coldGetsAtOnce: [ms] }
  },
}

const coldGetMany: Scenario = {
  id: "cold-get-many",
  metrics: [{ id: "coldGetMany", title: "the same {gets} by one getMany, cold-opened", unit: "ms" }],
  loads: () => 2,
  async run(bench) {
    const indexes = someIndexes(bench.counts.gets, bench.counts.documents)
    const ids = indexes.map(personId)
    const db = await opened(bench)
    let found: (Person | undefined)[] = []
    const ms = await timed(async () => {
      found = await db.getMany(ids)
    })
    expectPeople(found, indexes)
    return { coldGetMany: [ms] }
  },
}

const scan: Scenario = {
  id: "scan",
  metrics: [
    { id: "scanCold", title: "full scan with predicate, first on a cold-opened database", unit: "ms" },
    { id: "scan", title: "full scan with predicate, repeated", unit: "ms" },
  ],
  async run(bench) {
    const all = people({ from: 0, to: bench.counts.documents })
    const expected = all.filter((one) => isWanted(wanted, one)).sort((a, b) => (a._id < b._id ? -1 : 1))
    const db = await opened(bench)
    const samples: number[] = []
    for (let n = 0; n <= bench.counts.repeats; n++) {
      let found: Person[] = []
      samples.push(
        await timed(async () => {
          found = await db.scan(wanted)
        }),
      )
      expectSame(
        "scan",
        found.sort((a, b) => (a._id < b._id ? -1 : 1)),
        expected,
      )
    }
    return { scanCold: samples.slice(0, 1), scan: samples.slice(1) }
  },
}

/** Puts one after another; the first few are not counted, as code is compiled then. */
export async function singlePuts(db: Database, range: Range): Promise<number[]> {
  const documents = people(range)
  const warmUp = Math.ceil(documents.length / 10)
  const samples: number[] = []
  for (const one of documents) samples.push(await timed(() => db.put(one)))
  await expectStored(db, documents)
  return samples.slice(warmUp)
}

const put: Scenario = {
  id: "put",
  metrics: [{ id: "put", title: "single put, survives a killed browser", unit: "ms" }],
  run: async (bench) => ({
    put: await singlePuts(await opened(bench), region(bench.counts, 0, bench.counts.puts)),
  }),
}

const putStrict: Scenario = {
  id: "put-strict",
  metrics: [{ id: "putStrict", title: "single put, strict: survives a power cut", unit: "ms" }],
  run: async (bench) => ({
    putStrict: await singlePuts(await opened(bench, "strict"), region(bench.counts, 1, bench.counts.strictPuts)),
  }),
}

const concurrent: Scenario = {
  id: "concurrent",
  metrics: [{ id: "concurrentPuts", title: "{concurrent} concurrent puts, Promise.all", unit: "ms" }],
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench)
    const samples: number[] = []
    for (let n = 0; n < counts.repeats; n++) {
      const documents = people(region(counts, 2 + n, counts.concurrent))
      samples.push(await timed(() => Promise.all(documents.map((one) => db.put(one)))))
      await expectStored(db, documents)
    }
    return { concurrentPuts: samples }
  },
}

const update: Scenario = {
  id: "update",
  metrics: [{ id: "batchUpdate", title: "{updates} whole documents put over stored ones, one call", unit: "ms" }],
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench)
    const samples: number[] = []
    for (let n = 0; n < counts.repeats; n++) {
      const indexes = someIndexes(counts.updates, counts.documents, n * counts.updates)
      const changed = indexes.map((index) => person(index, n + 1))
      samples.push(await timed(() => db.putMany(changed)))
      await expectStored(db, changed)
    }
    return { batchUpdate: samples }
  },
}

/** Adds one to a field of stored documents, again and again, and reads some of them back. */
async function timedPatches(bench: Bench, apply: (db: Database, patches: readonly Patch[]) => Promise<void>) {
  const { counts } = bench
  const db = await opened(bench)
  const samples: number[] = []
  for (let n = 0; n < counts.repeats; n++) {
    const ids = someIndexes(counts.updates, counts.documents, n * counts.updates).map(personId)
    const before = (await db.getMany(ids)) as Person[]
    const patches = before.map(({ _id, age }) => ({ id: _id, changes: { age: age + 1 } }))
    samples.push(await timed(() => apply(db, patches)))
    const after = before.map((one) => ({ ...one, age: one.age + 1 }))
    await expectStored(db, after)
  }
  return samples
}

const patchMany: Scenario = {
  id: "patch-many",
  metrics: [
    { id: "batchPatch", title: "one field of {updates} stored documents, one commit, the fastest way", unit: "ms" },
  ],
  run: async (bench) => ({ batchPatch: await timedPatches(bench, (db, patches) => db.patchMany(patches)) }),
}

const patchEach: Scenario = {
  id: "patch-each",
  metrics: [
    {
      id: "transactionPatch",
      title: "the same as {updates} updates in one transaction, Promise.all",
      unit: "ms",
    },
  ],
  run: async (bench) => ({ transactionPatch: await timedPatches(bench, (db, patches) => db.patchEach(patches)) }),
}

const live: Scenario = {
  id: "live",
  metrics: [{ id: "live", title: "put to the callback of a live query", unit: "ms" }],
  async run(bench) {
    const db = await opened(bench)
    const documents = people(region(bench.counts, 9, bench.counts.livePuts)).map((one) => ({ ...one, city: liveCity }))
    let seen: readonly Person[] | undefined
    let wake = () => {}
    const stop = db.watchCity?.(liveCity, (found) => {
      seen = found
      wake()
    })
    const seenCount = async (count: number) => {
      while (seen?.length !== count)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
    await seenCount(0)
    const samples: number[] = []
    for (const [at, one] of documents.entries()) {
      const startedAt = performance.now()
      const stored = db.put(one)
      await seenCount(at + 1)
      samples.push(performance.now() - startedAt)
      await stored
    }
    const inOrder = (list: readonly Person[]) => list.map(({ _id }) => _id).sort()
    expectSame("live result", inOrder(seen ?? []), inOrder(documents))
    stop?.()
    return { live: samples.slice(Math.ceil(documents.length / 10)) }
  },
}

const blocking: Scenario = {
  id: "blocking",
  metrics: [
    {
      id: "blocked",
      title: "longest block of the main thread, bulk insert of {blocking}",
      unit: "ms",
    },
    { id: "blockedIdle", title: "longest gap seen with nothing to do, as long", unit: "ms" },
    {
      id: "slice",
      title: "longest stretch between two scheduler.yield() of the library, the middle one of {repeats} such bulks",
      unit: "ms",
    },
  ],
  async run(bench) {
    const { counts } = bench
    const db = await opened(bench)
    const slices: number[] = []
    const blocked: number[] = []
    const blockedIdle: number[] = []
    for (let n = 0; n < counts.repeats; n++) {
      const documents = people(region(counts, 10 + n, counts.blocking))
      await delay(200)
      const end = startHeartbeat()
      const endSlices = watchSlices()
      const ms = await timed(() => db.insertMany(documents))
      slices.push(...[Math.max(...endSlices())].filter(Number.isFinite))
      blocked.push(end())
      await expectStored(db, documents)
      await delay(200)
      const endIdle = startHeartbeat()
      await delay(ms)
      blockedIdle.push(endIdle())
    }
    return { blocked, blockedIdle, slice: slices }
  },
}

const disk: Scenario = {
  id: "disk",
  metrics: [
    { id: "diskWorked", title: "storage.estimate(), once idle after all of the above", unit: "MB" },
    { id: "folderWorked", title: "bytes on disk, once idle after all of the above", unit: "MB" },
  ],
  outside: { folderWorked: "folder" },
  async run(bench) {
    const db = await opened(bench)
    expectSame("document 0", (await db.get(personId(0)))?._id, personId(0))
    await bench.settled()
    return { diskWorked: known([await usedMegabytes()]) }
  },
}

/** All scenarios in the order of a round. */
export const scenarios: readonly Scenario[] = [
  fill,
  coldOpen,
  reload,
  coldBoot,
  coldGets,
  coldGetsAtOnce,
  coldGetMany,
  scan,
  put,
  putStrict,
  concurrent,
  update,
  patchMany,
  patchEach,
  live,
  blocking,
  disk,
]
