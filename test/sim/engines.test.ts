// Whole engines around one bucket, with everything that may happen to tabs, disks, clocks, networks and buckets: one seed, one run.
import { simulateEngines } from "@fixpoint/testkit/simulation"
import { expect, test, vi } from "vitest"
import { runSeeds, seedsOf, timeoutMs } from "./run-seeds.ts"

vi.setConfig({ testTimeout: timeoutMs })

test("devices with every fault show what was published, and lose nothing that they had promised", async () => {
  const sums = await runSeeds("engines", seedsOf("engines", 1, 300))
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
  for (const what of [...met, ...trouble]) expect([what, (sums.get(what) ?? 0) > 0]).toEqual([what, true])
})

test("so do devices with a long history of faults", async () => {
  await runSeeds("longEngines", seedsOf("longEngines", 20_001, 40))
})

test("files that nothing names leave the bucket, and none that is named", async () => {
  const sums = await runSeeds("fileEngines", seedsOf("fileEngines", 30_001, 30))
  expect(sums.get("pieces deleted")).toBeGreaterThan(0)
})

test("so do devices that come back to a bucket that was tidied meanwhile", async () => {
  await runSeeds("tidiedEngines", seedsOf("tidiedEngines", 40_001, 60))
})

test("a bucket that cannot keep a second object out is enough", async () => {
  await runSeeds("poorEngines", seedsOf("poorEngines", 10_001, 20))
})

test.each([3, 17])("seed %i gives one run", async (seed) => {
  expect(await simulateEngines({ seed, steps: 40 })).toEqual(await simulateEngines({ seed, steps: 40 }))
})
