import { CrashDisk, type CrashPoint, SeededWorld } from "@fixpoint/testkit"
import { expect, test, vi } from "vitest"
import { openTab } from "./tab.ts"
import { isPlanned, rowsAfter, Workload } from "./workload.ts"

vi.mock("../../packages/core/src/base/limits.ts", async () => (await import("./small-limits.ts")).limits)

/** Does a day until the crash, and gives what was written. */
async function dayUntil(disk: CrashDisk, point: CrashPoint | undefined): Promise<Workload> {
  const world = new SeededWorld(7)
  const day = new Workload()
  const tab = await openTab(world.host(), disk.openStore())
  if (point !== undefined) disk.crashAt(point)
  try {
    await day.run(world, tab, (work) => work())
  } catch (error) {
    if (!isPlanned(error)) throw error
  }
  return day
}

/** Opens what a crash has left: it is a day without its end, and everything works on. */
async function expectSound(disk: CrashDisk, day: Workload, lost: number): Promise<void> {
  const world = new SeededWorld(8)
  const tab = await openTab(world.host(), disk.openStore())
  const rows = await tab.rows()
  const stored = day.storedIn(rows, true)
  expect([...rows], "no write is there in part").toEqual(rowsAfter(stored))
  const acknowledged = day.tried.filter(
    ({ isAcknowledged, durability }) => isAcknowledged && (lost === 0 || durability === "strict"),
  )
  const sure = acknowledged.length === 0 ? 0 : day.tried.indexOf(acknowledged.at(-1)!) + 1
  expect(stored.length, "what was acknowledged is there").toBeGreaterThanOrEqual(sure)
  const before = await tab.check({ deep: true })
  expect(before.ok, JSON.stringify(before.findings)).toBe(true)

  const n = tab.lsm.head + 1
  await tab.write([["after", "the crash"]])
  expect(tab.lsm.head).toBe(n)
  await tab.flush()
  await world.advance(20_000)
  while (await tab.lsm.compactOnce({ all: true }));
  await world.advance(20_000)
  expect(await tab.lsm.sweep(), "nothing has to wait").toBe(false)
  const after = await tab.check({ deep: true })
  expect(after.findings, "no garbage is left").toEqual([])
  expect(await tab.rows()).toEqual(new Map([...rows, ["after", "the crash"]].sort() as [string, string][]))
}

const whole = new CrashDisk()
const wholeDay = await dayUntil(whole, undefined)
const points = Array.from({ length: whole.commits }, (_, i) => i + 1)

test("the whole day goes through, and reaches what it should", async () => {
  expect(wholeDay.tried.every(({ isAcknowledged }) => isAcknowledged)).toBe(true)
  expect(whole.commits).toBeGreaterThanOrEqual(30)
  await expectSound(whole, wholeDay, 0)
})

test.each([
  ["a kill before the commit", false, 0],
  ["a kill after the commit", true, 0],
  ["a power cut that loses the newest commit", true, 1],
  ["a power cut that loses all that is not sure", true, Number.POSITIVE_INFINITY],
])("%s, at each commit", async (_, isStored, lost) => {
  for (const commit of points) {
    const disk = new CrashDisk()
    const day = await dayUntil(disk, { commit, isStored })
    if (lost > 0) disk.cutPower(lost)
    await expectSound(disk, day, lost)
  }
})
