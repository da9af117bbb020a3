/**
 * How two devices come to the same through a bucket. Owns: the scenarios of synchronisation, over a server of `fixpoint serve` behind
 * a line of a given speed. One device is the page, the others are frames of other origins. Each waits until it is told to sync.
 */
import { expectSame } from "./answers.ts"
import { people, type Person, person } from "./documents.ts"
import type { SharedDevice } from "./drivers/driver.ts"
import { type FramedDevice, frameDevice } from "./page/device-frame.ts"
import type { Bench, Samples, Scenario } from "./scenario.ts"
import { samplesOf, timed, warm } from "./timed.ts"

const near = { latencyMs: 0 }
const far = { latencyMs: 100 }
const bitsPerSecond = 20_000_000
/** People of one city are watched, so that a change is one of few. */
const watchedCity = "Valletta"
const watchedCount = 5
const pageSize = 20
/** What is done ten times as often as elsewhere has more time for it. */
const limitMs = 300_000

const few = ({ system }: Bench): string => `${system}-shared`
const many = ({ system }: Bench): string => `${system}-many`

/** The device of the page itself. */
async function own({ driver, line }: Bench, name: string): Promise<SharedDevice> {
  if (!driver.openShared) throw new Error("the driver shares nothing")
  return driver.openShared(name, (await line(near)).url)
}

async function other({ system, line }: Bench, name: string, host: string): Promise<FramedDevice> {
  return frameDevice(host, { system, name, bucketUrl: (await line(near)).url })
}

/** People of whom the first few live in the city that is watched. */
const shared = (count: number): Person[] =>
  people({ from: 0, to: count }).map((one, i) => (i < watchedCount ? { ...one, city: watchedCity } : one))

const bulk: Scenario = {
  id: "sync",
  isApart: true,
  metrics: [
    { id: "syncPush", title: "{shared} documents pushed", unit: "ms" },
    { id: "syncPull", title: "the same pulled by a second device", unit: "ms" },
    { id: "syncBulkBytes", title: "bytes put for each of them", unit: "bytes" },
  ],
  async run(bench) {
    const { counts, line } = bench
    await line({ ...near, isNew: true })
    const writer = await own(bench, few(bench))
    const reader = await other(bench, few(bench), "reader")
    await reader.open()
    await writer.sync()
    await reader.sync()
    await writer.insertMany(shared(counts.shared))
    await line(near)
    const pushMs = await timed(() => writer.sync())
    const { upBytes } = (await line(near)).since
    const pullMs = await timed(() => reader.sync())
    expectSame("documents of the second device", await reader.count(), counts.shared)
    await reader.close()
    await writer.close()
    return { syncPush: [pushMs], syncPull: [pullMs], syncBulkBytes: [upBytes / counts.shared] }
  },
}

/** Edits one field after another, each to the callback on the other device. */
async function edits(bench: Bench, speed: { readonly latencyMs: number }, round: number) {
  const { counts, line } = bench
  const writer = await own(bench, few(bench))
  const reader = await other(bench, few(bench), "reader")
  await reader.open()
  await reader.watch(watchedCity)
  await writer.sync()
  await reader.sync()
  const packs: number[] = []
  const all: number[] = []
  const samples = await samplesOf(counts, counts.sharedEdits, async (n) => {
    const changed = { _id: person(n % watchedCount)._id, age: 1000 * round + n }
    await line(speed)
    const startedAt = performance.now()
    const shown = reader.shows(changed)
    await writer.patchMany([{ id: changed._id, changes: { age: changed.age } }])
    await writer.sync()
    const { since } = await line(speed)
    const askedAt = performance.now()
    await reader.sync()
    await shown
    packs.push(since.packBytes)
    all.push(since.upBytes)
    // Asking for the counts is not a part of it.
    return performance.now() - askedAt + (askedAt - startedAt)
  })
  await line(near)
  await reader.close()
  await writer.close()
  return { samples: warm(samples), packs: warm(packs), all: warm(all) }
}

const edit: Scenario = {
  id: "sync-edit",
  needs: "sync",
  startsLoad: true,
  metrics: [
    {
      id: "syncEdit",
      title: "change of one field to the callback on the other device, both syncing at once",
      unit: "ms",
    },
    { id: "syncEditBytes", title: "bytes of the object that carries it", unit: "bytes" },
    { id: "syncEditAllBytes", title: "bytes of all objects put for it", unit: "bytes" },
  ],
  async run(bench) {
    const { samples, packs, all } = await edits(bench, near, 1)
    return { syncEdit: samples, syncEditBytes: packs, syncEditAllBytes: all }
  },
}

const editFar: Scenario = {
  id: "sync-edit-far",
  needs: "sync",
  startsLoad: true,
  metrics: [{ id: "syncEditFar", title: "the same with 100 ms for each request", unit: "ms" }],
  run: async (bench) => ({ syncEditFar: (await edits(bench, far, 2)).samples }),
}

const fill: Scenario = {
  id: "sync-fill",
  limitMs,
  startsLoad: true,
  metrics: [{ id: "syncPushMany", title: "{sharedMany} documents pushed", unit: "ms" }],
  async run(bench) {
    const { counts, line } = bench
    await line({ ...near, isNew: true })
    const writer = await own(bench, many(bench))
    await writer.sync()
    const documents = shared(counts.sharedMany)
    const slice = Math.ceil(documents.length / 10)
    for (let at = 0; at < documents.length; at += slice) await writer.insertMany(documents.slice(at, at + slice))
    const ms = await timed(() => writer.sync())
    await writer.close()
    return { syncPushMany: [ms] }
  },
}

/** A new device at the bucket that was filled. */
async function firstContact(bench: Bench, latencyMs: number, host: string): Promise<readonly number[]> {
  const { counts, line } = bench
  const device = await other(bench, many(bench), host)
  await line({ latencyMs, bitsPerSecond })
  const startedAt = performance.now()
  await device.open()
  const all = device.sync()
  await device.firstAnswer(pageSize)
  const firstMs = performance.now() - startedAt
  await all
  const allMs = performance.now() - startedAt
  const { downBytes } = (await line(near)).since
  expectSame("documents of the new device", await device.count(), counts.sharedMany)
  await device.close()
  return [firstMs, allMs, downBytes / 1e6]
}

const firstFigures = (names: readonly string[], figures: readonly number[]): Samples =>
  Object.fromEntries(names.map((name, i) => [name, [figures[i] as number]]))

const first: Scenario = {
  id: "sync-first",
  needs: "sync-fill",
  limitMs,
  startsLoad: true,
  metrics: [
    { id: "syncFirstQuery", title: "a new device at 20 Mbit/s: first answer, from what has come", unit: "ms" },
    { id: "syncFirstAll", title: "the same: all of {sharedMany} documents", unit: "ms" },
    { id: "syncFirstMegabytes", title: "what it has fetched", unit: "MB" },
  ],
  run: async (bench) =>
    firstFigures(["syncFirstQuery", "syncFirstAll", "syncFirstMegabytes"], await firstContact(bench, 0, "new")),
}

const firstFar: Scenario = {
  id: "sync-first-far",
  needs: "sync-fill",
  limitMs,
  startsLoad: true,
  metrics: [
    { id: "syncFirstQueryFar", title: "first answer with 100 ms for each request besides", unit: "ms" },
    { id: "syncFirstAllFar", title: "all documents with 100 ms for each request besides", unit: "ms" },
  ],
  run: async (bench) =>
    firstFigures(["syncFirstQueryFar", "syncFirstAllFar"], await firstContact(bench, 100, "new-far")),
}

/** In the order of a round, on a profile of their own. */
export const syncScenarios: readonly Scenario[] = [bulk, edit, editFar, fill, first, firstFar]
