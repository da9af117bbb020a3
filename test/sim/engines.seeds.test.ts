// Whole engines around one bucket, with everything that may happen to tabs, disks, clocks, networks and buckets: one seed, one run.
// The seeds are shared with engines-2.seeds.test.ts and engines-3.seeds.test.ts; engine-themes.seeds.test.ts has those that are about something.
import { simulateEngines } from "@fixpoint/testkit/simulation"
import { expect, test, vi } from "vitest"
import { engineSeeds, runSeeds, timeoutMs } from "./run-seeds.ts"

vi.setConfig({ testTimeout: timeoutMs })

test("devices with every fault show what was published, and lose nothing that they had promised", async () => {
  const sums = await runSeeds("engines", engineSeeds(1))
  const met = [
    "token",
    "write",
    "look",
    "synced",
    "base",
    "run",
    "collected",
    "maintained",
    "commit fault",
    "STORE_LOST",
    "BLOCK_CORRUPT",
    "lists that are behind",
  ]
  const trouble = [
    "killTab",
    "kill",
    "powerCut",
    "freeze",
    "offline",
    "wipe",
    "restore",
    "clone",
    "clock",
    "bucketLoss",
    "evict",
    "portal",
    "expiry",
  ]
  if (process.env["FIXPOINT_SEED"] !== undefined) return
  for (const what of [...met, ...trouble]) expect([what, (sums.get(what) ?? 0) > 0]).toEqual([what, true])
})

test.each([3, 17])("seed %i gives one run", async (seed) => {
  expect(await simulateEngines({ seed, steps: 40 })).toEqual(await simulateEngines({ seed, steps: 40 }))
})
