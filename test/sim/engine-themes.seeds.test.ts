// Whole engines around one bucket, where one thing happens above all: one seed, one run.
import { expect, test, vi } from "vitest"
import { runSeeds, seedsOf, timeoutMs } from "./run-seeds.ts"

vi.setConfig({ testTimeout: timeoutMs })

test("devices with a long history of faults show what was published", async () => {
  await runSeeds("longEngines", seedsOf("longEngines", 20_001, 40))
})

test("files that nothing names leave the bucket, and none that is named", async () => {
  const sums = await runSeeds("fileEngines", seedsOf("fileEngines", 30_001, 30))
  if (process.env["FIXPOINT_SEED"] === undefined) expect(sums.get("pieces deleted")).toBeGreaterThan(0)
})

test("devices that come back to a bucket that was tidied meanwhile show what was published", async () => {
  await runSeeds("tidiedEngines", seedsOf("tidiedEngines", 40_001, 60))
})

test("a bucket that cannot keep a second object out is enough", async () => {
  await runSeeds("poorEngines", seedsOf("poorEngines", 10_001, 20))
})
