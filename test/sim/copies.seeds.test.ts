// The bucket protocol where devices are copied and go on beside the original, and on a bucket that can do less.
import { expect, test, vi } from "vitest"
import { runSeeds, seedsOf, timeoutMs } from "./run-seeds.ts"

vi.setConfig({ testTimeout: timeoutMs })

test("copies of a device at work beside it come to what was published", async () => {
  const sums = await runSeeds("clones", seedsOf("clones", 10_001, 600))
  expect(sums.get("clone")).toBeGreaterThan(0)
})

test("a bucket that cannot keep a second object out is enough", async () => {
  await runSeeds("poor", seedsOf("poor", 20_001, 400))
})
