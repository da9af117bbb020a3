import { createMemoryDisk, createMemoryStore } from "@fixpoint/core"
import {
  changeOf,
  failNthCommit,
  faultyStore,
  lostAnswerFault,
  quotaFault,
  SeededWorld,
  type StoreFault,
  timeoutFault,
} from "@fixpoint/testkit"
import { describe, expect, test, vi } from "vitest"
import { openTab } from "./tab.ts"
import { isPlanned, rowsAfter, Workload } from "./workload.ts"

vi.mock("../../packages/core/src/base/limits.ts", async () => (await import("./small-limits.ts")).limits)

interface Outcome {
  readonly failures: number
  readonly commits: number
}

/** A day in which one commit fails, and which goes on all the same. */
async function dayWith(nth: number, fault: StoreFault): Promise<Outcome> {
  const world = new SeededWorld(nth)
  const disk = createMemoryDisk()
  const plan = failNthCommit(nth, fault)
  let commits = 0
  const store = faultyStore(createMemoryStore(disk), (call) => {
    if (changeOf(call) !== undefined) commits++
    return plan(call)
  })
  const tab = await openTab(world.host(), store)
  const day = new Workload()
  let failures = 0
  await day.run(world, tab, async (work) => {
    try {
      await work()
    } catch (error) {
      if (!isPlanned(error)) throw error
      failures++
    }
  })
  const outcome = { failures, commits }
  await tab.catchUp()
  const rows = await tab.rows()
  const stored = day.storedIn(rows, false)
  expect([...rows]).toEqual(rowsAfter(stored))
  for (const tried of day.tried) if (tried.isAcknowledged) expect(stored).toContain(tried)
  if (!fault.isApplied) expect(stored.length).toBe(day.tried.filter(({ isAcknowledged }) => isAcknowledged).length)

  await tab.flush()
  await tab.lsm.sweep()
  await world.advance(20_000)
  expect(await tab.lsm.sweep(), "nothing has to wait").toBe(false)
  expect(await tab.check({ deep: true }), "nothing is damaged, no garbage is left").toMatchObject({
    ok: true,
    findings: [],
  })
  const again = await openTab(world.host(), createMemoryStore(disk))
  expect(await again.rows()).toEqual(rows)
  return outcome
}

describe.each([
  ["a full disk", quotaFault],
  ["a time-out without effect", timeoutFault],
  ["a time-out after the effect", lostAnswerFault],
])("%s", (_, fault) => {
  test("at each commit: that work fails, or is done again, and all else goes on", async () => {
    const { commits } = await dayWith(Number.POSITIVE_INFINITY, fault)
    let failures = 0
    for (let nth = 1; nth <= commits; nth++) failures += (await dayWith(nth, fault)).failures
    expect(failures).toBeGreaterThan(commits / 2)
  })
})
